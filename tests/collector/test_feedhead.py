"""What a feed and its server tell of hubs and rhythm."""

import pytest

from collector import feedhead, feedparse
from collector.feed import Following
from tests.fakes.feedserver import item, rss

URL = "https://meadow.example/news"


@pytest.mark.parametrize(
    ("head", "following"),
    [
        ('<atom:link rel="hub" href="https://hub.example/"/>', Following(hubs=("https://hub.example/",))),
        (
            "<link rel='self hub' href='/a?b=1&amp;c=2'/>",
            Following(hubs=("https://meadow.example/a?b=1&c=2",), topic="https://meadow.example/a?b=1&c=2"),
        ),
        (
            '<x:link href="//hub.example" rel="HUB" title="a > b"/><x:link href="https://two.example/" rel="hub"/>',
            Following(hubs=("https://hub.example", "https://two.example/")),
        ),
        ('<link rel="hub" href="javascript:x"/><link rel="hub" href="http://["/>', Following()),
        ("<ttl>90</ttl>", Following(every_s=5_400)),
        (
            "<sy:updatePeriod>\n hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>",
            Following(every_s=1_800),
        ),
        ("<sy:updatePeriod>now and then</sy:updatePeriod>", Following()),
        (
            "<skipHours><hour>0</hour><hour>24</hour><hour>7</hour></skipHours>",
            Following(skipped_hours=frozenset({0, 7})),
        ),
    ],
)
def test_what_stands_in_the_head_of_a_document(head, following):
    assert feedhead.of_document(rss(item(1), head=head).encode(), URL) == following


def test_what_an_entry_says_is_not_the_feeds_word():
    inside = item(1, more='<atom:link rel="hub" href="https://evil.example/"/><ttl>9</ttl>')
    assert feedhead.of_document(rss(inside).encode(), URL) == Following()


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_the_encoding_does_not_matter(encoding):
    body = rss(head='<link rel="hub" href="https://hub.example/"/>').encode(encoding)
    assert feedhead.of_document(body, URL).hubs == ("https://hub.example/",)


def test_a_json_feed_names_its_hubs():
    body = b'{"feed_url": "/feed.json", "hubs": [{"type": "WebSub", "url": "https://hub.example/"}, 3], "items": []}'
    expected = Following(hubs=("https://hub.example/",), topic="https://meadow.example/feed.json")
    assert feedhead.of_document(body, URL) == expected


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"hubs": 3, "feed_url": []}', b"", b"<rss", b"\xff\xfe"])
def test_ruins_say_nothing(body):
    assert feedhead.of_document(body, URL) == Following()


@pytest.mark.parametrize(
    ("header", "following"),
    [
        (
            '<https://hub.example/>; rel="hub", <https://meadow.example/news>; rel="self"',
            Following(hubs=("https://hub.example/",), topic="https://meadow.example/news"),
        ),
        (
            '</h>;rel=hub , </n>; title="a, b"; rel=self',
            Following(hubs=("https://meadow.example/h",), topic="https://meadow.example/n"),
        ),
        ('<https://a.example/>; rel="next"; rel="hub"', Following()),
        ("nonsense, <", Following()),
        ("", Following()),
    ],
)
def test_what_the_link_header_says(header, following):
    assert feedhead.of_header(header, URL) == following


def test_a_feed_read_comes_with_how_to_follow_it():
    body = rss(item(1), head='<link rel="hub" href="https://hub.example/"/><ttl>7</ttl>').encode()
    assert feedparse.parse(body, URL).following == Following(hubs=("https://hub.example/",), every_s=420)
