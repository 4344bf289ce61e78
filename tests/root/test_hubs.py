"""What the collector is lent of subscriptions and pushes."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from backchannel.ledger import StoreLedger
from backchannel.plan import Lent
from collector.hubs import NOBODY
from collector.ledger import Hub, Push, Subscription
from storage import events, inbox, sources, subscriptions
from storage.shelf import Shelf
from storage.tail import Tail
from tests.factories import DAY, NETWORKS, a_sighting, a_source, an_event

NOW = datetime.now(UTC)
AROUND_NOW = {"starts_at": NOW - DAY, "ends_at": NOW + DAY, "collect_from": NOW - DAY, "collect_until": NOW + DAY}
HUB = Hub(url="https://hub.example/", topic="https://meadow.example/news")


@pytest.fixture
async def tail(store):
    tail = Tail(store, look_s=0.02)
    await tail.start()
    yield tail
    await tail.stop()


@pytest.fixture
async def lend(store, tail, tmp_path):
    event = await store.write(events.save, an_event(**AROUND_NOW), origin="file", at=NOW)
    await store.write(sources.sync, event.id, [a_source()], origin="file", at=NOW)

    def made(callbacks):
        shelf = Shelf(tmp_path / "media", 10_000_000)
        return StoreLedger(store, tail, shelf, NETWORKS, Lent(), callbacks=callbacks, at_least_s=10)

    return made


@pytest.mark.parametrize("base", ["https://live.example.org/sub", "https://live.example.org/sub/"])
async def test_a_hub_is_told_the_address_the_site_has_behind_its_proxy(lend, base):
    ledger = lend(base)
    [source] = await ledger.sources()
    await ledger.follow(source.id, HUB)
    [request], later = await ledger.requests()
    assert request.callback == f"https://live.example.org/sub/websub/{request.key}"
    assert (request.hub, request.leaving, later) == (HUB, False, None)
    assert len(request.key) >= 32
    assert 32 <= len(request.secret) < 200  # bytes that the standard allows


async def test_where_no_hub_could_reach_us_none_is_asked(lend, store):
    ledger = lend(None)
    [source] = await ledger.sources()
    await ledger.follow(source.id, HUB)
    assert await ledger.requests() == ([], None)
    assert await ledger.subscription(source.id) is None
    assert await store.read(subscriptions.of_source, source.id) is None


async def test_what_stands_ends_with_its_lease_and_with_our_leaving(lend, store):
    ledger = lend("https://live.example.org")
    [source] = await ledger.sources()
    assert await ledger.subscription(source.id) is None
    await ledger.follow(source.id, HUB)
    assert await ledger.subscription(source.id) == Subscription(hub=HUB, since=None, heard_at=None)
    [request], _ = await ledger.requests()
    await ledger.asking(request)

    async def confirm(lease):
        confirmed = {"subscribe": True, "topic": HUB.topic, "lease": lease, "at": datetime.now(UTC)}
        assert await store.write(subscriptions.confirm, request.key, **confirmed)

    await confirm(timedelta(hours=1))
    stands = await ledger.subscription(source.id)
    assert stands.since is not None
    await confirm(timedelta(microseconds=1))
    assert (await ledger.subscription(source.id)).since is None
    await ledger.follow(source.id, NOBODY)
    assert await ledger.subscription(source.id) is None
    [goodbye], _ = await ledger.requests()
    assert (goodbye.key, goodbye.leaving) == (request.key, True)


async def test_a_push_wakes_the_collector_and_goes_with_its_posts(lend, store):
    ledger = lend("https://live.example.org")
    [source] = await ledger.sources()
    changed = asyncio.create_task(ledger.sources_changed())
    await asyncio.sleep(0)
    assert await ledger.pushed() == set()
    await store.write(inbox.put, source.id, content_type="text/xml", body=b"<rss/>", at=NOW)
    await asyncio.wait_for(changed, 5)
    assert await ledger.pushed() == {source.id}
    push = await ledger.push(source.id)
    assert push == Push(id=push.id, content_type="text/xml", body=b"<rss/>")
    await ledger.accept([a_sighting("one", published_at=NOW)], source_ids=[source.id], pushes=[push.id])
    assert await ledger.pushed() == set()
    assert await ledger.push(source.id) is None
