"""A message that a host says over and over and that is too large for us: told as a gap, and never the end of a line."""

import random
from contextlib import suppress

import pytest

from collector.adapter import BACK
from collector.frames import TooLong
from collector.jetstream_position import Position
from collector.networks import bluesky
from tests.collector.listening import ago, listening, source_of, words
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger

TOO_LARGE = random.Random(5).randbytes(2_500_000).hex()  # packed, it is still more than 2 MB
REASON = "the Jetstream host has a message larger than we take, which was passed over"


@pytest.fixture(autouse=True)
def smaller(monkeypatch):
    """What is taken of one message at most."""
    monkeypatch.setattr("collector.jetstream_wire.LARGEST", 2**20)


async def test_what_follows_a_message_that_is_too_large_is_heard(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("before #pyconf")
            await ledger.until(lambda: words(ledger) == ["before"])
            before = ledger.kept[1, ""]["at"]
            host.post(f"{TOO_LARGE} #pyconf")
            host.post("after #pyconf")
            await ledger.until(lambda: words(ledger) == ["after", "before"])
            host.post("later #pyconf")
            await ledger.until(lambda: words(ledger) == ["after", "before", "later"])
        gap = ledger.gaps[1]
        assert (gap.reason, gap.since.isoformat()) == (REASON, before)


async def test_on_the_frozen_wire_one_that_is_too_large_costs_a_second(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host, settings={"wire": "v1"}))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("before #pyconf", at=ago(seconds=9))
            host.post(f"{TOO_LARGE} #pyconf", at=ago(seconds=8.5))
            host.post("after #pyconf", at=ago(seconds=7))
            await ledger.until(lambda: words(ledger) == ["after", "before"])
            await ledger.until(lambda: ledger.kept.get((1, BACK)) == {})
        assert ledger.gaps[1].reason == REASON


async def test_several_that_are_too_large_in_a_row_cost_a_second(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("before #pyconf", at=ago(seconds=9))
            for _ in range(2):
                host.post(f"{TOO_LARGE} #pyconf", at=ago(seconds=8.5))
            host.post("after #pyconf", at=ago(seconds=7))
            await ledger.until(lambda: words(ledger) == ["after", "before"])


async def test_where_all_that_is_said_is_too_large_the_line_goes_on_with_what_is_new(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        host.post("before #pyconf", at=ago(minutes=3))
        for _ in range(2):
            host.post(f"{TOO_LARGE} #pyconf", at=ago(seconds=100))
        kept = Position(host.url, ago(minutes=3), 1)
        ledger.kept = {(1, ""): kept.cursor(tags=["pyconf"])}
        async with listening(ledger, http):
            await host.until_connected(6)
            host.post("new #pyconf")
            await ledger.until(lambda: "new" in words(ledger))
        assert ledger.gaps[1].reason == REASON


async def test_reaching_back_passes_over_what_is_too_large(http):
    async with FakeJetstream() as host:
        for number in range(4):
            host.post(f"{number} #pyconf", at=ago(minutes=30 - number))
            if number == 1:
                host.post(f"{TOO_LARGE} #pyconf", at=ago(minutes=28.5))
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await ledger.until(lambda: words(ledger) == ["0", "1", "2", "3"])
            await ledger.until(lambda: ledger.kept.get((1, BACK)) == {})
        assert ledger.gaps[1].reason == REASON


async def test_reaching_back_gives_up_where_all_is_too_large(http):
    async with FakeJetstream() as host:
        host.post("0 #pyconf", at=ago(minutes=30))
        for second in range(0, 200, 10):
            host.post(f"{TOO_LARGE} #pyconf", at=ago(minutes=29, seconds=-second))
        live = {(1, ""): Position(host.url, ago(minutes=1), 900).cursor()}
        back = Position(host.url, ago(minutes=30), 1).cursor()
        source, told = source_of(host), []
        while back:
            with suppress(TooLong):  # where something else was read before
                async for batch in bluesky.reach_back([source], {(1, BACK): back}, http, live=live):
                    back = batch.cursors[1, BACK]
                    told += batch.gaps.values()
        assert [gap.reason for gap in told] == [REASON]
