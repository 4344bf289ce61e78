"""Feeds read: which parser, which encoding, which page, and never anything but our own error."""

import asyncio
import codecs
import pickle
import random
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector import feedgate, feedparse
from collector.feed import ENTRIES, Feed, Page
from tests.fakes.feedserver import billion_laughs, item, many_attributes, nested_tags, quadratic, rss
from timeline.errors import SourceUnavailable

AT = "https://feeds.example/news"
PAYLOADS = sorted((Path(__file__).parent.parent / "payloads" / "feed").glob("*.xml"))


def titles(feed):
    return [entry.title for entry in feed.entries]


def test_the_newest_two_thousand_entries_are_kept():
    old_to_new = [
        f"<item><title>{n}</title><guid>https://m.example/{n}</guid><pubDate>{stamp(n)}</pubDate></item>"
        for n in range(ENTRIES + 10)
    ]
    feed = feedparse.parse(rss(*old_to_new).encode(), AT)
    assert (len(feed.entries), feed.entries[0].title, feed.entries[-1].title) == (ENTRIES, "2009", "10")


def stamp(number):
    return f"Sat, {1 + number // 1440:02d} Nov 2026 {number // 60 % 24:02d}:{number % 60:02d}:00 GMT"


@pytest.mark.parametrize("prolog", ["", "\n\n  ", "<!-- hello -->", "﻿"])
def test_what_comes_before_a_feed_does_not_hide_it(prolog):
    assert titles(feedparse.parse((prolog + rss(item(1))).encode(), AT)) == ["The hall is open 1"]


WORDS = "Über die Brücke — 港"
LATIN = "Über die Brücke"


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (rss(item(1, words=WORDS)).encode(), "application/rss+xml", WORDS),
        (rss(item(1, words=WORDS)).encode(), "text/xml; charset=iso-8859-1", WORDS),  # a server's careless default
        (rss(item(1, words=LATIN)).encode("latin-1"), "text/xml; charset=iso-8859-1", LATIN),
        (rss(item(1, words=LATIN)).encode("latin-1"), "text/xml", LATIN),
        (codecs.BOM_UTF8 + rss(item(1, words=WORDS)).encode(), "text/xml; charset=latin1", WORDS),
        (rss(item(1, words=WORDS)).replace("utf-8", "utf-16").encode("utf-16"), "text/xml", WORDS),
        (rss(item(1, words=WORDS)).replace("utf-8", "utf-16").encode("utf-16"), "text/xml; charset=utf-8", WORDS),
        (rss(item(1, words=LATIN)).replace("utf-8", "iso-8859-1").encode("latin-1"), "text/xml; charset=utf-8", LATIN),
        (rss(item(1, words="Привет")).encode("cp1251"), "text/xml; charset=windows-1251", "Привет"),
        (rss(item(1, words=WORDS)).replace("utf-8", "bogus").encode(), "text/xml; charset=nonsense", WORDS),
    ],
)
def test_words_survive_what_the_server_and_the_feed_say_of_them(body, content_type, words):
    assert titles(feedparse.parse(body, AT, content_type)) == [f"{words} 1"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("<description><b>markup</b> where text belongs</description>", "markup where text belongs"),
        ("<updated>10/06/2026</updated>", "date"),
        ("<x " + " ".join(f'a{n}="1"' for n in range(65)) + "/>", "shape"),
        ("<x>" * 64 + "</x>" * 64, "shape"),
        ("<media:content url='v.mp4'/><media:thumbnail url='s.jpg'/>", "a still beside its video"),
    ],
)
def test_what_the_fast_parser_would_mangle_goes_to_the_patient_one(more, reason):
    body = rss(item(1, more=more)).encode()
    with pytest.raises(feedgate.NotPlain, match=reason):
        feedgate.glance(body)
    assert titles(feedparse.parse(body, AT)) == ["The hall is open 1"]


@pytest.mark.parametrize(
    ("bomb", "message"),
    [
        (billion_laughs(), "entities that grow without bound"),
        (quadratic(), "entities that grow without bound"),
        (many_attributes(1_001), "built to exhaust"),
        (nested_tags(1_001), "built to exhaust"),
        (b'{"items": ' + b"[" * 5_000, "cut short|nested|broken"),
    ],
)
def test_a_bomb_is_refused_before_either_parser_sees_it(bomb, message):
    with pytest.raises((SourceUnavailable, RecursionError), match=message + "|recursion"):
        feedparse.parse(bomb, AT)


def test_a_file_name_or_an_address_for_a_body_is_never_opened(tmp_path):
    secret = tmp_path / "feed.xml"
    secret.write_text(rss(item(1)))
    for body in (str(secret), secret.as_uri(), "http://127.0.0.1:9/feed"):
        with pytest.raises(SourceUnavailable, match="neither a feed nor a web page"):
            feedparse.parse(body.encode(), AT)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "neither a feed nor a web page"),
        (b"plain words", "neither a feed nor a web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "neither a feed nor a web page"),
        (b"\xff\xd8\xff\xe0 a picture", "neither a feed nor a web page"),
        (b'{"items": [{"id": 1', "cut short"),
        (b'{"version": "1"}', "no JSON Feed"),
    ],
)
def test_what_is_no_feed_is_said_to_be_none(body, message):
    with pytest.raises(SourceUnavailable, match=message) as refused:
        feedparse.parse(body, AT)
    assert refused.value.hint


def test_a_page_tells_its_feeds_the_comments_last():
    page = feedparse.parse(
        b"""<!DOCTYPE html><html><head><title>Meadow
        </title><base href="/blog/">
        <link rel="alternate" type="application/rss+xml" title="Comments" href="comments.xml">
        <link rel="alternate" type="application/json" href="/wp-json/1">
        <link rel='alternate stylesheet' type='text/css' href='x.css'>
        <link rel="alternate" type="application/atom+xml" title="News" href="atom.xml">
        </head><body><a href="/feed">feed</a></body></html>""",
        "https://meadow.example/",
    )
    assert page == Page(
        title="Meadow", feeds=("https://meadow.example/blog/atom.xml", "https://meadow.example/blog/comments.xml")
    )


def test_a_page_that_declares_none_may_still_link_one_by_a_usual_name():
    links = ("/about", "/news.rss", "/feed/", "javascript:feed", "/feedback", "mailto:rss")
    body = "<html><body>" + "".join(f'<a href="{link}">x</a>' for link in links)
    page = feedparse.parse(body.encode(), "https://meadow.example/")
    assert page == Page(title="", feeds=("https://meadow.example/news.rss", "https://meadow.example/feed/"))


async def test_a_feed_travels_back_from_the_worker_whole():
    body = rss(item(1), item(2)).encode()
    assert await feedparse.read(body, url=AT) == feedparse.parse(body, AT)


async def test_errors_of_the_worker_arrive_with_their_hints():
    with pytest.raises(SourceUnavailable, match="neither") as refused:
        await feedparse.read(b"nothing", url=AT)
    assert refused.value.hint.startswith("Give the address")


async def test_the_service_itself_never_loads_a_parser():
    program = (
        "import sys, collector.supervisor, collector.networks.feeds;"
        "print({'feedparser', 'fastfeedparser', 'lxml'} & sys.modules.keys())"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert (await child.communicate())[0].strip() == b"set()"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
@example(b"<rss><channel><item>&#xD800;")
@example(b'{"items":[{"id":1e999,"title":"\\ud800","tags":[{}]}]}')
@example(b"\x00<\x00r\x00s\x00s")
def test_random_bytes_end_in_a_feed_a_page_or_our_own_error(body):
    check_outcome(body)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(PAYLOADS), st.integers(0, 2**32), st.integers(1, 8))
def test_a_damaged_feed_ends_in_a_feed_a_page_or_our_own_error(payload, seed, wounds):
    chance, body = random.Random(seed), bytearray(payload.read_bytes())
    for _ in range(wounds):
        at = chance.randrange(len(body))
        match chance.randrange(3):
            case 0:
                body[at] = chance.randrange(256)
            case 1:
                del body[at : at + chance.randrange(40)]
            case 2:
                body[at:at] = body[chance.randrange(len(body)) :][: chance.randrange(200)]
        body = body or bytearray(b"x")
    check_outcome(bytes(body))


def check_outcome(body):
    try:
        found = feedparse.parse(body, AT)
    except SourceUnavailable:
        return
    assert isinstance(found, Feed | Page)
    assert pickle.loads(pickle.dumps(found)) == found
    for entry in getattr(found, "entries", ()):
        f"{entry}".encode()  # what no database takes, such as half a character, is gone
