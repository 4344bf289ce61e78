"""Which walls there are, as they report themselves: kept for ten minutes, in every process the same."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from storage.tables import walls
from storage.writing import Writing
from timeline.screen import GONE, Screen

MOST = 60  # walls of an event: more are nobody's
BELIEVED = 120  # posts of an event that its walls say they show: what is asked of networks for it has to end somewhere
LATELY = timedelta(minutes=5)  # what a wall said then may still stand there, though its link is lost


def report(writing: Writing, event_id: int, screen: Screen) -> bool:
    """Keep what a wall says of itself; False where there are so many of an event that it cannot be true."""
    here = (walls.c.event_id == event_id) & (walls.c.id == screen.id)
    told: dict[str, Any] = {
        "name": screen.name, "layout": screen.layout, "mode": screen.mode, "width": screen.width,
        "height": screen.height, "showing": list(screen.showing), "heard_at": screen.heard_at,
    }  # fmt: skip
    fresh = walls.c.heard_at > screen.heard_at - GONE
    if writing.execute(update(walls).where(here, fresh).values(**told)).rowcount:
        return True
    writing.execute(delete(walls).where(walls.c.event_id == event_id, ~fresh))
    known = writing.connection.scalar(select(func.count()).where(walls.c.event_id == event_id)) or 0
    if known >= MOST:
        return False
    writing.add(walls, told | {"event_id": event_id, "id": screen.id, "since": screen.since}, walls.c.id)
    return True


def connected(reading: Connection, event_id: int, *, at: datetime) -> list[Screen]:
    """The walls of an event that were heard of lately, in the order they came."""
    query = select(walls).where(walls.c.event_id == event_id, walls.c.heard_at > at - GONE)
    return [_screen(row) for row in reading.execute(query.order_by(walls.c.since, walls.c.id))]


def shown_now(reading: Connection, *, at: datetime) -> list[tuple[int, int]]:
    """What walls that were heard of lately say they show: event and item, each once.

    Of an event so many, and those first that the walls show which have been there longest: anybody may say that
    there is another, and each post is asked for again and again.
    """
    query = select(walls.c.event_id, walls.c.showing).where(walls.c.heard_at > at - LATELY)
    by_event: dict[int, dict[int, None]] = defaultdict(dict)
    for row in reading.execute(query.order_by(walls.c.since, walls.c.id)):
        by_event[row.event_id].update(dict.fromkeys(row.showing or ()))
    return sorted((event_id, item_id) for event_id, shown in by_event.items() for item_id in list(shown)[:BELIEVED])


def forget(writing: Writing, *, at: datetime) -> int:
    """Drop walls that have been silent for too long; how many."""
    return writing.execute(delete(walls).where(walls.c.heard_at <= at - GONE)).rowcount


def _screen(row: Row[Any]) -> Screen:
    return Screen(
        id=row.id,
        name=row.name,
        layout=row.layout,
        mode=row.mode,
        width=row.width,
        height=row.height,
        showing=tuple(row.showing or ()),
        since=row.since,
        heard_at=row.heard_at,
    )
