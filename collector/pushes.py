"""What hubs brought, read as soon as it is there: beside the polls, and by the same reader."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import cast

from collector.adapter import Adapter, Ask, Asked, Batch
from collector.health import log_fault
from collector.http import Http
from collector.ledger import Ledger
from collector.turns import Turns
from timeline.network import Source

PAUSE_S = 0.1  # with every commit a push is possible; this often is enough
AT_ONCE = 4
AGAIN_S = 60.0  # after a fault of ours


class Pushes:
    """``run`` takes in until cancelled; ``update`` says for which sources."""

    def __init__(self, ledger: Ledger, http: Http, adapters: Mapping[str, Adapter], turns: Turns) -> None:
        self._ledger = ledger
        self._http = http
        self._adapters = {key: adapter for key, adapter in adapters.items() if isinstance(adapter, Asked)}
        self._turns = turns
        self._sources: dict[int, Source] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._not_before: dict[int, float] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    def update(self, sources: Iterable[Source]) -> None:
        self._sources = {source.id: source for source in sources if source.kind in self._adapters}

    async def run(self) -> None:
        try:
            while True:
                changed = asyncio.ensure_future(self._ledger.sources_changed())
                try:
                    for source_id in await self._ledger.pushed() & self._sources.keys() - self._running.keys():
                        if self._not_before.get(source_id, 0.0) <= time.monotonic():
                            self._running[source_id] = asyncio.create_task(self._take(self._sources[source_id]))
                    await asyncio.wait({changed})
                finally:
                    changed.cancel()
                await asyncio.sleep(PAUSE_S)
        finally:
            running = list(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _take(self, source: Source) -> None:
        """One after the other, each with its own commit: what follows is not read before."""
        try:
            async with self._turns.of(source.id), self._slots:
                before = None
                while (push := await self._ledger.push(source.id)) and push.id != before:  # that one nobody took in
                    before = push.id
                    cursors = await self._ledger.cursors([source.id])
                    ask = Ask(source=source, cursors=cursors, now=datetime.now(UTC), pushes=[push])
                    adapter = self._adapters[source.kind]
                    async with aclosing(cast(AsyncGenerator[Batch, None], adapter.fetch(ask, self._http))) as batches:
                        async for batch in batches:
                            await self._ledger.accept(
                                batch.heard, source_ids=[source.id], cursors=batch.cursors, pushes=batch.pushes
                            )
                if push:
                    self._not_before[source.id] = time.monotonic() + AGAIN_S
        except Exception as error:
            self._not_before[source.id] = time.monotonic() + AGAIN_S
            log_fault("a push could not be taken in", error, source=source.id, network=source.kind)
        finally:
            del self._running[source.id]
