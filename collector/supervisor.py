"""Keeps everything that collects alive: what breaks is reported and begun again, and nothing else notices."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog

from collector.adapter import Adapter, Introducing, Quoting
from collector.backoff import Backoff
from collector.health import Reports, log_fault
from collector.http import Http
from collector.introductions import Introductions
from collector.ledger import Ledger
from collector.polls import Polls
from collector.pushes import Pushes
from collector.quoted import Quotations
from collector.recheck import Rechecks
from collector.streams import Streams
from collector.turns import Turns
from collector.websub import Subscriber

log = structlog.get_logger()


class Collector:
    """All of collecting but the pictures: polls, streams, looking again, and who the authors are."""

    def __init__(
        self,
        ledger: Ledger,
        http: Http,
        adapters: Mapping[str, Adapter],
        *,
        look_s: float = 1.0,
        stop_s: float = 5.0,
    ) -> None:
        """``look_s``: sources are read again at most this often; ``stop_s`` bounds stopping."""
        self._ledger = ledger
        self._look_s = look_s
        self._stop_s = stop_s
        self._reports = Reports(ledger)
        self._introductions = {
            key: Introductions(ledger, http, adapter)
            for key, adapter in adapters.items()
            if isinstance(adapter, Introducing)
        }
        turns = Turns()
        self._quotations = {
            key: Quotations(ledger, http, adapter) for key, adapter in adapters.items() if isinstance(adapter, Quoting)
        }
        self._polls = Polls(ledger, http, adapters, self._reports, heard=self._heard, turns=turns)
        self._rechecks = Rechecks(ledger, http, adapters)
        self._streams = Streams(
            ledger,
            http,
            adapters,
            self._reports,
            heard=self._heard,
            stands=self._line_stands,
            fell=self._line_fell,
        )
        self._subscriber = Subscriber(ledger, http)
        self._pushes = Pushes(ledger, http, adapters, turns)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Return once everything is under way."""
        loops: dict[str, Callable[[], Awaitable[None]]] = {"polls": self._polls.run, "sources": self._watch_sources}
        loops |= {"rechecks": self._rechecks.run, "hubs": self._subscriber.run, "pushes": self._pushes.run}
        loops |= {f"authors of {key}": each.run for key, each in self._introductions.items()}
        loops |= {f"quotations of {key}": each.run for key, each in self._quotations.items()}
        self._tasks = [asyncio.create_task(self._keep(name, run), name=name) for name, run in loops.items()]

    async def stop(self) -> None:
        """Take in no more. What the ledger was given is its own to finish."""
        for task in self._tasks:
            task.cancel()
        ends = [*self._tasks, asyncio.ensure_future(self._streams.stop())]
        _, unfinished = await asyncio.wait(ends, timeout=self._stop_s)
        self._tasks = []
        if unfinished:
            log.warning("collecting did not stop in time", left=sorted(task.get_name() for task in unfinished))

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        backoff = Backoff()
        clock = asyncio.get_running_loop().time
        while True:
            begun = clock()
            try:
                await run()
            except Exception as error:
                log_fault("begun again", error, loop=name)
            if clock() - begun > backoff.most_s:
                backoff.worked()
            await asyncio.sleep(backoff.failed())

    async def _watch_sources(self) -> None:
        known = None
        while True:
            changed = asyncio.ensure_future(self._ledger.sources_changed())
            try:
                sources = await self._ledger.sources()
                if sources != known:
                    known = sources
                    self._polls.update(sources)
                    self._streams.update(sources)
                    self._pushes.update(sources)
                    for introductions in self._introductions.values():
                        introductions.update(sources)
                    for quotations in self._quotations.values():
                        quotations.update(sources)
                await asyncio.wait({changed})  # not the task itself: should it swallow our cancelling, we still end
            finally:
                changed.cancel()
            await asyncio.sleep(self._look_s)  # with every commit a change is possible; once a second is enough

    def _heard(self, network: str) -> None:
        if network in self._introductions:
            self._introductions[network].wake()
        if network in self._quotations:
            self._quotations[network].wake()

    def _line_stands(self, source_ids: Iterable[int]) -> None:
        self._polls.line_stands(source_ids)
        self._rechecks.line_stands(source_ids)

    def _line_fell(self, source_ids: Iterable[int]) -> None:
        self._polls.line_fell(source_ids)
        self._rechecks.line_fell(source_ids)
