"""Which of our own feeds have changed, for the hubs that push them: from the log to ``collector.publishing``."""

import asyncio
from datetime import UTC, datetime

from collector.health import log_fault
from collector.publishing import Publisher
from dashboard.views.feeds import ENTRIES, FORMS
from storage import events, feeds
from storage.store import Store
from storage.tail import Tail
from timeline.event import Event

LOOK_S = 1.0  # with every commit something may have changed; this often is enough

_Stands = tuple[tuple[int, int], ...]


class Announcer:
    """``run`` follows every public event until cancelled. What nobody may find is told to no hub."""

    def __init__(
        self, store: Store, tail: Tail, publisher: Publisher, base_url: str, *, look_s: float = LOOK_S
    ) -> None:
        self._store = store
        self._tail = tail
        self._publisher = publisher
        self._base_url = base_url.rstrip("/")
        self._look_s = look_s
        self._seen: dict[int, int] = {}
        self._stands: dict[tuple[int, str], _Stands] = {}

    async def run(self) -> None:
        """At the start, events that still collect count as changed: nobody knows what hubs were not told before."""
        while True:
            changed = asyncio.ensure_future(self._tail.anything())
            try:
                await self._look()
                await changed
            except Exception as error:
                log_fault("hubs cannot be told of changes, and are when this is over", error)
            finally:
                changed.cancel()
            await asyncio.sleep(self._look_s)

    async def _look(self) -> None:
        now = datetime.now(UTC)
        for event in await self._store.read(events.all_events):
            if event.visibility == "public" and event.seq != self._seen.get(event.id):
                for kind in ("timeline", "highlights"):
                    if await self._changed(event, kind, now):
                        root = f"{self._base_url}/e/{event.slug}/{kind}"
                        self._publisher.changed(f"{root}.{form}" for form in FORMS)
                self._seen[event.id] = event.seq

    async def _changed(self, event: Event, kind: str, now: datetime) -> bool:
        """Whether other posts stand in the feed, or some that have changed, than when we looked last."""
        before = self._stands.get((event.id, kind))
        after = await self._store.read(feeds.newest, event.id, limit=ENTRIES, highlighted=kind == "highlights")
        self._stands[event.id, kind] = after
        return event.collects(now) if before is None else before != after
