"""Followed accounts: heard live by DID on the same connection, their feeds read for what came before."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from collector.adapter import Ask
from collector.networks import bluesky
from collector.supervisor import Collector
from tests.collector.listening import ago, source_of, words
from tests.fakes.appview import FakeAppView
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger
from timeline.errors import SourceUnavailable
from timeline.post import Sighting

ADA, BOB = "did:plc:ada", "did:plc:bob"


@asynccontextmanager
async def collecting(ledger, http):
    collector = Collector(ledger, http, {"bluesky": bluesky}, look_s=0.01)
    await collector.start()
    try:
        yield
    finally:
        await collector.stop()


def following(*hosts, appview, accounts=("@Ada.example",), **more):
    return source_of(*hosts, settings={"appview": appview.url, "accounts": accounts}, **more)


async def polled(ledger, http, now=None):
    """One poll; what it brought."""
    [source] = ledger.listed
    ask = Ask(source=source, cursors=ledger.kept, now=now or ago())
    heard = []
    async for batch in bluesky.fetch(ask, http):
        heard += batch.heard
        await ledger.accept(batch.heard, source_ids=[1], cursors=batch.cursors, backfill=batch.backfill)
    return sorted(
        thing.post.html.removeprefix("<p>").removesuffix("</p>") for thing in heard if isinstance(thing, Sighting)
    )


async def test_a_followed_account_is_heard_live_without_a_hashtag(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example", "Ada")
        ledger = MemoryLedger(following(host, appview=appview))
        async with collecting(ledger, http):
            await host.until_connected()
            host.post("nothing to us", tags=(), did=BOB)
            host.post("from Ada", tags=())
            host.post("tagged, by Bob #pyconf", did=BOB)
            await ledger.until(lambda: words(ledger) == ["from Ada</p>", "tagged, by Bob"])
        assert {post.author.handle for post in ledger.posts.values()} == {"@ada.example", ""}


async def test_an_account_named_by_its_did_needs_no_appview(http):
    async with FakeJetstream() as host, FakeAppView(silent=True) as appview:
        ledger = MemoryLedger(following(host, appview=appview, accounts=(ADA,)))
        async with collecting(ledger, http):
            await host.until_connected()
            host.post("from Ada", tags=())
            await ledger.until(lambda: words(ledger) == ["from Ada</p>"])
            await ledger.until(lambda: ledger.health.get(1) and ledger.health[1].hint is not None)
        assert ledger.health[1].state == "ok"  # the stream stands; that the feed does not answer is told beside


async def test_answers_to_others_are_no_news_and_threads_of_their_own_are(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example")
        ledger = MemoryLedger(following(host, appview=appview))

        def answer(to):
            end = {"uri": f"at://{to}/app.bsky.feed.post/1", "cid": "bafyrei"}
            return {"root": end, "parent": end}

        async with collecting(ledger, http):
            await host.until_connected()
            host.post("to Bob", tags=(), reply=answer(BOB))
            host.post("to Bob, tagged #pyconf", reply=answer(BOB))
            host.post("to herself", tags=(), reply=answer(ADA))
            await ledger.until(lambda: len(ledger.posts) == 2)
        assert words(ledger) == ["to Bob, tagged", "to herself</p>"]


async def test_a_feed_is_read_back_to_where_the_event_begins_and_then_from_its_top(http):
    async with FakeJetstream() as host, FakeAppView(page=3) as appview:
        appview.know(ADA, "ada.example", "Ada")
        for number in range(10):
            appview.show(host.post(f"{number}", tags=(), at=ago(hours=10 - number)))
        ledger = MemoryLedger(following(host, appview=appview, collect_from=ago(hours=8.5)))
        assert await polled(ledger, http) == ["1", "2", "3", "4", "5", "6", "7", "8", "9"]  # a page at a time
        read = len(appview.asked_for("getAuthorFeed"))
        appview.show(host.post("new", tags=()))
        assert "new" in await polled(ledger, http)
        assert len(appview.asked_for("getAuthorFeed")) == read + 1
        assert ledger.kept[1, "@Ada.example"]["did"] == ADA


async def test_a_feed_that_was_left_half_way_goes_on_there(http):
    async with FakeJetstream() as host, FakeAppView(page=2) as appview:
        appview.know(ADA, "ada.example")
        for number in range(6):
            appview.show(host.post(f"{number}", tags=(), at=ago(hours=10 - number)))
        ledger = MemoryLedger(following(host, appview=appview, collect_from=ago(days=1)))
        ask = Ask(source=ledger.listed[0], cursors={}, now=ago())
        async for batch in bluesky.fetch(ask, http):
            await ledger.accept(batch.heard, source_ids=[1], cursors=batch.cursors, backfill=True)
            break
        assert await polled(ledger, http) == ["0", "1", "2", "3"]


async def test_boosts_and_what_others_wrote_do_not_come_from_a_feed(http, monkeypatch):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example")
        appview.show(host.post("hers", tags=()))
        other = appview.show(host.post("boosted", tags=(), did=BOB))
        asks_for = appview._page

        def boosted(views, request):
            page, cursor = asks_for(views, request)
            return [*page, appview.posts[other]], cursor

        monkeypatch.setattr(appview, "_page", boosted)
        assert await polled(MemoryLedger(following(host, appview=appview)), http) == ["hers"]


async def test_an_account_that_does_not_exist_is_told_and_the_others_are_read(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example")
        appview.show(host.post("hers", tags=()))
        ledger = MemoryLedger(following(host, appview=appview, accounts=("nobody.example", "ada.example")))
        with pytest.raises(SourceUnavailable, match=r"there is no account nobody\.example on Bluesky"):
            await polled(ledger, http)
        assert words(ledger) == ["hers</p>"]


async def test_a_handle_that_somebody_else_has_taken_over_is_followed_there(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(BOB, "ada.example")
        appview.show(host.post("now by Bob", tags=(), did=BOB))
        ledger = MemoryLedger(following(host, appview=appview))
        ledger.kept = {(1, "@Ada.example"): {"did": ADA, "newest": ago(hours=1).isoformat()}}
        assert await polled(ledger, http) == ["now by Bob"]
        assert ledger.kept[1, "@Ada.example"]["did"] == BOB


async def test_what_was_deleted_a_moment_ago_does_not_come_back_by_a_feed(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example")
        ledger = MemoryLedger(following(host, appview=appview))
        async with collecting(ledger, http):
            await host.until_connected()
            await ledger.until(lambda: (1, "@Ada.example") in ledger.kept)
            said = host.post("to be deleted", tags=(), at=ago() - timedelta(seconds=1))
            appview.show(said)
            host.delete(said)
            await ledger.until(lambda: ledger.kept.get((1, ""), {}).get("seq") == 2)
            ledger.posts.clear()
            assert await polled(ledger, http) == []


async def test_check_finds_the_accounts(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example")
        source = following(host, appview=appview)
        assert await bluesky.check(source, http, wait_s=0.05) == (
            "127.0.0.1 is there, but said nothing for 0 s, @Ada.example is there"
        )
        with pytest.raises(SourceUnavailable, match="there is no account"):
            await bluesky.check(following(host, appview=appview, accounts=("eve.example",)), http, wait_s=0.05)
