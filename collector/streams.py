"""One task a line: listens, commits, connects again; one line's trouble is never another's."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from collector import budget
from collector.adapter import Adapter, Batch, Listening, Repeating
from collector.backoff import Backoff
from collector.drain import Drain
from collector.frames import Quiet
from collector.gaps import open_gaps, reach_back
from collector.health import OURS, Reports, log_fault
from collector.http import Http
from collector.ledger import Accepted, Key, Ledger
from timeline.errors import SourceUnavailable
from timeline.network import Source
from timeline.post import Cursor

log = structlog.get_logger()

TELL_EVERY = timedelta(seconds=30)  # a line that speaks is reported well this often
HANGS_UP = SourceUnavailable(
    "the other side hangs up again and again",
    hint="It is tried again by itself; if this lasts, name another host, or ask whoever runs this one.",
)
STEADY = 20  # times the first wait: a line that fell sooner is not taken up again as if it were the first time
FRUITLESS = 3  # hang-ups in a row, with nothing new said between, that count as failing


class Streams:
    """Every line there is. ``update`` says what is to be listened to, ``stop`` ends it all."""

    def __init__(
        self,
        ledger: Ledger,
        http: Http,
        adapters: Mapping[str, Adapter],
        reports: Reports,
        *,
        heard: Callable[[str], None] = lambda _: None,
        stands: Callable[[Iterable[int]], None] = lambda _: None,
        fell: Callable[[Iterable[int]], None] = lambda _: None,
        first_s: float = 0.5,
        most_s: float = 60.0,
        commit_s: float = 1.0,
        proof_s: float = 60.0,
    ) -> None:
        """``heard`` is told a network's key when something new of it came in; ``stands`` and ``fell``, the
        sources of a line whenever it does. A line that failed is well again once it has brought something new,
        or has stood for ``proof_s``, longer than any silence: one that only ever connects is not told to be back."""
        self._ledger = ledger
        self._http = http
        self._adapters = {key: adapter for key, adapter in adapters.items() if isinstance(adapter, Listening)}
        self._reports = reports
        self._heard = heard
        self._stands = stands
        self._fell = fell
        self._first_s = first_s
        self._most_s = most_s
        self._commit_s = commit_s
        self._proof_s = proof_s
        self._lines: dict[str, tuple[tuple[Source, ...], asyncio.Task[None]]] = {}

    def update(self, sources: Iterable[Source]) -> None:
        """Listen to these from now on; a line whose sources changed is taken up anew where it stands."""
        wanted = self._grouped(sources)
        heard = {source.id for group in wanted.values() for source in group}
        for source_id in {source.id for group, _ in self._lines.values() for source in group} - heard:
            self._reports.forget(source_id, "line")
        for name in [*self._lines, *(name for name in wanted if name not in self._lines)]:
            kept, task = self._lines.get(name, ((), None))
            group = wanted.get(name, ())
            if group == kept:
                continue
            if task is not None:
                task.cancel()
                del self._lines[name]
            if group:
                line = self._line(group)
                self._lines[name] = (group, asyncio.create_task(line.run(after=task), name=f"line {name}"))

    def _grouped(self, sources: Iterable[Source]) -> dict[str, tuple[Source, ...]]:
        groups: dict[str, list[Source]] = defaultdict(list)
        for source in sorted(sources, key=lambda source: source.id):
            if adapter := self._adapters.get(source.kind):
                try:
                    if (line := adapter.line(source)) is not None:
                        groups[f"{source.kind} {line}"].append(source)
                except Exception as error:  # an adapter's fault must not keep the others from being heard
                    log_fault("source has no line", error, source=source.id)
        return {name: tuple(group) for name, group in groups.items()}

    def _line(self, sources: tuple[Source, ...]) -> "Line":
        return Line(
            self._ledger,
            self._http,
            self._adapters[sources[0].kind],
            sources,
            self._reports,
            heard=self._heard,
            stands=self._stands,
            fell=self._fell,
            backoff=Backoff(first_s=self._first_s, most_s=self._most_s),
            commit_s=self._commit_s,
            proof_s=self._proof_s,
        )

    async def stop(self) -> None:
        tasks = [task for _, task in self._lines.values()]
        self._lines.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Line:
    """One connection and the sources it serves."""

    def __init__(
        self,
        ledger: Ledger,
        http: Http,
        adapter: Listening,
        sources: tuple[Source, ...],
        reports: Reports,
        *,
        heard: Callable[[str], None],
        stands: Callable[[Iterable[int]], None],
        fell: Callable[[Iterable[int]], None],
        backoff: Backoff,
        commit_s: float,
        proof_s: float,
    ) -> None:
        self._ledger = ledger
        self._http = http
        self._adapter = adapter
        self._sources = sources
        self._reports = reports
        self._heard = heard
        self._stands = stands
        self._fell = fell
        self._backoff = backoff
        self._commit_s = commit_s
        self._proof_s = proof_s
        self._proof: asyncio.Task[None] | None = None
        self._wrong = False  # told to have failed, and not yet to be well
        self._live: dict[Key, Cursor] = {}
        self._gap: asyncio.Task[None] | None = None
        self._told_at: datetime | None = None
        self._began: Mapping[Key, Cursor] | None = None  # where this connection took up
        self._stood_at = 0.0
        self._fruitless = 0  # connections in a row that brought nothing new

    async def run(self, *, after: asyncio.Task[None] | None) -> None:
        """Listen until cancelled, once ``after`` (who held these sources before) has let go."""
        if after is not None:
            await asyncio.wait({after})
        try:
            while True:
                wait_s = await self._once()
                await asyncio.sleep(wait_s)
        finally:
            await self._stop_reaching_back()

    async def _once(self) -> float:
        """One connection from beginning to end; seconds to wait before the next."""
        await self._stop_reaching_back()  # a gap is opened and closed by one hand at a time
        self._told_at = self._began = None
        ids = [source.id for source in self._sources]
        try:
            if self._adapter.INFO.budget and await self._ledger.allowance(ids) == 0:
                raise budget.spent(datetime.now(UTC))
            cursors = await self._ledger.cursors(ids)
            batches = self._adapter.listen(self._sources, cursors, self._http, now=datetime.now(UTC))
            drain = Drain(
                self._ledger, self._adapter.INFO, self._sources, wait_s=self._commit_s, reached=self._live.update
            )
            await drain.run(batches, partial(self._taken, cursors))
        except Quiet as error:
            wait_s = self._backoff.first_s  # it has listened all the while: pausing longer only makes late what comes
            await self._brings_nothing(error, wait_s)
        except SourceUnavailable as error:
            wait_s = self._backoff.failed(error.retry_after_s, error.pace)
            await self._fails(error, wait_s)
        except Exception as error:
            log_fault("line broke", error, network=self._adapter.INFO.key)
            wait_s = self._backoff.failed()
            await self._fails(OURS, wait_s)
        else:
            wait_s = self._backoff.failed()
            await self._brings_nothing(HANGS_UP, wait_s)
        finally:
            if self._proof is not None:
                self._proof.cancel()
            self._fell(ids)
        return wait_s

    async def _brings_nothing(self, error: SourceUnavailable, wait_s: float) -> None:
        self._fruitless += 1
        if self._fruitless >= FRUITLESS:
            await self._fails(error, wait_s)

    async def _taken(self, before: Mapping[Key, Cursor], batch: Batch, accepted: Accepted | None) -> None:
        now = datetime.now(UTC)
        first = self._began is None
        if first:
            self._stood_at = asyncio.get_running_loop().time()
        if self._brings_something(batch):
            self._works()
        told = self._told_at is not None and now - self._told_at <= TELL_EVERY
        if not told and not self._wrong:
            await self._well(now)
        if first and self._wrong:
            self._proof = asyncio.create_task(self._stands_long(), name="a line that stands again")
        if first:
            self._stands([source.id for source in self._sources])
        if first and isinstance(self._adapter, Repeating) and open_gaps({**before, **batch.cursors}):
            self._gap = asyncio.create_task(self._reach_back(self._adapter), name="reaching back")
        if batch.found:
            log.info("stream says", network=self._adapter.INFO.key, found=batch.found)
        if accepted is not None and accepted.added:
            self._heard(self._adapter.INFO.key)

    def _works(self) -> None:
        """What speaks works; but one that falls as soon as it has spoken is still taken up less and less often."""
        if asyncio.get_running_loop().time() - self._stood_at >= STEADY * self._backoff.first_s:
            self._backoff.worked()
        else:
            self._backoff.worked_briefly()
        self._fruitless, self._wrong = 0, False

    async def _well(self, now: datetime) -> None:
        self._told_at = now
        for source in self._sources:
            await self._reports.well(source, at=now, part="line")

    async def _stands_long(self) -> None:
        await asyncio.sleep(self._proof_s)
        if not self._wrong:
            return
        self._works()
        try:
            await self._well(datetime.now(UTC))
        except Exception as fault:  # the ledger's own trouble: told with the next that is heard
            log_fault("health not kept", fault, network=self._adapter.INFO.key)

    def _brings_something(self, batch: Batch) -> bool:
        """Whether the connection has come further than where it took up; what it only repeats is nothing."""
        if self._began is None:
            self._began = batch.cursors
            return bool(batch.heard)
        return not batch.cursors or any(self._began.get(key) != cursor for key, cursor in batch.cursors.items())

    async def _fails(self, error: SourceUnavailable, wait_s: float) -> None:
        now = datetime.now(UTC)
        self._wrong = True
        for source in self._sources:
            try:
                due = now + timedelta(seconds=wait_s)
                await self._reports.failing(source, error, at=now, next_poll_at=due, part="line")
            except Exception as fault:  # the ledger's own trouble: the line goes on trying
                log_fault("health not kept", fault, source=source.id)

    async def _reach_back(self, adapter: Repeating) -> None:
        async def taken(_: Batch, accepted: Accepted | None) -> None:
            if accepted is not None and accepted.added:
                self._heard(adapter.INFO.key)

        backoff = Backoff(first_s=self._backoff.first_s, most_s=self._backoff.most_s)
        while True:
            try:
                await reach_back(
                    adapter,
                    self._sources,
                    self._ledger,
                    self._http,
                    live=self._live,
                    backoff=backoff,
                    taken=taken,
                    reports=self._reports,
                )
                return
            except Exception as error:
                log_fault("reaching back broke", error, network=adapter.INFO.key)
                await asyncio.sleep(backoff.failed())

    async def _stop_reaching_back(self) -> None:
        if self._gap is not None:
            self._gap.cancel()
            await asyncio.gather(self._gap, return_exceptions=True)
            self._gap = None
        for source in self._sources:
            self._reports.forget(source.id, "back")
