"""Many sources of one host are asked as one guest would ask."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from collector.adapter import Batch
from collector.hosts import APART_S, NEIGHBOURS_S, Hosts, host_of
from collector.networks import feeds
from tests.collector.test_polls import Scripted, polling
from tests.fakes.feedserver import FeedServer, item, rss
from tests.fakes.ledger import MemoryLedger, a_source
from timeline.errors import SourceUnavailable
from timeline.network import Secret

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(source_id, host="http://one.example", **more):
    return a_source(source_id, "scripted", settings={"url": f"{host}/{source_id}"}, **more)


def test_a_host_is_an_origin_and_whoever_we_are_there():
    def named(**settings):
        return host_of(a_source(7, settings=settings))

    assert named(url="https://One.example/a") == named(url="https://one.example/b?c")
    assert named(url="https://one.example/a") != named(url="https://one.example:8443/a")
    assert named(server="https://one.example", token=Secret("a")) != named(server="https://one.example")
    assert named() == "source 7"


def test_a_wish_of_a_host_holds_for_its_other_sources_but_not_for_ever():
    hosts = Hosts()
    hosts.told_to_wait(at(1), NOW, 60)
    held = hosts.not_before(at(2), NOW)
    assert NOW + timedelta(seconds=60) <= held <= NOW + timedelta(seconds=60 + APART_S)
    assert hosts.not_before(at(3, "http://two.example"), NOW) is None
    assert hosts.not_before(at(2), NOW + timedelta(seconds=60)) is None
    hosts.told_to_wait(at(1), NOW, 86_400)
    assert hosts.not_before(at(2), NOW) <= NOW + timedelta(seconds=NEIGHBOURS_S + APART_S)


async def test_the_sources_of_a_host_are_asked_two_at_a_time(http):
    inside, most, done = 0, 0, []

    async def counted(ask):
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.01)
        inside -= 1
        done.append(ask.source.id)
        yield Batch()

    ledger = MemoryLedger(*(at(number) for number in range(1, 13)))
    async with polling(ledger, http, adapter=Scripted(counted)):
        await ledger.until(lambda: len(ledger.health) == 12)
    assert most == 2


async def test_a_host_with_many_slow_sources_holds_no_other(http):
    never = asyncio.Event()

    async def stuck(ask):
        if ask.source.id < 50:
            await never.wait()
        yield Batch()

    slow = [at(number) for number in range(1, 50)]
    ledger = MemoryLedger(*slow, at(50, "http://two.example", every_s=0.01))
    async with polling(ledger, http, adapter=Scripted(stuck), at_once=4):
        await ledger.until(lambda: len(ledger.accepts) >= 10)
    assert {ids for _, ids, _ in ledger.accepts} == {(50,)}


async def test_slow_sources_do_not_hold_a_quick_one_of_their_host(http):
    release = asyncio.Event()
    seen = []

    async def slow(ask):
        seen.append(ask.source.id)
        if ask.source.id < 7:
            if seen.count(ask.source.id) > 1:
                await release.wait()
            await asyncio.sleep(0.06)
        yield Batch()

    ledger = MemoryLedger(*(at(number, every_s=0.01) for number in range(1, 8)))
    async with polling(ledger, http, adapter=Scripted(slow), slow_s=0.05):
        await ledger.until(lambda: seen.count(7) >= 20)
    assert {number for number in seen if number < 7} == set(range(1, 7))


async def test_one_feed_told_to_slow_down_slows_its_neighbours(http):
    async with FeedServer() as server, FeedServer() as elsewhere:
        server.refuse("/1", 429, retry_after="3600")
        for host in (server, elsewhere):
            host.serve("/2", rss(item(1)))

        def feed(source_id, host, path):
            return a_source(source_id, "feed", settings={"url": host.url(path)}, every_s=0.05)

        ledger = MemoryLedger(feed(1, server, "/1"))
        async with polling(ledger, http, adapter=feeds) as polls:
            await ledger.until(lambda: ledger.health)
            polls.update([*ledger.listed, feed(2, server, "/2"), feed(3, elsewhere, "/2")])
            await ledger.until(lambda: len([each for each, _ in ledger.reports if each == 3]) >= 5)
        assert len(server.asked["/1"]) == 1
        assert "/2" not in server.asked


@pytest.mark.parametrize("wait_s", [0.0, 0.2])
async def test_afterwards_the_neighbours_go_on(http, monkeypatch, wait_s):
    monkeypatch.setattr("collector.hosts.APART_S", 0.05)

    async def refuse_once(ask):
        if ask.source.id == 1:
            raise SourceUnavailable("slow down", retry_after_s=wait_s)
        yield Batch()

    ledger = MemoryLedger(at(1, every_s=60))
    async with polling(ledger, http, adapter=Scripted(refuse_once)) as polls:
        await ledger.until(lambda: ledger.health)
        polls.update([*ledger.listed, at(2, every_s=0.01)])
        await ledger.until(lambda: len(ledger.accepts) >= 3)
