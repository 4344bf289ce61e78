"""Every polled source, each when it is due: one heap to sleep on, one task a poll."""

import asyncio
import heapq
import random
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from collector.adapter import Adapter, Asked, Choosing
from collector.backoff import Backoff
from collector.health import OURS, Reports, log_fault
from collector.hosts import SLOW_S, Hosts
from collector.http import Http
from collector.ledger import Ledger
from collector.refusals import LONGEST_WAIT_S
from collector.taking import Taking
from collector.trust import Trust
from collector.turns import Turns
from timeline.errors import SourceUnavailable
from timeline.network import Source

log = structlog.get_logger()

LOOK_AGAIN_S = 60.0  # sleeping no longer than this, a wall clock that was set or a laptop that slept is noticed
SET_BACK = timedelta(minutes=1)  # a wall clock is put right by less all the time
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
        turns: Turns | None = None,
        at_once: int = 32,
        deadline_s: float = 240.0,
        most_s: float = 120.0,
        slow_s: float = SLOW_S,
    ) -> None:
        """``at_once`` bounds polls of sources that answered last time; those that did not share as many
        slots among themselves, so that the dead never keep the living waiting.

        A poll is ended after ``deadline_s`` and goes on at its next turn; ``most_s`` is the longest wait
        of our own choosing after failures.
        """
        self._ledger = ledger
        self._adapters = {key: adapter for key, adapter in adapters.items() if isinstance(adapter, Asked)}
        self._reports = reports
        self._turns = turns or Turns()
        self._sound, self._unsound = asyncio.Semaphore(at_once), asyncio.Semaphore(at_once)
        self._most_s = most_s
        self._slow_s = slow_s
        self._sources: dict[int, Source] = {}
        self._due: dict[int, datetime] = {}
        self._kept: dict[int, datetime] = {}  # when each was due before a restart
        self._heap: list[tuple[datetime, int]] = []
        self._running: dict[int, asyncio.Task[None]] = {}
        self._backoffs: dict[int, Backoff] = {}
        self._standing: set[int] = set()  # whose live line stands
        self._trust = Trust(ledger)
        self._taking = Taking(ledger, http, self._trust, heard=heard, deadline_s=deadline_s)
        self._wished: dict[int, datetime] = {}  # no sooner, by the host's own wish
        self._hosts = Hosts()
        self._slow: set[int] = set()  # that took long the last time
        self._again: set[int] = set()  # to be polled once more as soon as the poll under way is done
        self._looked_at = datetime.now(UTC)
        self._woken = asyncio.Event()

    async def run(self) -> None:
        believed = datetime.now(UTC) + timedelta(seconds=LONGEST_WAIT_S)  # a clock that was ahead wrote what is later
        self._kept = {key: at for key, at in (await self._ledger.next_polls()).items() if at <= believed}
        for source_id in list(self._due):
            self._schedule(source_id, self._kept.pop(source_id, datetime.now(UTC)))
        try:
            while True:
                self._woken.clear()
                now = datetime.now(UTC)
                if now < self._looked_at - SET_BACK:  # else all would wait until it is where it was
                    for source_id in list(self._due):
                        self._schedule(source_id, now)
                self._looked_at = now
                wait_s = self._start_what_is_due(now)
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
        wanted = {source.id: source for source in sources if self._asks(source)}
        for source_id in self._sources.keys() - wanted.keys():
            for kept in (self._due, self._backoffs, self._wished):
                kept.pop(source_id, None)
            self._standing.discard(source_id)
            self._taking.forget(source_id)
            self._trust.fell(source_id)
            self._slow.discard(source_id)
            self._reports.forget(source_id, "poll")
            if task := self._running.get(source_id):
                task.cancel()
        for source_id, source in wanted.items():
            if self._sources.get(source_id) != source:
                self._schedule(source_id, self._kept.pop(source_id, datetime.now(UTC)))
        self._sources = wanted
        self._woken.set()

    def _asks(self, source: Source) -> bool:
        adapter = self._adapters.get(source.kind)
        return adapter is not None and not (isinstance(adapter, Choosing) and not adapter.asks(source))

    def line_stands(self, source_ids: Iterable[int]) -> None:
        """The live lines of these stand now: what was said before is fetched at once, then they are asked seldom."""
        for source_id in source_ids:
            self._standing.add(source_id)
            self._trust.stands(source_id, datetime.now(UTC))
            self.poll_now(source_id)

    def line_fell(self, source_ids: Iterable[int]) -> None:
        """The live lines of these are gone: they are asked as often as those that have none."""
        now = datetime.now(UTC)
        for source_id in self._standing & set(source_ids):
            self._standing.discard(source_id)
            self._trust.fell(source_id)
            source = self._sources.get(source_id)
            due = self._due.get(source_id)
            if source is not None and due is not None:
                info = self._adapters[source.kind].INFO
                every_s = source.every_s or info.default_every_s
                if info.budget:  # at once: where the day's budget is what ended the line, this says so too
                    every_s = 0.0
                self._schedule(source_id, max(self._not_before(source_id), min(due, now + timedelta(seconds=every_s))))
        self._woken.set()

    def poll_now(self, source_id: int) -> None:
        """Poll this one without waiting for its turn, but no sooner than its host asked us to."""
        if source_id in self._running:
            self._again.add(source_id)
        elif source_id in self._sources:
            self._schedule(source_id, self._not_before(source_id))
        self._woken.set()

    def _not_before(self, source_id: int) -> datetime:
        now = datetime.now(UTC)
        return max(now, self._wished.get(source_id, now))

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
                if held := self._hosts.not_before(self._sources[source_id], now):
                    self._schedule(source_id, held)
                elif self._sources[source_id].collect_until < now:
                    del self._due[
                        source_id
                    ]  # takes nothing in any more; what is deleted is announced, or asked for apart
                elif source_id not in self._running:
                    del self._due[source_id]
                    self._again.discard(source_id)
                    task = asyncio.create_task(self._turn(self._sources[source_id]), name=f"poll {source_id}")
                    self._running[source_id] = task
        return LOOK_AGAIN_S

    async def _turn(self, source: Source) -> None:
        try:
            failing = self._backoffs[source.id].failures if source.id in self._backoffs else 0
            async with (
                self._hosts.room(source, slow=bool(failing) or source.id in self._slow),
                self._unsound if failing else self._sound,
                self._turns.of(source.id),
            ):
                begun = time.monotonic()
                due = await self._poll(source)
                self._slow.discard(source.id)
                if time.monotonic() - begun > self._slow_s:
                    self._slow.add(source.id)
        finally:
            del self._running[source.id]
        if source.id in self._sources:
            anew = self._sources[source.id] != source or source.id in self._again
            self._schedule(source.id, self._not_before(source.id) if anew else due)
        self._woken.set()

    async def _poll(self, source: Source) -> datetime:
        """Poll once, tell how it went, and say when to poll again."""
        started_at = datetime.now(UTC)
        adapter = self._adapters[source.kind]
        every_s = source.every_s or adapter.INFO.default_every_s
        backoff = self._backoffs.setdefault(source.id, Backoff())
        backoff.first_s, backoff.most_s = every_s, max(every_s, self._most_s)
        try:
            level, rhythm_s = await self._taking.take(adapter, source, started_at)
        except SourceUnavailable as error:
            return await self._fails(source, error, max(every_s, backoff.failed(error.retry_after_s, error.pace)))
        except Exception as error:
            log_fault("poll broke", error, source=source.id, network=source.kind)
            return await self._fails(source, OURS, max(every_s, backoff.failed()))
        backoff.worked()
        if level:
            self._trust.level(source.id, started_at)
        if source.every_s is None:
            if source.id in self._standing and self._trust.trusts(source.id):
                every_s = adapter.INFO.beside_s or every_s
            every_s = max(every_s, rhythm_s or 0.0) * random.uniform(1, 1 + JITTER)
        now = datetime.now(UTC)
        due = max(now, started_at + timedelta(seconds=every_s)) if level else now
        try:
            await self._reports.well(source, at=now, next_poll_at=due)
        except Exception as error:
            log_fault("health not kept", error, source=source.id)
        return due

    async def _fails(self, source: Source, error: SourceUnavailable, wait_s: float) -> datetime:
        now = datetime.now(UTC)
        due = now + timedelta(seconds=wait_s)
        if error.retry_after_s is not None:
            self._wished[source.id] = now + timedelta(seconds=error.retry_after_s)
            self._hosts.told_to_wait(source, now, error.retry_after_s)
        try:
            await self._reports.failing(source, error, at=now, next_poll_at=due)
        except Exception as fault:  # the ledger's own trouble: it is polled again all the same
            log_fault("health not kept", fault, source=source.id)
        return due
