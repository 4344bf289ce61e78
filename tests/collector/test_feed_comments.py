"""Discussions under entries, read beside the feed from a real server on loopback."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collector import feedcomments, feedparse
from collector.adapter import Ask
from collector.feed import Feed
from collector.feedcomments import Discussion, Followed, comments, follow
from collector.feedposts import read
from collector.networks import feeds
from tests.collector.test_feed_payloads import FOLDER
from tests.fakes.feedserver import FeedServer, item, rss
from tests.fakes.ledger import a_source
from timeline.post import Removal, Sighting

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT = "https://feeds.example/news"
WFW = "xmlns:wfw='http://wellformedweb.org/CommentAPI/'"


@pytest.fixture
async def server():
    async with FeedServer() as running:
        yield running


class Reader:
    """A feed with discussions, asked every five minutes."""

    def __init__(self, server, http, **more):
        self.server, self.http, self.now = server, http, NOW
        self.source = a_source(kind="feed", settings={"url": server.url("/news.rss")}, **more)
        self.cursors = {}

    def says(self, *numbers):
        items = [
            item(n, more=f"<wfw:commentRss {WFW}>{self.server.url(f'/{n}/comments')}</wfw:commentRss>") for n in numbers
        ]
        self.server.serve("/news.rss", rss(*items))

    def commented(self, number, *said):
        self.server.serve(f"/{number}/comments", rss(*(a_comment(number, one) for one in said), title="Comments"))

    async def read(self, *, after=timedelta(minutes=5)):
        """What is said under entries, and under which."""
        ask = Ask(source=self.source, cursors=self.cursors, now=self.now)
        self.batches = [batch async for batch in feeds.fetch(ask, self.http)]
        for batch in self.batches:
            self.cursors = {**self.cursors, **batch.cursors}
        self.now += after
        heard = [one for batch in self.batches for one in batch.heard if isinstance(one, Sighting) and one.about]
        return [(one.about.rpartition("/")[2], one.post.html) for one in heard]


def a_comment(number, words):
    return (
        f"<item><title>By: Wim</title><link>https://meadow.example/{number}#{words}</link><dc:creator>Wim</dc:creator>"
        f"<guid isPermaLink='false'>https://meadow.example/?p={number}#{words}</guid>"
        f"<pubDate>Sat, 21 Nov 2026 11:00:00 GMT</pubDate><description>{words}</description></item>"
    )


async def test_what_is_said_under_an_entry_is_read_beside_the_feed(server, http):
    reader = Reader(server, http)
    reader.says(2, 1)
    reader.commented(1, "first", "second")
    assert await reader.read() == [("1", "first"), ("1", "second")]


async def test_a_discussion_is_asked_at_a_third_of_its_feeds_rhythm_and_conditionally(server, http):
    reader = Reader(server, http)
    reader.says(1)
    reader.commented(1, "first")
    await reader.read()
    assert [await reader.read() for _ in range(2)] == [[], []]
    assert len(server.asked["/1/comments"]) == 1
    reader.commented(1, "second", "first")
    assert await reader.read() == [("1", "second"), ("1", "first")]
    assert len(server.asked["/news.rss"]) == 4
    assert "If-None-Match" in server.asked["/1/comments"][1]


async def test_the_first_reading_of_a_discussion_is_backfill_and_what_follows_is_not(server, http):
    reader = Reader(server, http)
    reader.says(1)
    reader.commented(1, "first")
    await reader.read(after=timedelta(minutes=20))
    assert [batch.backfill for batch in reader.batches if batch.heard] == [True, True]
    reader.commented(1, "second", "first")
    await reader.read()
    assert [batch.backfill for batch in reader.batches if batch.heard] == [False]


async def test_a_discussion_that_fails_costs_the_feed_nothing_and_is_tried_less_and_less(server, http):
    reader = Reader(server, http)
    reader.says(1)
    server.refuse("/1/comments", 500)
    for _ in range(20):
        assert await reader.read() == []
    assert 2 <= len(server.asked["/1/comments"]) <= 4
    reader.commented(1, "at last")
    heard = [await reader.read() for _ in range(40)]
    assert [one for one in heard if one] == [[("1", "at last")]]


async def test_a_host_that_asks_for_time_gets_it_for_all_its_discussions(server, http):
    reader = Reader(server, http)
    reader.says(3, 2, 1)
    for number in (1, 2, 3):
        server.refuse(f"/{number}/comments", 429, retry_after="3600")
    for _ in range(12):
        await reader.read()
    assert sum(len(server.asked[f"/{number}/comments"]) for number in (1, 2, 3)) == 1


async def test_only_the_newest_entries_of_the_events_time_are_followed(server, http):
    reader = Reader(server, http, collect_from=datetime(2026, 11, 21, 9, 30, tzinfo=UTC))
    reader.says(*range(1, 60))
    for number in range(1, 60):
        reader.commented(number, f"under {number}")
    heard = [one for _ in range(9) for one in await reader.read()]
    assert sorted(int(number) for number, _ in heard) == list(range(40, 60))
    assert "/29/comments" not in server.asked


async def test_no_turn_asks_more_than_a_few(server, http):
    reader = Reader(server, http)
    reader.says(*range(1, 21))
    for number in range(1, 21):
        reader.commented(number, "hello")
    assert [len(await reader.read()) for _ in range(4)] == [7, 7, 6, 0]


def test_an_answer_in_the_feed_itself_is_said_under_its_entry_after_it():
    feed = feedparse.parse((FOLDER / "threading.xml").read_bytes(), AT)
    reading = read(feed, AT, now=NOW)
    assert [(one.ref, getattr(one, "about", None)) for one in reading.heard] == [
        ("tag:thread.example,2026:1", None),
        ("tag:thread.example,2026:2", "tag:thread.example,2026:1"),
        ("tag:thread.example,2026:withdrawn", None),
    ]
    assert isinstance(reading.heard[-1], Removal)
    assert reading.discussions == (
        Discussion(
            uri="tag:thread.example,2026:1", address="https://thread.example/1/replies", published_at=1795253400.0
        ),
    )


def test_a_comment_is_its_writers_word_without_title_or_pictures():
    feed = feedparse.parse((FOLDER / "comments.xml").read_bytes(), AT)
    one = Followed("https://quay.example/?p=101", "https://quay.example/doors/feed", 0.0)
    lift, there = comments(feed, one, AT)
    assert lift.about == lift.post.in_reply_to == "https://quay.example/?p=101"
    assert (lift.post.title, lift.post.html, lift.post.media) == (None, "<p>Is there a <b>lift</b>?</p>", ())
    assert (lift.post.author.name, lift.post.author.uri, lift.post.author.organisation) == (
        "Wim Stee", f"{AT}#comment:Wim Stee", False,
    )  # fmt: skip
    assert there.ref == "https://quay.example/?p=101#comment-7"


def test_an_answer_to_a_comment_names_the_comment():
    said = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"><title>R</title>
      <entry><id>tag:a,2026:c2</id><content>Two</content><thr:in-reply-to ref="tag:a,2026:c1"/></entry>
      <entry><id>tag:a,2026:c1</id><content>One</content><thr:in-reply-to ref="tag:a,2026:e"/></entry>
      <entry><id>tag:a,2026:e</id><title>the entry itself</title></entry></feed>"""
    feed = feedparse.parse(said.encode(), AT)
    assert isinstance(feed, Feed)
    heard = comments(feed, Followed("tag:a,2026:e", AT, 0), AT)
    told = {one.ref: (one.post.in_reply_to, one.post.author.name) for one in heard}
    assert told == {
        "tag:a,2026:c2": ("tag:a,2026:c1", feedcomments.NAMELESS),
        "tag:a,2026:c1": ("tag:a,2026:e", feedcomments.NAMELESS),
    }


def test_a_discussion_that_moves_begins_again_and_another_version_is_forgotten():
    one = Discussion(uri="e", address="https://a.example/c", published_at=5.0)
    first = follow(None, [one], since=0)
    again = follow(first, [replace(one, address="https://b.example/c")], since=0)
    assert [row[1] for row in again["followed"]] == ["https://b.example/c"]
    assert follow({"followed": [["too", "long", 3, 4, 5, 6, 7, 8, 9, 10]]}, [], since=0) == {"followed": []}
