"""A host that stalls is noticed, another takes over, and nothing is lost or comes twice."""

import asyncio
from datetime import timedelta

import pytest

from collector import bluesky_line
from collector.jetstream_pace import Pace
from tests.collector.listening import ago, listening, source_of, words
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def paced(*steps):
    """Whether a stream lags after each step of (seconds of the clock, seconds of its own)."""
    clock, start = Clock(), ago()
    pace, stream_s, told = Pace(clock, most_s=30), 0.0, []
    for clock_s, own_s in steps:
        clock.now += clock_s
        stream_s += own_s
        told.append(pace.lags(start + timedelta(seconds=stream_s)))
    return told


def test_a_stream_that_keeps_up_or_catches_up_does_not_lag():
    assert paced((0, 0), (100, 100), (1, 3_600), (50, 45), (50, 45)) == [False] * 5


def test_a_stream_that_falls_behind_lags():
    assert paced((0, 0), (20, 1), (20, 1), (20, 60)) == [False, False, True, False]


def test_our_own_time_is_not_the_hosts_delay():
    clock, start = Clock(), ago()
    pace = Pace(clock, most_s=30)
    pace.lags(start)
    pace.leave()
    clock.now += 300
    pace.back()
    assert not pace.lags(start + timedelta(seconds=1))


@pytest.mark.parametrize("wire", ["v1", "v2"])
async def test_a_host_that_speaks_but_falls_behind_gives_way(http, monkeypatch, wire):
    monkeypatch.setattr(bluesky_line, "LAG_S", 0.5)
    async with FakeJetstream() as slow, FakeJetstream(first=900) as lively:
        ledger = MemoryLedger(source_of(slow, lively, settings={"wire": wire}))
        async with listening(ledger, http):
            await slow.until_connected()
            slow.post("one #pyconf", rkey="1")
            lively.post("one #pyconf", rkey="1")
            await ledger.until(lambda: words(ledger) == ["one"])
            lively.post("two #pyconf", rkey="2")
            for _ in range(10):  # it still speaks, of what is long past
                slow.post("noise", tags=(), at=ago(seconds=60))
            await ledger.until(lambda: words(ledger) == ["one", "two"])
            await ledger.until(lambda: ledger.kept[1, ""]["host"] == lively.url)
        assert len(ledger.posts) == 2


async def test_what_only_the_next_host_has_seen_by_then_is_heard_from_it(http):
    """One host witnesses late: the other had the post a minute before the place where the first went silent."""
    async with FakeJetstream() as first, FakeJetstream(first=900) as second:
        second.post("seen by the second alone #pyconf", at=ago(seconds=60), rkey="0")
        ledger = MemoryLedger(source_of(first, second))
        async with listening(ledger, http):
            await first.until_connected()
            first.post("one #pyconf", rkey="1")
            await ledger.until(lambda: words(ledger) == ["one"])
            first.stall()
            await ledger.until(lambda: words(ledger) == ["one", "seen by the second alone"])


async def test_a_host_that_stays_silent_is_told_of(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        host.stall()
        async with listening(ledger, http, proof_s=60):
            await ledger.until(lambda: ledger.health.get(1) and ledger.health[1].state == "failing")
            told = len(ledger.reports)
            await ledger.until(lambda: len(ledger.reports) >= told + 2)
            assert {health.state for _, health in ledger.reports[told:]} == {"failing"}
            assert ledger.health[1].error == "127.0.0.1 has been silent for 0 s"


async def test_a_host_that_speaks_again_is_well_again_and_nothing_is_lost(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("one #pyconf")
            await ledger.until(lambda: words(ledger) == ["one"])
            host.stall()
            host.post("two #pyconf")
            await ledger.until(lambda: ledger.health[1].state == "failing")
            host.go_on()
            await ledger.until(lambda: ledger.health[1].state == "ok")
            await ledger.until(lambda: words(ledger) == ["one", "two"])


async def test_a_host_of_few_words_is_asked_again_at_once_and_not_told_of(http):
    """Where nothing is said for long, one that lives repeats its last; what comes then must not wait for a back-off."""
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("one #pyconf")
            await ledger.until(lambda: words(ledger) == ["one"])
            await host.until_connected(8)
            host.post("two #pyconf")
            await ledger.until(lambda: words(ledger) == ["one", "two"])
        assert {health.state for _, health in ledger.reports} == {"ok"}


async def test_a_host_that_says_nothing_yet_is_not_left_alone_for_long(http):
    """On a small host nobody may have spoken for minutes: it is told of, and heard the moment somebody does."""
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http, most_s=600):
            await ledger.until(lambda: ledger.health.get(1) and ledger.health[1].state == "failing")
            async with asyncio.timeout(8):
                await host.until_connected(len(host.asked) + 10)
            host.post("one #pyconf")
            await ledger.until(lambda: words(ledger) == ["one"])
            await ledger.until(lambda: ledger.health[1].state == "ok")
