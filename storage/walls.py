"""Projector walls: what may stand on them, and emptying them all at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)

from storage import events, items
from storage.columns import UtcTime
from storage.tables import VOUCHED, wall_clearings
from storage.tables import events as event_rows
from storage.tables import items as item_rows
from storage.writing import Writing
from timeline import wall
from timeline.event import Event
from timeline.item import Item, State

AT_ONCE = 48  # candidates looked at together
MOST = 480  # candidates looked at at all: most pass, but for long posts and warned ones
_NEWEST_FIRST = (item_rows.c.published_at.desc(), item_rows.c.id.desc())
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What may stand on the walls of an event, newest first; ``seq`` is the last change that is in it."""

    items: tuple[Item, ...]
    seq: int


def standing(
    reading: Connection, event_id: int, *, limit: int, highlights_only: bool = False, unaltered: Collection[str] = ()
) -> Standing:
    """The newest ``limit`` items that pass the gate. ``unaltered`` are networks of which no part may stand alone."""
    [event] = events.by_ids(reading, {event_id}).values()
    found: list[Item] = []
    last: Item | None = None
    for _ in range(0, MOST, AT_ONCE):
        candidates = _candidates(reading, event, last, highlights_only=highlights_only)
        found += [
            item
            for item in candidates
            if wall.passes(
                item,
                cleared_at=event.walls_cleared_at,
                highlights_only=highlights_only,
                unaltered=item.post.network in unaltered,
            )
        ]
        if len(found) >= limit or len(candidates) < AT_ONCE:
            break
        last = candidates[-1]
    return Standing(items=tuple(found[:limit]), seq=event.seq)


def clear(writing: Writing, event_id: int, *, at: datetime) -> datetime:
    """Empty every wall of an event of all that is in sight now; the moment by which that is measured.

    It lies past all that stands there, though the clock of the machine that collects be ahead of ours.
    """
    [event] = events.by_ids(writing.connection, {event_id}).values()
    shown = [wall.vouched_since(item) for item in _candidates(writing.connection, event, None, highlights_only=False)]
    before = event.walls_cleared_at + _TICK if event.walls_cleared_at else at
    moment = max([at, before, *(since for since in shown if since is not None)])
    writing.add(wall_clearings, {"event_id": event_id, "at": moment}, wall_clearings.c.at)
    _set(writing, event_id, moment, at)
    return moment


def undo_clear(writing: Writing, event_id: int, *, of: datetime | None = None, at: datetime) -> datetime | None:
    """Let back in what the last clearing took away; the moment of the one before it, None where there was none.

    ``of`` says which clearing is meant: where another is the last by now, nothing is undone.
    """
    here = wall_clearings.c.event_id == event_id
    last = select(func.max(wall_clearings.c.at)).where(here)
    cleared_at: datetime | None = writing.connection.scalar(last)
    if cleared_at is None or (of is not None and of != cleared_at):
        return cleared_at
    writing.execute(delete(wall_clearings).where(here, wall_clearings.c.at == cleared_at))
    before: datetime | None = writing.connection.scalar(last)
    _set(writing, event_id, before, at)
    [event] = events.by_ids(writing.connection, {event_id}).values()
    for item in _candidates(writing.connection, event, None, highlights_only=False):
        writing.record("item.changed", event_id, item.id, at)  # open walls are told of them anew
    return before


def _set(writing: Writing, event_id: int, moment: datetime | None, at: datetime) -> None:
    writing.execute(update(event_rows).where(event_rows.c.id == event_id).values(walls_cleared_at=moment))
    writing.record("event.changed", event_id, None, at)


def _candidates(reading: Connection, event: Event, after: Item | None, *, highlights_only: bool) -> list[Item]:
    """Up to ``AT_ONCE`` items that somebody answers for and that came after the last clearing, newest first."""
    # The state asked in a way for which SQLite does not take the index of the timeline, and look at everything.
    shown = func.coalesce(item_rows.c.state, "") == State.SHOWN.value
    query = select(item_rows.c.id).where(item_rows.c.event_id == event.id, text(f"({VOUCHED})"), shown)
    picked: ColumnElement[bool] = item_rows.c.highlighted_at.is_not(None)
    since = event.walls_cleared_at
    if since is not None:
        picked = item_rows.c.highlighted_at > since
    if highlights_only:
        query = query.where(picked)
    elif since is not None:
        query = query.where(or_(picked, item_rows.c.checked & (item_rows.c.shown_at > since)))
    if after is not None:
        place = tuple_(literal(after.published_at, UtcTime), literal(after.id, BigInteger))
        query = query.where(tuple_(item_rows.c.published_at, item_rows.c.id) < place)
    ids = list(reading.scalars(query.order_by(*_NEWEST_FIRST).limit(AT_ONCE)))
    found = items.by_ids(reading, ids)
    return [found[item_id] for item_id in ids if item_id in found]
