"""The feed adapter against a real server on loopback."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collector.adapter import Ask, Batch
from collector.feedstanding import Standing
from collector.http import Http
from collector.ledger import Key
from collector.networks import feeds
from tests.fakes.feedserver import FeedServer, item, rss
from tests.fakes.ledger import a_source
from timeline.errors import SourceUnavailable
from timeline.network import Source
from timeline.post import Cursor, Sighting
from timeline.view import belongs

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def server():
    async with FeedServer() as running:
        yield running


def a_feed(url: str, **more: object) -> Source:
    return a_source(kind="feed", settings={"url": url}, **more)


class Reader:
    """One source read again and again, its cursor kept from one poll to the next."""

    def __init__(self, source: Source, http: Http) -> None:
        self.source, self.http, self.now = source, http, NOW
        self.cursor: Cursor | None = None
        self.cursors: dict[Key, Cursor] = {}

    async def read(self, *, after: timedelta = timedelta(minutes=5)) -> list[Batch]:
        key = (self.source.id, "")
        ask = Ask(source=self.source, cursors=self.cursors, now=self.now)
        batches = [batch async for batch in feeds.fetch(ask, self.http)]
        for batch in batches:
            self.cursors = {**self.cursors, **batch.cursors}
        self.cursor = self.cursors[key]
        self.now += after
        return batches


def said(batches: Iterable[Batch]) -> list[str | None]:
    return [heard.post.title for batch in batches for heard in batch.heard if isinstance(heard, Sighting)]


async def test_the_first_reading_is_backfill_and_what_comes_later_is_news(server, http):
    server.serve("/news.rss", rss(item(1)))
    reader = Reader(a_feed(server.url("/news.rss")), http)
    first = await reader.read()
    server.serve("/news.rss", rss(item(2), item(1)))
    second = await reader.read()
    assert (said(first), [batch.backfill for batch in first]) == (["The hall is open 1"], [True])
    assert (said(second), [batch.backfill for batch in second]) == (["The hall is open 2"], [False])


async def test_a_key_in_the_address_is_in_no_name_of_an_entry(server, http):
    server.serve("/news", rss("<item><title>One</title><guid>1</guid></item>", "<item><title>Two</title></item>"))
    batches = await Reader(a_feed(server.url("/news?token=s3same")), http).read()
    names = [(thing.ref, thing.post.uri, thing.post.author.uri) for batch in batches for thing in batch.heard]
    assert len(names) == 2
    assert "s3same" not in str(names)


async def test_what_was_published_while_we_were_away_is_backfill(server, http):
    server.serve("/news.rss", rss(item(1)))
    reader = Reader(a_feed(server.url("/news.rss")), http)
    await reader.read(after=timedelta(hours=2))
    server.serve("/news.rss", rss(item(2)))
    assert [batch.backfill for batch in await reader.read()] == [True]


async def test_an_unchanged_feed_is_asked_for_by_its_tag_and_says_nothing(server, http):
    server.serve("/news.rss", rss(item(1)), headers={"Last-Modified": "Sat, 21 Nov 2026 09:00:00 GMT"})
    reader = Reader(a_feed(server.url("/news.rss")), http)
    await reader.read()
    assert said(await reader.read()) == []
    first, second = server.asked["/news.rss"]
    assert "If-None-Match" not in first
    assert second["If-None-Match"].startswith('"')
    assert second["If-Modified-Since"] == "Sat, 21 Nov 2026 09:00:00 GMT"


async def test_a_server_without_tags_is_heard_once(server, http):
    server.serve("/news.rss", rss(item(1)), etag=False)
    reader = Reader(a_feed(server.url("/news.rss")), http)
    assert said(await reader.read()) == ["The hall is open 1"]
    assert said(await reader.read()) == []


async def test_a_hashtag_added_later_looks_at_unchanged_entries_again(server, http):
    server.serve("/news.rss", rss(item(1)))
    reader = Reader(a_feed(server.url("/news.rss"), keep="tagged"), http)
    await reader.read()
    reader.source = replace(reader.source, hashtags=("meadow26",))
    again = await reader.read()
    assert (said(again), again[-1].backfill) == (["The hall is open 1"], True)


async def test_many_entries_come_in_parts_and_the_cursor_with_the_last(server, http):
    many = [item(n).replace(f"example/{n}", f"example/{n}-{n}") for n in range(250)]
    server.serve("/news.rss", rss(*many))
    reader = Reader(a_feed(server.url("/news.rss")), http)
    batches = await reader.read()
    assert [len(batch.heard) for batch in batches] == [100, 100, 50]
    assert [(reader.source.id, "") in batch.cursors for batch in batches] == [False, False, True]


async def test_a_page_is_searched_for_its_feed_and_says_so_once(server, http):
    server.serve(
        "/", '<html><link rel="alternate" type="application/rss+xml" href="/news.rss">', content_type="text/html"
    )
    server.serve("/news.rss", rss(item(1), item(2).replace("<guid>https://meadow.example/2", "<guid>two")))
    reader = Reader(a_feed(server.url("/")), http)
    [first] = await reader.read()
    [second] = await reader.read()
    assert first.found == f"feed found at {server.url('/news.rss')}"
    assert [heard.ref for heard in first.heard] == ["https://meadow.example/1", f"{server.url('/news.rss')}#two"]
    assert (second.found, len(server.asked["/"]), len(server.asked["/news.rss"])) == (None, 1, 2)


async def test_of_a_pages_feeds_the_first_that_works_is_taken(server, http):
    links = "".join(f'<link rel="alternate" type="application/atom+xml" href="/{name}">' for name in ("gone", "news"))
    server.serve("/", f"<html>{links}", content_type="text/html")
    server.serve("/news", rss(item(1)))
    assert said(await Reader(a_feed(server.url("/")), http).read()) == ["The hall is open 1"]


async def test_a_found_feed_that_moves_is_found_again_and_its_entries_keep_their_names(server, http):
    page = '<html><link rel="alternate" type="application/rss+xml" href="{}">'
    named = item(1).replace("<guid>https://meadow.example/1", "<guid>one")
    server.serve("/", page.format("/old.rss"), content_type="text/html")
    server.serve("/old.rss", rss(named))
    reader = Reader(a_feed(server.url("/")), http)
    [before] = await reader.read()
    server.refuse("/old.rss", 404)
    server.serve("/", page.format("/new.rss"), content_type="text/html")
    server.serve("/new.rss", rss(named))
    [after] = await reader.read()
    assert [heard.ref for heard in before.heard] == [heard.ref for heard in after.heard] == [server.url("/old.rss#one")]


async def test_a_page_without_feeds_says_what_to_do(server, http):
    server.serve("/", "<html><title>Meadow</title><p>Nothing here", content_type="text/html")
    with pytest.raises(SourceUnavailable, match="the page “Meadow” is no feed and links none") as refused:
        await Reader(a_feed(server.url("/")), http).read()
    assert refused.value.hint == "Look on the site for an RSS or Atom link and give its address."


async def test_a_feed_that_moved_for_good_is_asked_at_its_new_address(server, http):
    server.redirect("/old", server.url("/new"), status=301)
    server.serve("/new", rss(item(1).replace("<guid>https://meadow.example/1", "<guid>one")))
    reader = Reader(a_feed(server.url("/old")), http)
    [first] = await reader.read()
    await reader.read()
    assert first.found == f"the feed has moved to {server.url('/new')}"
    assert [heard.ref for heard in first.heard] == [server.url("/old#one")]  # the name does not move
    assert (len(server.asked["/old"]), len(server.asked["/new"])) == (1, 2)


async def test_a_feed_that_is_elsewhere_for_now_is_asked_at_its_own_address(server, http):
    server.redirect("/news", server.url("/mirror"), status=302)
    server.redirect("/mirror", server.url("/farther"), status=301)  # for good, but only of the mirror
    server.serve("/farther", rss(item(1)))
    reader = Reader(a_feed(server.url("/news")), http)
    await reader.read()
    await reader.read()
    assert len(server.asked["/news"]) == 2


async def test_a_new_address_that_fails_leads_back_to_the_one_we_were_given(server, http):
    server.redirect("/old", server.url("/new"), status=308)
    server.serve("/new", rss(item(1)))
    reader = Reader(a_feed(server.url("/old")), http)
    await reader.read()
    server.refuse("/new", 500)
    server.serve("/old", rss(item(2)))
    assert said(await reader.read()) == ["The hall is open 2"]


async def test_the_servers_wish_to_wait_is_passed_on(server, http):
    server.refuse("/news.rss", 429, retry_after="120")
    with pytest.raises(SourceUnavailable, match="slow down") as refused:
        await Reader(a_feed(server.url("/news.rss")), http).read()
    assert refused.value.retry_after_s == 120


async def test_a_feed_that_is_gone_is_said_to_be_gone(server, http):
    server.refuse("/news.rss", 410)
    with pytest.raises(SourceUnavailable, match="gone for good") as refused:
        await Reader(a_feed(server.url("/news.rss")), http).read()
    assert "Remove this source" in refused.value.hint


async def test_a_forgiven_flaw_is_said_once(server, http):
    reader = Reader(a_feed(server.url("/news.rss")), http)
    found = []
    for number in (1, 2):
        server.serve("/news.rss", rss(item(number, words="R&D")))
        found += [batch.found for batch in await reader.read()]
    assert found == ["the feed is read, although it is not well-formed XML", None]


async def test_check_tells_what_is_there(server, http):
    server.serve(
        "/", '<html><link rel="alternate" type="application/rss+xml" href="/news.rss">', content_type="text/html"
    )
    server.serve("/news.rss", rss(item(1), item(2)))
    assert await feeds.check(a_feed(server.url("/")), http) == (
        f"“Meadow News” with 2 entries, the newest of 2026-11-21 09:02 UTC, found at {server.url('/news.rss')}"
    )


@pytest.mark.parametrize(
    ("more", "keeps"),
    [
        ("", False),
        ("<category>Meadow26</category>", True),
        ("<category>Meadow 26</category>", True),
        ("<description>About #Meadów26, at last</description>", True),
        ("<description>https://meadow.example/#meadow26</description>", False),
    ],
)
async def test_only_tagged_entries_belong_where_that_is_wanted(server, http, more, keeps):
    server.serve("/news.rss", rss(item(1, more=more)))
    source = a_feed(server.url("/news.rss"), keep="tagged", hashtags=("meadow26",))
    [batch] = await Reader(source, http).read()
    [sighting] = batch.heard
    assert isinstance(sighting, Sighting)
    assert belongs(sighting.post, source, feeds.INFO) is keeps
    assert belongs(sighting.post, replace(source, keep="all"), feeds.INFO)


def test_a_key_in_an_address_is_not_told_to_the_log():
    before = Standing(address="https://news.example/feed", home="https://news.example/feed")
    keyed = f"{before.home}?token=s3cret"
    said = [replace(before, home=keyed).told_since(before), replace(before, address=keyed).told_since(before)]
    assert all(one and "s3cret" not in one for one in said)
