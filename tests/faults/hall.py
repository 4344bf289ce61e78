"""One event that collects by bad ways into a real database, and the truth to hold it against."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from structlog.testing import capture_logs

from backchannel.ledger import StoreLedger
from backchannel.plan import Lent
from collector.http import Http
from collector.registry import adapters
from collector.supervisor import Collector
from storage import events, items, sources
from storage.store import Store
from storage.tail import Tail
from tests.factories import an_event
from tests.fakes.trouble import Way
from tests.faults.rigs import Rig
from timeline.network import Health

DAY = timedelta(days=1)


class Watched(StoreLedger):
    """The real ledger; whoever waits is woken by whatever it is told."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.health: dict[int, Health] = {}
        self.reports: list[tuple[int, Health]] = []
        self.gaps: list[str] = []
        self._told = asyncio.Condition()

    def reached_at(self, callbacks: str) -> None:
        """Where hubs reach this site."""
        self._callbacks = callbacks

    async def accept(self, *args: Any, **more: Any) -> Any:
        accepted = await super().accept(*args, **more)
        self.gaps += [gap.reason for gap in (more.get("gaps") or {}).values()]
        await self._tell()
        return accepted

    async def report(self, source_id: int, health: Health) -> None:
        await super().report(source_id, health)
        self.health[source_id] = health
        self.reports.append((source_id, health))
        await self._tell()

    async def _tell(self) -> None:
        async with self._told:
            self._told.notify_all()

    async def until(self, true: Callable[[], object], timeout_s: float = 20) -> None:
        async with asyncio.timeout(timeout_s), self._told:
            await self._told.wait_for(true)

    async def something(self) -> None:
        async with self._told:
            await self._told.wait()


class Hall:
    """``rigs`` and what has been said by each; ``until_level`` holds the database against it."""

    def __init__(self, store: Store, tail: Tail, http: Http, rigs: Sequence[Rig]) -> None:
        self.store, self.http, self.rigs = store, http, list(rigs)
        self.adapters = adapters()
        self.infos = {key: adapter.INFO for key, adapter in self.adapters.items()}
        self.lent = Lent()
        self.ledger = Watched(store, tail, None, self.infos, self.lent, at_least_s=0.1)
        self.truth: list[dict[Any, str]] = [{} for _ in self.rigs]
        self._said: list[dict[int, Any]] = [{} for _ in self.rigs]
        self._ids: list[int] = []
        self._event = 0
        self.logged: list[MutableMapping[str, Any]] = []

    async def open(self) -> None:
        now = datetime.now(UTC)
        around = {"starts_at": now - DAY, "ends_at": now + DAY, "collect_from": now - DAY, "collect_until": now + DAY}
        event = await self.store.write(
            events.save, an_event(slug="pyconf", hashtags=("pyconf",), **around), origin="file", at=now
        )
        self._event = event.id
        await self.store.write(sources.sync, event.id, [rig.source for rig in self.rigs], origin="file", at=now)
        for rig in self.rigs:
            self.lent.note(event.id, rig.source)
        ids = {one.address: one.id for one in await self.ledger.sources()}
        self._ids = [ids[rig.source.address] for rig in self.rigs]

    @asynccontextmanager
    async def collecting(self) -> AsyncIterator[None]:
        collector = Collector(self.ledger, self.http, self.adapters, look_s=0.01)
        with capture_logs() as self.logged:
            await collector.start()
            try:
                yield
            finally:
                await collector.stop()

    def say(self, words: str, *, rig: int = 0) -> int:
        said = self.rigs[rig].say(words)
        number = len(self._said[rig])
        self._said[rig][number] = said
        self.truth[rig][number] = words
        return number

    @asynccontextmanager
    async def talking(self, *, rig: int = 0, every_s: float = 0.1) -> AsyncIterator[None]:
        """Somebody goes on saying things meanwhile."""

        async def talk() -> None:
            while True:
                self.say(f"meanwhile {len(self._said[rig])}", rig=rig)
                await asyncio.sleep(every_s)

        task = asyncio.create_task(talk())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def edit(self, number: int, words: str, *, rig: int = 0) -> None:
        self.rigs[rig].edit(self._said[rig][number], words)
        self.truth[rig][number] = words

    def delete(self, number: int, *, rig: int = 0) -> None:
        self.rigs[rig].delete(self._said[rig][number])
        del self.truth[rig][number]

    async def shown(self) -> list[list[str]]:
        """What the timeline says of each rig, in alphabetical order."""
        page = await self.store.read(items.page, self._event, limit=1_000)
        networks = [rig.network for rig in self.rigs]
        said: list[list[str]] = [[] for _ in self.rigs]
        for item in page.items:
            rig = networks.index(item.post.network)
            said[rig].append(self.rigs[rig].words(item.post))
        return [sorted(words) for words in said]

    async def times(self) -> list[datetime]:
        page = await self.store.read(items.page, self._event, limit=1_000)
        return [item.post.published_at for item in page.items]

    async def until_level(self, timeout_s: float = 20) -> None:
        """Until the database says what is true, every post once."""
        expected = [sorted(truth.values()) for truth in self.truth]
        shown: list[list[str]] = []
        try:
            async with asyncio.timeout(timeout_s):
                while (shown := await self.shown()) != expected:
                    await self.ledger.something()
        except TimeoutError:
            said, had = ([Counter(words) for words in each] for each in (expected, shown))
            missing, surplus = (
                [dict(a - b) for a, b in zip(*each, strict=True)] for each in ((said, had), (had, said))
            )
            raise AssertionError(f"the database lacks {missing} and has too much {surplus}") from None

    async def until_health(self, true: Callable[[Health], object], *, rig: int = 0) -> Health:
        health, source_id = self.ledger.health, self._ids[rig]
        try:
            await self.ledger.until(lambda: source_id in health and true(health[source_id]))
        except TimeoutError:
            raise AssertionError(f"still {health.get(source_id)}, after {self.logged}") from None
        return health[source_id]

    async def until_asked(self, way: Way, times: int) -> None:
        """Until we have come by that way so many times more, or half a second has gone: some rest longer."""
        wanted = way.asked + times
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                while way.asked < wanted:
                    await self.ledger.something()

    def reports(self, *, rig: int = 0) -> list[Health]:
        return [health for source_id, health in self.ledger.reports if source_id == self._ids[rig]]
