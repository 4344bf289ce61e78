"""OPML as the world writes it."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.outlines import MAX_BYTES, MAX_FEEDS, NotAnOutline, Outline, read


def opml(*outlines):
    return f'<?xml version="1.0"?><opml version="1.0"><head/><body>{"".join(outlines)}</body></opml>'.encode()


def urls(body):
    return [one.url for one in read(body)]


@pytest.mark.parametrize(
    ("outline", "found"),
    [
        ('<outline type="rss" text="A" xmlUrl="https://a.ex/f"/>', ("A", "https://a.ex/f", "")),
        ('<outline text="A" xmlUrl="https://a.ex/f"/>', ("A", "https://a.ex/f", "")),
        ('<outline title="A" xmlUrl="https://a.ex/f"/>', ("A", "https://a.ex/f", "")),
        ('<outline xmlUrl="https://a.ex/f"/>', ("https://a.ex/f", "https://a.ex/f", "")),
        ('<outline text="A" xmlurl="https://a.ex/f"/>', ("A", "https://a.ex/f", "")),
        ('<outline type="atom" text="A" url="https://a.ex/f"/>', ("A", "https://a.ex/f", "")),
        ('<outline text="A" xmlUrl="feed://a.ex/f"/>', ("A", "http://a.ex/f", "")),
        ('<outline text="A" xmlUrl="feed:https://a.ex/f"/>', ("A", "https://a.ex/f", "")),
        (
            '<outline text="A" category="/News/Quay,/b" xmlUrl="https://a.ex/"/>',
            ("A", "https://a.ex/", "News / Quay"),
        ),
        (
            '<outline text="N" type="rss"><outline text="Q"><outline text="A" xmlUrl="https://a.ex/f"/></outline></outline>',
            ("A", "https://a.ex/f", "N / Q"),
        ),
        ('<outline><outline text="A" xmlUrl="https://a.ex/f"/></outline>', ("A", "https://a.ex/f", "")),
        (
            '<outline text=" A \n B " xmlUrl=" https://a.ex/f?a=1&b=2 "/>',
            ("A B", "https://a.ex/f?a=1&b=2", ""),
        ),
        (
            '<outline text="Caf&eacute; &amp; R&D" xmlUrl="https://a.ex/f"/>',
            ("Café & R&D", "https://a.ex/f", ""),
        ),
        ('<outline text="A" xmlUrl="/feed.xml"/>', ("A", None, "")),
        ('<outline text="A" xmlUrl="javascript:alert(1)"/>', ("A", None, "")),
    ],
)
def test_a_feed_is_found_however_it_is_written(outline, found):
    [one] = read(opml(outline))
    assert (one.title, one.url, one.folder) == found


def test_folders_links_and_inclusions_are_no_feeds():
    others = (
        '<outline text="Folder" type="rss"/>', '<outline type="link" text="L" url="https://a.ex/page"/>',
        '<outline type="include" text="I" url="https://a.ex/more.opml"/>',
    )  # fmt: skip
    assert read(opml(*others)) == []


def test_a_feed_within_a_feed_counts_too():
    assert urls(opml('<outline text="A" xmlUrl="https://a.ex/"><outline xmlUrl="https://b.ex/"/></outline>')) == [
        "https://a.ex/", "https://b.ex/",
    ]  # fmt: skip


def test_each_address_counts_once_whatever_its_spelling():
    body = opml(*(f'<outline xmlUrl="{url}"/>' for url in ("https://a.ex/f", "http://www.a.ex/f/")))
    assert urls(body) == ["https://a.ex/f"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "not well-formed"),
        (b"<opml><body><outline", "not well-formed XML \\(line 1\\)"),
        (b"<rss version='2.0'><channel/></rss>", "no OPML: it begins with <rss>"),
        (b'<!DOCTYPE opml [<!ENTITY a "b">]><opml/>', "document type"),
        (b'<!DOCTYPE opml SYSTEM "file:///etc/passwd"><opml/>', "document type"),
        (b'<?xml version="1.0" encoding="nonsense"?><opml/>', "encoding|not well-formed"),
        (b"<opml>" + b"<outline>" * 100, "inside one another"),
        (b" " * (MAX_BYTES + 1), "over 5 MB"),
        (opml(*(f'<outline xmlUrl="https://a.ex/{n}"/>' for n in range(MAX_FEEDS + 1))), "2,001 feeds"),
    ],
)
def test_what_is_no_list_of_feeds_is_refused_in_plain_words(body, told):
    with pytest.raises(NotAnOutline, match=told):
        read(body)


def test_other_encodings_are_read():
    body = '<?xml version="1.0" encoding="iso-8859-1"?><opml><body><outline text="Über" xmlUrl="https://a.ex/"/></body></opml>'
    assert read(body.encode("latin-1")) == [Outline(title="Über", told="https://a.ex/", url="https://a.ex/")]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 200))
def test_whatever_the_file_holds_it_is_a_list_or_our_own_error(noise, at):
    whole = opml('<outline text="A" type="rss"><outline xmlUrl="https://a.ex/f?a=1&b=2"/></outline>')
    for body in (noise, whole[:at] + noise + whole[at:]):
        with suppress(NotAnOutline):
            assert all(isinstance(one, Outline) for one in read(body))
