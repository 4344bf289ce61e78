"""Hosts that hang up after every word: what they say comes in all the same, and is told of when nothing does."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from collector.health import Reports
from collector.networks import bluesky
from collector.streams import Streams
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger, a_source


@asynccontextmanager
async def listening(ledger, http):
    streams = Streams(ledger, http, {"bluesky": bluesky}, Reports(ledger), first_s=0.01, most_s=0.05, commit_s=0.05)
    streams.update(ledger.listed)
    try:
        yield
    finally:
        await streams.stop()


def source_of(*hosts):
    return a_source(1, "bluesky", settings={"jetstream": tuple(host.url for host in hosts)})


async def test_a_host_that_hangs_up_after_each_frame_is_heard_out(http):
    async with FakeJetstream(breath=1) as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            for number in range(15):
                host.post(f"{number} #pyconf")
            await ledger.until(lambda: len(ledger.posts) == 15)


async def test_reaching_back_too_goes_on_past_a_host_that_hangs_up_after_each_frame(http):
    async with FakeJetstream(breath=1) as host:
        for number in range(8):
            host.post(f"{number} #pyconf", at=datetime.now(UTC) - timedelta(minutes=60 - number))
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await ledger.until(lambda: len(ledger.posts) == 8)


async def test_a_host_that_only_repeats_itself_is_reported_as_failing(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("one #pyconf")
            await ledger.until(lambda: ledger.kept.get((1, ""), {}).get("seq") == 1)
            host.breath = 0
            await host.hang_up()
            await ledger.until(lambda: ledger.health[1].state == "failing")
            told = len(ledger.reports)
            await ledger.until(lambda: len(ledger.reports) >= told + 3)
            assert {health.state for _, health in ledger.reports[told:]} == {"failing"}
            host.breath = None
            await host.until_connected(len(host.asked) + 1)
            host.post("two #pyconf")
            await ledger.until(lambda: ledger.health[1].state == "ok")


async def test_a_host_that_hangs_up_at_once_gives_way_to_the_next(http):
    async with FakeJetstream(breath=0) as abrupt, FakeJetstream() as patient:
        ledger = MemoryLedger(source_of(abrupt, patient))
        async with listening(ledger, http):
            async with asyncio.timeout(5):
                await patient.until_connected()
            patient.post("one #pyconf")
            await ledger.until(lambda: ledger.posts)
