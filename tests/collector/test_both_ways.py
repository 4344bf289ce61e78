"""A source that is asked and listened to: what is polled when, how it is, and what reading may cost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs

from collector.adapter import Batch
from collector.health import Reports
from collector.polls import Polls
from collector.streams import Streams
from tests.fakes.ledger import MemoryLedger, a_source
from timeline.errors import SourceUnavailable
from timeline.network import NetworkInfo

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Both:
    """Asked, it answers at once; listened to, it says what is put into ``line_says`` and hangs up at None."""

    def __init__(self, **info) -> None:
        self.INFO = NetworkInfo(key="both", label="Both", fields=(), default_every_s=60, **{"beside_s": 3600.0, **info})
        self.asked: list[int | None] = []
        self.reads: list[str] = []
        self.line_says: asyncio.Queue[Batch | Exception | None] = asyncio.Queue()

    def line(self, source):
        return None if source["silent"] else "one"

    async def fetch(self, ask, _) -> AsyncIterator[Batch]:
        self.asked.append(ask.allowance)
        yield Batch(read=self.reads)

    async def listen(self, sources, cursors, http, *, now) -> AsyncIterator[Batch]:  # noqa: ARG002 says what it is told
        while (said := await self.line_says.get()) is not None:
            if isinstance(said, Exception):
                raise said
            yield said

    async def check(self, *_) -> str:
        return "fine"


@asynccontextmanager
async def collecting(adapter, *sources, budget=None):
    ledger = MemoryLedger(*(sources or (a_source(1, "both"),)))
    ledger.budget = budget
    reports = Reports(ledger)
    polls = Polls(ledger, None, {"both": adapter}, reports)
    streams = Streams(
        ledger, None, {"both": adapter}, reports, stands=polls.line_stands, fell=polls.line_fell, first_s=0.01
    )
    running = asyncio.create_task(polls.run())
    polls.update(ledger.listed)
    streams.update(ledger.listed)
    try:
        yield ledger
    finally:
        await streams.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def due_in_s(ledger):
    return (ledger.health[1].next_poll_at - datetime.now(UTC)).total_seconds()


async def test_a_line_that_stands_has_its_source_polled_at_once_and_seldom_from_then_on():
    adapter = Both()
    async with collecting(adapter) as ledger:
        await ledger.until(lambda: adapter.asked and 1 in ledger.health)
        assert due_in_s(ledger) < 70
        adapter.line_says.put_nowait(Batch())
        await ledger.until(lambda: len(adapter.asked) == 2 and due_in_s(ledger) > 3000)


async def test_when_it_falls_the_source_is_polled_as_often_as_any_other():
    adapter = Both(beside_s=7200.0)
    async with collecting(adapter) as ledger:
        adapter.line_says.put_nowait(Batch())
        await ledger.until(lambda: 1 in ledger.health and due_in_s(ledger) > 3600)
        for _ in range(2):
            adapter.line_says.put_nowait(None)
            adapter.line_says.put_nowait(Batch())
        await ledger.until(lambda: len(adapter.asked) >= 3)  # the line stood again, and the gap was asked for


async def test_a_line_that_falls_as_soon_as_it_speaks_is_taken_up_less_and_less_often():
    adapter = Both()
    async with collecting(adapter) as ledger:
        for number in range(100):
            adapter.line_says.put_nowait(Batch(cursors={(1, ""): {"at": number}}))
            adapter.line_says.put_nowait(Batch())
            adapter.line_says.put_nowait(None)
        await asyncio.sleep(0.5)
        assert 3 <= ledger.kept[1, ""]["at"] < 10


async def test_a_source_without_a_line_is_only_asked():
    adapter = Both()
    async with collecting(adapter, a_source(1, "both", settings={"silent": True})) as ledger:
        adapter.line_says.put_nowait(Batch(found="nobody hears this"))
        await ledger.until(lambda: 1 in ledger.health)
        await asyncio.sleep(0.05)
        assert adapter.line_says.qsize() == 1
        assert len(adapter.asked) == 1


async def test_one_way_that_works_is_well_and_tells_of_the_other():
    ledger, source = MemoryLedger(), a_source(1, "both")
    reports = Reports(ledger)
    await reports.failing(source, SourceUnavailable("no stream here", hint="Mend it."), at=NOW, part="line")
    assert ledger.health[1].state == "failing"
    await reports.well(source, at=NOW, next_poll_at=NOW + timedelta(seconds=30))
    told = ledger.health[1]
    assert (told.state, told.error, told.hint) == ("ok", "no stream here", "Mend it.")
    await reports.well(source, at=NOW, part="line")
    assert ledger.health[1].error is None
    assert ledger.health[1].next_poll_at == NOW + timedelta(seconds=30)  # the line's word does not move the poll
    reports.forget(1, "line")
    await reports.failing(source, SourceUnavailable("asks us to wait", retry_after_s=9), at=NOW)
    assert ledger.health[1].state == "waiting"


async def test_a_source_past_its_end_is_not_polled():
    adapter = Both()
    ended = a_source(1, "both", collect_until=datetime(2020, 1, 1, tzinfo=UTC))
    async with collecting(adapter, ended) as ledger:
        adapter.line_says.put_nowait(Batch())
        await ledger.until(lambda: 1 in ledger.health)
        await asyncio.sleep(0.05)
        assert adapter.asked == []


async def test_a_spent_budget_ends_the_line_and_polls_until_midnight():
    adapter = Both(budget="posts_a_day")
    async with collecting(adapter, budget=2) as ledger:
        await ledger.until(lambda: adapter.asked == [2])
        adapter.line_says.put_nowait(Batch())
        await ledger.until(lambda: adapter.asked == [2, 2])
        for ref in ("a", "b", "never read"):
            adapter.line_says.put_nowait(Batch(read=[ref]))
        adapter.line_says.put_nowait(None)
        await ledger.until(lambda: ledger.read == ["a", "b"] and ledger.health[1].error is not None)
        assert "budget" in ledger.health[1].error
        assert adapter.line_says.qsize() == 2


async def test_a_poll_is_told_what_is_left_and_stops_when_it_is_spent():
    adapter = Both(budget="posts_a_day")
    adapter.reads = ["a", "b", "c"]
    silent = a_source(1, "both", settings={"silent": True}, every_s=0.01)
    async with collecting(adapter, silent, budget=3) as ledger:
        await ledger.until(lambda: 1 in ledger.health and ledger.health[1].state == "waiting")
        assert adapter.asked == [3]
        assert due_in_s(ledger) > 0


async def test_a_quiet_line_is_well_again_once_it_has_stood_a_while(monkeypatch):
    monkeypatch.setitem(Streams.__init__.__kwdefaults__, "proof_s", 0.05)
    adapter = Both()
    async with collecting(adapter) as ledger:
        for said in (Batch(), SourceUnavailable("cut", hint="Wait."), Batch(), SourceUnavailable("cut", hint="Wait.")):
            adapter.line_says.put_nowait(said)
        await ledger.until(lambda: 1 in ledger.health and ledger.health[1].error == "cut")
        adapter.line_says.put_nowait(Batch())
        await ledger.until(lambda: ledger.health[1].error is None)


async def test_a_line_that_only_ever_connects_is_told_once(monkeypatch):
    monkeypatch.setitem(Streams.__init__.__kwdefaults__, "proof_s", 60.0)
    adapter = Both()
    with capture_logs() as logged:
        async with collecting(adapter) as ledger:
            for _ in range(5):
                adapter.line_says.put_nowait(Batch())
                adapter.line_says.put_nowait(SourceUnavailable("cut", hint="Wait."))
            await ledger.until(lambda: len([each for _, each in ledger.reports if each.error == "cut"]) >= 5)
    assert [line["event"] for line in logged if line.get("part") == "line"] == ["source fails"]


async def test_a_poll_begins_anew_with_what_is_left_where_the_line_reads_beside_it():
    class Pages(Both):
        async def fetch(self, ask, _) -> AsyncIterator[Batch]:
            self.asked.append(ask.allowance)
            for page in range(3):
                yield Batch(read=[f"{len(self.asked)} {page}"])

    adapter = Pages(budget="posts_a_day")
    silent = a_source(1, "both", settings={"silent": True})
    async with collecting(adapter, silent, budget=100) as ledger:
        ledger.read += ["by the line"] * 40
        await ledger.until(lambda: 1 in ledger.health and ledger.health[1].state == "ok")
    assert adapter.asked == [60]


async def test_a_poll_stops_at_once_where_more_was_read_than_it_reckons_with():
    class Pages(Both):
        async def fetch(self, ask, _) -> AsyncIterator[Batch]:
            self.asked.append(ask.allowance)
            for page in range(3):
                if len(self.asked) == 1:
                    ledger.read += [f"by the line {page}"]
                yield Batch(read=[f"{len(self.asked)} {page}"])

    adapter = Pages(budget="posts_a_day")
    silent = a_source(1, "both", settings={"silent": True})
    async with collecting(adapter, silent, budget=100) as ledger:
        await ledger.until(lambda: 1 in ledger.health and len(adapter.asked) == 2 and len(ledger.read) == 5)
    assert adapter.asked == [100, 98]
