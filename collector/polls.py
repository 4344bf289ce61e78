"""Every polled source, each when it is due: one heap to sleep on, one task a poll."""

import asyncio
import heapq
import random
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import cast

import structlog

from collector.adapter import Adapter, Ask, Asked, Batch
from collector.backoff import Backoff
from collector.health import OURS, Reports, log_fault
from collector.http import Http
from collector.ledger import Ledger
from timeline.errors import SourceUnavailable
from timeline.network import Source

log = structlog.get_logger()

LOOK_AGAIN_S = 60.0  # sleeping no longer than this, a wall clock that was set or a laptop that slept is noticed
JITTER = 0.1  # where the interval is ours to choose, up to a tenth is added so that sources drift apart


class Polls:
    """``run`` polls until cancelled; ``update`` says what."""

    def __init__(
        self,
        ledger: Ledger,
        http: Http,
        adapters: Mapping[str, Adapter],
        reports: Reports,
        *,
        heard: Callable[[str], None] = lambda _: None,
        at_once: int = 32,
        deadline_s: float = 240.0,
        most_s: float = 120.0,
    ) -> None:
        """``at_once`` bounds polls of sources that answered last time; those that did not share as many
        slots among themselves, so that the dead never keep the living waiting.

        A poll is ended after ``deadline_s`` and goes on at its next turn; ``most_s`` is the longest wait
        of our own choosing after failures.
        """
        self._ledger = ledger
        self._http = http
        self._adapters = {key: adapter for key, adapter in adapters.items() if isinstance(adapter, Asked)}
        self._reports = reports
        self._heard = heard
        self._sound, self._unsound = asyncio.Semaphore(at_once), asyncio.Semaphore(at_once)
        self._deadline_s = deadline_s
        self._most_s = most_s
        self._sources: dict[int, Source] = {}
        self._due: dict[int, datetime] = {}
        self._kept: dict[int, datetime] = {}  # when each was due before a restart
        self._found: dict[int, str] = {}
        self._heap: list[tuple[datetime, int]] = []
        self._running: dict[int, asyncio.Task[None]] = {}
        self._backoffs: dict[int, Backoff] = {}
        self._woken = asyncio.Event()

    async def run(self) -> None:
        self._kept = await self._ledger.next_polls()
        for source_id in list(self._due):
            self._schedule(source_id, self._kept.pop(source_id, datetime.now(UTC)))
        try:
            while True:
                self._woken.clear()
                wait_s = self._start_what_is_due(datetime.now(UTC))
                try:
                    async with asyncio.timeout(wait_s):
                        await self._woken.wait()
                except TimeoutError:
                    pass
        finally:
            running = list(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def update(self, sources: Iterable[Source]) -> None:
        """Poll these from now on; a new or changed one is due at once, one from before a restart when it was due."""
        wanted = {source.id: source for source in sources if source.kind in self._adapters}
        for source_id in self._sources.keys() - wanted.keys():
            for kept in (self._due, self._backoffs, self._found):
                kept.pop(source_id, None)
            self._reports.forget(source_id)
            if task := self._running.get(source_id):
                task.cancel()
        for source_id, source in wanted.items():
            if self._sources.get(source_id) != source:
                self._schedule(source_id, self._kept.pop(source_id, datetime.now(UTC)))
        self._sources = wanted
        self._woken.set()

    def _schedule(self, source_id: int, at: datetime) -> None:
        self._due[source_id] = at
        heapq.heappush(self._heap, (at, source_id))

    def _start_what_is_due(self, now: datetime) -> float:
        """Start what is due; seconds until the next that is."""
        while self._heap:
            at, source_id = self._heap[0]
            if self._due.get(source_id) != at:  # scheduled anew since, or gone
                heapq.heappop(self._heap)
            elif at > now:
                return min((at - now).total_seconds(), LOOK_AGAIN_S)
            else:
                heapq.heappop(self._heap)
                if source_id not in self._running:
                    del self._due[source_id]
                    task = asyncio.create_task(self._turn(self._sources[source_id]), name=f"poll {source_id}")
                    self._running[source_id] = task
        return LOOK_AGAIN_S

    async def _turn(self, source: Source) -> None:
        try:
            failing = self._backoffs[source.id].failures if source.id in self._backoffs else 0
            async with self._unsound if failing else self._sound:
                due = await self._poll(source)
        finally:
            del self._running[source.id]
        if source.id in self._sources:
            changed = self._sources[source.id] != source
            self._schedule(source.id, datetime.now(UTC) if changed else due)
        self._woken.set()

    async def _poll(self, source: Source) -> datetime:
        """Poll once, tell how it went, and say when to poll again."""
        started_at = datetime.now(UTC)
        adapter = self._adapters[source.kind]
        every_s = source.every_s or adapter.INFO.default_every_s
        backoff = self._backoffs.setdefault(source.id, Backoff())
        backoff.first_s, backoff.most_s = every_s, max(every_s, self._most_s)
        try:
            level, rhythm_s = await self._take(adapter, source, started_at)
        except SourceUnavailable as error:
            return await self._fails(source, error, max(every_s, backoff.failed(error.retry_after_s)))
        except Exception as error:
            log_fault("poll broke", error, source=source.id, network=source.kind)
            return await self._fails(source, OURS, max(every_s, backoff.failed()))
        backoff.worked()
        if source.every_s is None:
            every_s = max(every_s, rhythm_s or 0.0) * random.uniform(1, 1 + JITTER)
        now = datetime.now(UTC)
        due = max(now, started_at + timedelta(seconds=every_s)) if level else now
        try:
            await self._reports.well(source, at=now, next_poll_at=due)
        except Exception as error:
            log_fault("health not kept", error, source=source.id)
        return due

    async def _take(self, adapter: Asked, source: Source, now: datetime) -> tuple[bool, float | None]:
        """Commit batch after batch; whether the source is level, and its own rhythm. Raises SourceUnavailable."""
        taken, rhythm_s = 0, None
        try:
            async with asyncio.timeout(self._deadline_s) as deadline:
                ask = Ask(source=source, cursors=await self._ledger.cursors([source.id]), now=now)
                async with aclosing(cast(AsyncGenerator[Batch, None], adapter.fetch(ask, self._http))) as batches:
                    async for batch in batches:
                        accepted = await self._ledger.accept(
                            batch.heard, source_ids=[source.id], cursors=batch.cursors, backfill=batch.backfill
                        )
                        taken += 1
                        rhythm_s = batch.every_s or rhythm_s
                        self._say(source, batch.found)
                        if accepted.added:
                            self._heard(source.kind)
        except TimeoutError:
            if not deadline.expired():
                raise
            if not taken:
                raise SourceUnavailable(f"nothing came of it within {self._deadline_s:.0f} s") from None
            return False, rhythm_s
        return True, rhythm_s

    def _say(self, source: Source, found: str | None) -> None:
        if found and self._found.get(source.id) != found:
            self._found[source.id] = found
            log.info("source says", source=source.id, kind=source.kind, found=found)

    async def _fails(self, source: Source, error: SourceUnavailable, wait_s: float) -> datetime:
        now = datetime.now(UTC)
        due = now + timedelta(seconds=wait_s)
        try:
            await self._reports.failing(source, error, at=now, next_poll_at=due)
        except Exception as fault:  # the ledger's own trouble: it is polled again all the same
            log_fault("health not kept", fault, source=source.id)
        return due
