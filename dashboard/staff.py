"""What staff may see: drafts too, and how each source stands."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from dashboard import standing
from dashboard.standing import Paces, Standing
from storage import events, pace, sources
from storage.store import Store
from timeline.event import Event
from timeline.network import NetworkInfo


async def all_events(store: Store) -> list[Event]:
    """Every event, the latest to start first."""
    return await store.read(events.all_events)


async def event_by_slug(store: Store, slug: str) -> Event:
    """Any event. Raises NoSuchEvent."""
    return await store.read(events.by_slug, slug)


async def standings(store: Store, networks: Sequence[NetworkInfo], event: Event, now: datetime) -> list[Standing]:
    """The event's sources, those that need a look first."""
    known = {info.key: info for info in networks}
    statuses, lags, arrivals = await asyncio.gather(
        store.read(sources.of_event, event.id, known, at=now),
        store.read(pace.lags, event.id, at=now),
        store.read(pace.arrivals, event.id, at=now, buckets=standing.BARS),
    )
    return standing.standings(event, statuses, networks, Paces(lags=lags, arrivals=arrivals), now)
