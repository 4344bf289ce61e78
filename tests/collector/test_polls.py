"""Polling: each source when it is due, and none for another's sake."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from collector.adapter import Ask, Batch
from collector.health import Reports
from collector.networks import mastodon
from collector.polls import Polls
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.mastodon import FakeMastodon
from timeline.errors import SourceUnavailable
from timeline.network import NetworkInfo


@asynccontextmanager
async def polling(ledger, http, *, adapter=mastodon, **more) -> AsyncIterator[Polls]:
    polls = Polls(ledger, http, {adapter.INFO.key: adapter}, Reports(ledger), **more)
    polls.update(ledger.listed)
    running = asyncio.create_task(polls.run())
    try:
        yield polls
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Scripted:
    """A network that does what a test says: each poll takes the next of ``turns``, the last for ever."""

    INFO = NetworkInfo(key="scripted", label="Scripted", fields=(), default_every_s=0.05)

    def __init__(self, *turns) -> None:
        self.turns = list(turns)
        self.asked: list[tuple[int, datetime]] = []

    async def fetch(self, ask: Ask, _) -> AsyncIterator[Batch]:
        self.asked.append((ask.source.id, ask.now))
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        if isinstance(turn, Exception):
            raise turn
        if callable(turn):
            async for batch in turn(ask):
                yield batch
        elif turn is not None:
            yield turn

    async def check(self, *_) -> str:
        return "fine"


def scripted(source_id=1, **more):
    return a_source(source_id, "scripted", **more)


async def test_a_post_is_in_the_ledger_one_interval_after_it_was_said(http):
    async with FakeMastodon() as server:
        ledger = MemoryLedger(a_source(settings={"server": server.url}, every_s=0.1))
        async with polling(ledger, http):
            await ledger.until(lambda: ledger.health)
            asked = len(server.asked)
            server.post("said")
            await ledger.until(lambda: ledger.posts)
            assert len(server.asked) <= asked + 2


async def test_a_slow_source_delays_no_other(http):
    never = asyncio.Event()

    async def slow(ask):
        await never.wait()
        yield Batch()

    async def quick(ask):
        yield Batch()

    adapter = Scripted(lambda ask: slow(ask) if ask.source.id == 1 else quick(ask))
    ledger = MemoryLedger(scripted(1), scripted(2, every_s=0.01))
    async with polling(ledger, http, adapter=adapter):
        await ledger.until(lambda: len(ledger.accepts) == 10)
    assert {ids for _, ids, _ in ledger.accepts} == {(2,)}


async def test_dead_sources_however_many_leave_room_for_the_living(http):
    never = asyncio.Event()

    async def dies(ask):
        if len([each for each, _ in adapter.asked if each == ask.source.id]) > 1:
            await never.wait()
        raise SourceUnavailable("dead")
        yield Batch()

    async def lives(ask):
        yield Batch()

    adapter = Scripted(lambda ask: dies(ask) if ask.source.id < 10 else lives(ask))
    ledger = MemoryLedger(*(scripted(number, every_s=0.01) for number in range(1, 11)))
    async with polling(ledger, http, adapter=adapter, at_once=3):
        await ledger.until(lambda: len(ledger.accepts) == 20)


async def test_a_poll_past_its_deadline_is_ended_and_told(http):
    async def slow(ask):
        await asyncio.Event().wait()
        yield Batch()

    ledger = MemoryLedger(scripted())
    async with polling(ledger, http, adapter=Scripted(slow), deadline_s=0.05):
        await ledger.until(lambda: ledger.health)
    assert ledger.health[1].error == "nothing came of it within 0 s"


async def test_a_first_run_longer_than_the_deadline_goes_on_at_once(http):
    async def page_after_page(ask):
        done = (ask.cursors.get((1, "x")) or {"page": 0})["page"]
        for page in range(done, 6):
            yield Batch(cursors={(1, "x"): {"page": page + 1}})
            if page % 2:
                await asyncio.Event().wait()

    ledger = MemoryLedger(scripted(every_s=3600))
    async with polling(ledger, http, adapter=Scripted(page_after_page), deadline_s=0.05):
        await ledger.until(lambda: ledger.kept.get((1, "x")) == {"page": 6})
    assert {health.state for _, health in ledger.reports} == {"ok"}


async def test_failures_wait_longer_and_longer_and_success_begins_anew(http):
    dead = SourceUnavailable("dead")
    adapter = Scripted(dead, dead, dead, Batch(), dead, Batch())
    ledger = MemoryLedger(scripted(every_s=0.01))
    async with polling(ledger, http, adapter=adapter):
        await ledger.until(lambda: len(ledger.accepts) == 2)
    waits = [round((health.next_poll_at - health.at).total_seconds(), 3) for _, health in ledger.reports[:5]]
    assert waits[0] < waits[1] < waits[2] <= 0.048
    assert waits[4] <= 0.012


async def test_the_servers_own_wish_wins_where_it_is_longer(http):
    ledger = MemoryLedger(scripted(every_s=1))
    async with polling(ledger, http, adapter=Scripted(SourceUnavailable("slow down", retry_after_s=90))):
        await ledger.until(lambda: ledger.health)
    health = ledger.health[1]
    assert (health.state, health.next_poll_at - health.at) == ("waiting", timedelta(seconds=90))


async def test_a_sources_own_rhythm_counts_where_none_is_set(http):
    for every_s, shortest, longest in ((None, 600, 661), (7, 6.9, 7.1)):
        ledger = MemoryLedger(scripted(every_s=every_s))
        async with polling(ledger, http, adapter=Scripted(Batch(every_s=600))):
            await ledger.until(lambda here=ledger: here.health)
        health = ledger.health[1]
        assert shortest <= (health.next_poll_at - health.at).total_seconds() <= longest


async def test_after_a_restart_a_source_is_polled_when_it_was_due(http):
    adapter = Scripted(Batch())
    ledger = MemoryLedger(scripted(1, every_s=60), scripted(2, every_s=60))
    ledger.due = {1: datetime.now(UTC) + timedelta(hours=1), 2: datetime.now(UTC) - timedelta(hours=1)}
    async with polling(ledger, http, adapter=adapter):
        await ledger.until(lambda: ledger.health)
    assert [source_id for source_id, _ in adapter.asked] == [2]


async def test_new_sources_are_polled_at_once_and_removed_ones_no_more(http):
    adapter = Scripted(Batch())
    ledger = MemoryLedger(scripted(1, every_s=0.01))
    async with polling(ledger, http, adapter=adapter) as polls:
        await ledger.until(lambda: ledger.health)
        polls.update([scripted(2, every_s=0.01)])
        await ledger.until(lambda: 2 in ledger.health)
        ones = sum(source_id == 1 for source_id, _ in adapter.asked)
        await ledger.until(lambda: sum(source_id == 2 for source_id, _ in ledger.reports) == 10)
        assert sum(source_id == 1 for source_id, _ in adapter.asked) == ones


async def test_a_changed_source_is_polled_anew_at_once(http):
    adapter = Scripted(Batch())
    ledger = MemoryLedger(scripted(1, every_s=3600))
    async with polling(ledger, http, adapter=adapter) as polls:
        await ledger.until(lambda: ledger.health)
        polls.update([scripted(1, every_s=3600, hashtags=("another",))])
        await ledger.until(lambda: len(ledger.reports) == 2)


async def test_a_fault_of_an_adapter_is_told_without_its_words(http, capsys):
    ledger = MemoryLedger(scripted(every_s=0.01))
    async with polling(ledger, http, adapter=Scripted(ValueError("the words of a post"), Batch())):
        await ledger.until(lambda: [health.state for _, health in ledger.reports][:2] == ["failing", "ok"])
    logged = capsys.readouterr().out
    assert "ValueError" in logged
    assert "words of a post" not in logged


async def test_failing_and_back_are_logged_once_each(http, capsys):
    dead = SourceUnavailable("dead")
    ledger = MemoryLedger(scripted(every_s=0.01))
    async with polling(ledger, http, adapter=Scripted(dead, dead, dead, Batch())):
        await ledger.until(lambda: len(ledger.accepts) == 3)
    logged = capsys.readouterr().out
    assert (logged.count("source fails"), logged.count("source is back")) == (1, 1)


async def test_a_clock_that_is_set_back_keeps_nobody_waiting_until_it_is_where_it_was(monkeypatch):
    class Clock(datetime):
        back = timedelta()

        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - cls.back

    monkeypatch.setattr("collector.polls.datetime", Clock)
    monkeypatch.setattr("collector.polls.LOOK_AGAIN_S", 0.05)
    adapter = Scripted(Batch())
    ledger = MemoryLedger(scripted())
    async with polling(ledger, None, adapter=adapter):
        await ledger.until(lambda: len(adapter.asked) >= 2)
        Clock.back = timedelta(hours=1)
        asked = len(adapter.asked)
        await ledger.until(lambda: len(adapter.asked) >= asked + 3)
