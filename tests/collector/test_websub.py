"""Asking hubs, and reading what they brought."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from collector.adapter import Ask
from collector.hubs import NOBODY
from collector.ledger import Hub, Push, Request, Subscription
from collector.networks import feeds
from collector.pushes import Pushes
from collector.turns import Turns
from collector.websub import Subscriber
from tests.fakes.feedserver import FeedServer, billion_laughs, item, rss
from tests.fakes.hub import FakeHub
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.site import site

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RSS = "application/rss+xml"


@asynccontextmanager
async def running(loop):
    task = asyncio.create_task(loop.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def a_request(hub, key="k", *, leaving=False):
    return Request(
        key=key, hub=Hub(url=hub, topic="https://meadow.example/news"), callback=f"http://127.0.0.1:9/{key}",
        secret="s" * 64, leaving=leaving,
    )  # fmt: skip


async def test_a_hub_is_asked_in_its_own_words(http):
    async with FakeHub() as hub:
        ledger = MemoryLedger()
        ledger.requested = [a_request(hub.url, "one"), a_request(hub.url, "two", leaving=True)]
        async with running(Subscriber(ledger, http)):
            await hub.until_asked(2)
    assert sorted(hub.asked, key=lambda told: told["hub.mode"]) == [
        {
            "hub.mode": "subscribe",
            "hub.topic": "https://meadow.example/news",
            "hub.callback": "http://127.0.0.1:9/one",
            "hub.lease_seconds": "864000",
            "hub.secret": "s" * 64,
        },
        {
            "hub.mode": "unsubscribe",
            "hub.topic": "https://meadow.example/news",
            "hub.callback": "http://127.0.0.1:9/two",
        },
    ]


async def test_it_is_kept_that_a_hub_is_asked_before_it_is(http):
    async with FakeHub() as hub:
        ledger = MemoryLedger()
        kept_first = []
        asking = ledger.asking

        async def watched(request):
            kept_first.append(len(hub.asked))
            await asking(request)

        ledger.asking = watched
        ledger.requested = [a_request(hub.url)]
        async with running(Subscriber(ledger, http)):
            await hub.until_asked(1)
    assert kept_first == [0]


async def test_hubs_that_fail_or_are_gone_keep_no_other_waiting(http):
    async with FakeHub(refuses=500) as ill, FakeHub() as well:
        ledger = MemoryLedger()
        gone = "http://127.0.0.1:9/"
        ledger.requested = [a_request(gone, "a"), a_request(ill.url, "b"), a_request(well.url, "c")]
        async with running(Subscriber(ledger, http)):
            await well.until_asked(1)
            await ill.until_asked(1)
            ledger.requested = [a_request(well.url, "d")]
            await ledger.relist()
            await well.until_asked(2)
    assert [request.key for request in ledger.asked][-1] == "d"


async def test_a_hub_that_asks_us_to_wait_is_left_alone_for_as_long(http):
    async with FakeHub(refuses=429, retry_after="3600") as hub:
        ledger = MemoryLedger()
        ledger.requested = [a_request(hub.url)]
        async with running(Subscriber(ledger, http)):
            await ledger.until(lambda: ledger.due_requests)
    assert timedelta(minutes=59) < ledger.due_requests["k"] - datetime.now(UTC) <= timedelta(hours=1)


@asynccontextmanager
async def pushed(http, *bodies, source=None):
    source = source or a_source(kind="feed", settings={"url": "https://meadow.example/news"})
    ledger = MemoryLedger(source)
    ledger.inbox = [(source.id, Push(id=n, content_type=RSS, body=body)) for n, body in enumerate(bodies, 1)]
    pushes = Pushes(ledger, http, {"feed": feeds}, Turns())
    pushes.update([source])
    async with running(pushes):
        yield ledger


def titles(ledger):
    return [post.title for post in ledger.posts.values()]


async def test_what_a_hub_brought_is_read_and_nobody_asked(http):
    async with pushed(http, rss(item(1)).encode(), rss(item(2), item(1)).encode()) as ledger:
        await ledger.until(lambda: not ledger.inbox)
    assert titles(ledger) == ["The hall is open 1", "The hall is open 2"]
    assert (1, feeds.SHOWN) in ledger.kept  # what they are called
    assert (1, "") not in ledger.kept  # where the polls stand


@pytest.mark.parametrize(
    "body", [b"", b"<rss", b"<html><body>no</body></html>", billion_laughs(), b"\xff\xfe\x00", b"{}" * 9]
)
async def test_what_cannot_be_read_is_dropped_and_costs_the_next_nothing(http, body):
    async with pushed(http, body, rss(item(1)).encode()) as ledger:
        await ledger.until(lambda: not ledger.inbox)
    assert titles(ledger) == ["The hall is open 1"]


async def test_a_push_of_hundreds_is_taken_off_with_the_last_of_them(http):
    body = rss(*(item(number) for number in range(250))).encode()
    async with pushed(http, body) as ledger:
        await ledger.until(lambda: not ledger.inbox)
    assert [len(heard) for heard, _, _ in ledger.accepts] == [100, 100, 50, 0]


async def test_a_fault_of_ours_keeps_the_push_and_does_not_spin(http):
    other = a_source(2, kind="feed", settings={"url": "https://other.example/news"})
    async with pushed(http, rss(item(1)).encode()) as ledger:
        await ledger.until(lambda: not ledger.inbox)
        ledger.fails = RuntimeError("a full disk")
        ledger.inbox = [(1, Push(id=7, content_type=RSS, body=rss(item(2)).encode()))]
        await ledger.relist(*ledger.listed)
        await asyncio.sleep(0.2)
        ledger.fails = None
        await ledger.relist(*ledger.listed)
        await asyncio.sleep(0.2)
        assert [push.id for _, push in ledger.inbox] == [7]
    assert other.id not in ledger.kept


async def test_a_push_waits_for_the_poll_of_its_source(http):
    source = a_source(kind="feed", settings={"url": "https://meadow.example/news"})
    ledger = MemoryLedger(source)
    ledger.inbox = [(source.id, Push(id=1, content_type=RSS, body=rss(item(1)).encode()))]
    turns = Turns()
    pushes = Pushes(ledger, http, {"feed": feeds}, turns)
    pushes.update([source])
    async with turns.of(source.id), running(pushes):
        await asyncio.sleep(0.2)
        assert ledger.inbox
    async with running(pushes):
        await ledger.until(lambda: not ledger.inbox)


async def test_what_a_late_push_undid_the_next_poll_puts_right(http):
    def page(words):
        return rss(f"<item><guid>https://meadow.example/1</guid><title>{words}</title></item>")

    async with FeedServer() as server:
        server.serve("/news", page("as it is now"))
        ledger = MemoryLedger(source := a_source(kind="feed", settings={"url": server.url("/news")}))

        async def ask(*pushes):
            cursors = await ledger.cursors([source.id])
            asked = Ask(source=source, cursors=cursors, now=datetime.now(UTC), pushes=pushes)
            async for batch in feeds.fetch(asked, http):
                await ledger.accept(batch.heard, source_ids=[source.id], cursors=batch.cursors)
            return titles(ledger)

        await ask()
        assert await ask(Push(id=1, content_type=RSS, body=page("as it was").encode())) == ["as it was"]
        assert await ask() == ["as it is now"]
        await ask()
    assert not ledger.accepts[-1][0]  # from then on it is read as ever


class Follower:
    """One feed asked again and again, with what stands between it and its hub."""

    def __init__(self, url, http):
        self.source, self.http, self.now = a_source(kind="feed", settings={"url": url}), http, NOW
        self.cursors, self.subscription = {}, None

    async def poll(self, *, after=timedelta(minutes=5)):
        self.now += after
        ask = Ask(source=self.source, cursors=self.cursors, now=self.now, subscription=self.subscription)
        batches = [batch async for batch in feeds.fetch(ask, self.http)]
        for batch in batches:
            self.cursors = {**self.cursors, **batch.cursors}
        return batches[-1]


def dated(number, at):
    return (
        f"<item><title>News {number}</title><guid>urn:news:{number}</guid>"
        f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
    )


async def test_the_polls_slow_down_while_a_hub_proves_itself_and_it_is_given_up_when_it_misses_news(http):
    async with FeedServer() as server:
        head = '<atom:link rel="hub" href="https://one.example/"/><atom:link rel="hub" href="https://two.example/"/>'
        server.serve("/news", rss(dated(0, NOW), head=head))
        feed = Follower(server.url("/news"), http)
        first = await feed.poll()
        assert (first.hub, first.every_s) == (Hub(url="https://one.example/", topic=server.url("/news")), 300)

        feed.subscription = Subscription(hub=first.hub, since=feed.now, heard_at=None)
        assert (await feed.poll()).every_s == 300  # agreed is not proved
        feed.subscription = Subscription(hub=first.hub, since=NOW, heard_at=feed.now)
        assert (await feed.poll()).every_s == 900
        news = [dated(0, NOW)]
        hubs = []
        for number in range(1, 4):
            news.insert(0, dated(number, feed.now + timedelta(minutes=2)))
            server.serve("/news", rss(*news, head=head))
            polled = await feed.poll()
            assert polled.every_s == 300
            hubs.append(polled.hub.url)
        assert hubs == ["https://one.example/", "https://one.example/", "https://two.example/"]
        assert (await feed.poll(after=timedelta(hours=25))).hub == first.hub


async def test_the_servers_word_of_a_hub_goes_before_the_documents(http):
    async with FeedServer() as server:
        links = f'<https://three.example/>; rel="hub", <{server.url("/self")}>; rel="self"'
        head = '<atom:link rel="hub" href="https://one.example/"/>'
        server.serve("/news", rss(item(1), head=head), headers={"Link": links})
        feed = Follower(server.url("/news"), http)
        assert (await feed.poll()).hub == Hub(url="https://three.example/", topic=server.url("/self"))
        assert (await feed.poll()).hub == Hub(url="https://three.example/", topic=server.url("/self"))  # a 304
        server.serve("/news", rss(item(2)))
        assert (await feed.poll()).hub == NOBODY


async def test_a_slow_hub_is_not_waited_for(http):
    never = asyncio.Event()

    async def slow(_):
        await never.wait()

    async with site({"/": slow}) as stuck, FakeHub() as well:
        ledger = MemoryLedger()
        ledger.requested = [a_request(stuck + "/", str(n)) for n in range(5)] + [a_request(well.url, "well")]
        async with running(Subscriber(ledger, http)):
            await well.until_asked(1)


async def test_checking_a_feed_tells_of_its_hub(http):
    async with FeedServer() as server:
        server.serve("/news", rss(item(1), head='<atom:link rel="hub" href="https://hub.example/"/>'))
        told = await feeds.check(a_source(kind="feed", settings={"url": server.url("/news")}), http)
    assert told == (
        "“Meadow News” with 1 entries, the newest of 2026-11-21 09:01 UTC, "
        "pushed by hub.example where that can reach this site"
    )
