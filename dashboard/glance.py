"""An event at a glance: its pace, highlights, pictures and sources. Read at most every few seconds, whoever looks."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard import signal
from dashboard.listening import Heard, networks_heard
from dashboard.signal import Signal
from storage import items, sources
from storage.store import Store
from timeline.event import Event
from timeline.item import Item
from timeline.network import NetworkInfo
from timeline.post import Media
from timeline.view import Filter

FRESH = timedelta(seconds=2)  # an erased picture must have left every page within 5 s
_LASTING = timedelta(minutes=1)
_LOOKED_AT = 60  # posts searched for pictures
_ROWS = (8, 4, 2)
_HIGHLIGHTS = 3
_REMEMBERED = 200  # events


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What stands beside a timeline. ``networks`` counts the posts shown of each,
    ``seq`` is the last change that is in it."""

    signal: Signal
    heard: tuple[Heard, ...]
    highlights: tuple[Item, ...]
    pinned: Item | None
    pictures: tuple[tuple[Item, Media], ...]
    networks: dict[str, int]
    latest: Item | None
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A glance that is read, or being read."""

    at: datetime
    seq: int
    task: asyncio.Task[Glance]

    def serves(self, event: Event, now: datetime) -> bool:
        if self.task.done() and (self.task.cancelled() or self.task.exception() is not None):
            return False
        still = event.phase(now) != "live" and event.seq == self.seq
        return timedelta() <= now - self.at < (_LASTING if still else FRESH)


class Glances:
    """One glance per event, read again when it has aged; those who come together share one reading."""

    def __init__(self, store: Store, networks: Sequence[NetworkInfo]) -> None:
        self._store = store
        self._infos = networks
        self._known: dict[int, _Reading] = {}

    async def of(self, event: Event, now: datetime) -> Glance:
        """``event`` as it was at most ``FRESH`` before ``now``; a minute where nothing is on or has changed."""
        known = self._known.pop(event.id, None)
        if known is None or not known.serves(event, now):
            known = _Reading(at=now, seq=event.seq, task=asyncio.ensure_future(self._read(event, now)))
        self._known[event.id] = known
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return await asyncio.shield(known.task)

    async def _read(self, event: Event, now: datetime) -> Glance:
        read, span = self._store.read, signal.span_of(event, now)
        counts, heard, highlights, pinned, recent, networks = await asyncio.gather(
            read(items.activity, event.id, start=span.start, end=span.end, buckets=span.minutes),
            read(sources.of_event, event.id),
            read(items.page, event.id, limit=_HIGHLIGHTS, where=Filter(highlighted=True)),
            read(items.pinned, event.id),
            read(items.page, event.id, limit=_LOOKED_AT),
            read(items.counts, event.id),
        )
        return Glance(
            signal=signal.draw(event, span, counts, now),
            heard=tuple(networks_heard(event, heard, self._infos)),
            highlights=highlights.items,
            pinned=pinned,
            pictures=tuple(_pictures(recent.items, {info.key for info in self._infos if info.dehydrated})),
            networks=networks,
            seq=recent.seq,
            latest=recent.items[0] if recent.items else None,
        )


def _pictures(recent: Sequence[Item], guarded: Collection[str]) -> list[tuple[Item, Media]]:
    """Pictures that nobody asked to hide, newest first, two of a post at most; as many as fill whole rows.

    Networks in ``guarded`` let no picture stand without its post.
    """
    found = [
        (item, picture)
        for item in recent
        if not item.post.sensitive and not item.post.content_warning and item.post.network not in guarded
        for picture in [one for one in item.post.media if one.kind == "image" and one.key][:2]
    ]
    return found[: next((row for row in _ROWS if len(found) >= row), 0)]
