"""The log of an event: what readers follow, and how long it is kept."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from storage import items
from storage.tables import changes, events
from storage.tables import items as item_rows
from storage.writing import Writing
from timeline.change import Change, Step, Window
from timeline.errors import NoSuchEvent
from timeline.item import Item, State

KEEP = timedelta(days=30)
KEEP_CHANGES = 100_000  # of an event
GONE_AT_ONCE = 500  # items


def window(reading: Connection, event_id: int, *, after: int, limit: int, staff: bool = False) -> Window:
    """What follows ``after``, ``limit`` changes of the log at most. Raises NoSuchEvent.

    An item in sight is given once, at its last change, however many it had: earlier ones are
    skipped, as it is read as it is now. A removal is always given. To the public, what happens
    out of its sight is nothing; staff see held items too. A comment in sight is given as a
    change of its entry.
    """
    stands = reading.execute(select(events.c.seq, events.c.floor).where(events.c.id == event_id)).one_or_none()
    if stands is None:
        raise NoSuchEvent(f"there is no event {event_id}")
    query = (
        select(changes.c.seq, changes.c.kind, changes.c.subject, changes.c.at)
        .where(changes.c.event_id == event_id, changes.c.seq > after)
        .order_by(changes.c.seq)
        .limit(limit)
    )
    log = [
        Change(event_id=event_id, seq=row.seq, kind=row.kind, subject=row.subject, at=row.at)
        for row in reading.execute(query)
    ]
    subjects = sorted({change.subject for change in log if change.subject is not None})
    in_sight = items.STAFF if staff else items.PUBLIC
    now = items.by_ids(reading, subjects, states=in_sight) if subjects else {}
    comments = items.comments_among(reading, subjects) if subjects else set()
    told = [change for change in log if change.subject not in comments or (staff and _waits(change, now))]
    steps = tuple(step for change in told if (step := _step(change, now, staff=staff)) is not None)
    upto = log[-1].seq if len(log) == limit else stands.seq
    return Window(steps=steps, upto=upto, latest=stands.seq, floor=stands.floor)


def last_at(reading: Connection, event_id: int) -> datetime | None:
    """When the event last changed, as far as the log tells; of the last few, since clocks differ a little."""
    newest = select(changes.c.at).where(changes.c.event_id == event_id).order_by(changes.c.seq.desc()).limit(20)
    return max(reading.scalars(newest), default=None)


def removals(reading: Connection, event_id: int, *, after: int, limit: int) -> dict[int, datetime]:
    """The posts that left sight last, since change ``after``, and have not come back, and when; the latest first."""
    gone = (
        select(changes.c.subject, func.max(changes.c.at).label("at"))
        .join(item_rows, item_rows.c.id == changes.c.subject)
        .where(changes.c.event_id == event_id, changes.c.seq > after, changes.c.kind == "item.removed")
        .where(item_rows.c.state != State.SHOWN.value, item_rows.c.parent_id.is_(None))
        .group_by(changes.c.subject)
        .order_by(func.max(changes.c.seq).desc())
        .limit(limit)
    )
    return {row.subject: row.at for row in reading.execute(gone)}


def gone_since(reading: Connection, event_id: int, *, after: int, limit: int = GONE_AT_ONCE) -> tuple[set[int], bool]:
    """What has left the public's sight after ``after`` and is out of it now, and whether the event itself has changed.

    Readers far behind a burst of news hear of these first (docs/decisions/0019-the-gate-of-a-wall.md). Items that
    were never in sight are not among them.
    """
    query = (
        select(changes.c.subject, item_rows.c.state)
        .select_from(changes.outerjoin(item_rows, item_rows.c.id == changes.c.subject))
        .where(changes.c.event_id == event_id, changes.c.seq > after)
        .where(changes.c.kind.in_(["item.removed", "event.changed"]))
        .distinct()
        .limit(limit)
    )
    rows = reading.execute(query).all()
    gone = {row.subject for row in rows if row.subject is not None and row.state != State.SHOWN}
    return gone, any(row.subject is None for row in rows)


def trim(writing: Writing, *, at: datetime, keep: timedelta = KEEP, keep_changes: int = KEEP_CHANGES) -> int:
    """Forget changes older than ``keep`` and beyond the newest ``keep_changes`` of each event; how many."""
    gone = 0
    for event in writing.execute(select(events.c.id, events.c.seq, events.c.floor)).all():
        here = changes.c.event_id == event.id
        old = writing.connection.scalar(select(func.max(changes.c.seq)).where(here, changes.c.at < at - keep))
        upto = max(old or 0, event.seq - keep_changes)
        if upto > event.floor:
            gone += writing.execute(delete(changes).where(here, changes.c.seq <= upto)).rowcount
            writing.execute(update(events).where(events.c.id == event.id).values(floor=upto))
    return gone


def _step(change: Change, now: dict[int, Item], *, staff: bool) -> Step | None:
    if change.subject is None:
        return Step(change=change, item=None)
    item = now.get(change.subject)
    if item is not None and item.seq == change.seq:
        return Step(change=change, item=item)
    if change.kind == "item.removed" or (staff and change.kind == "item.held" and item is None):
        return Step(change=_as_removal(change), item=None)
    return None


def _waits(change: Change, now: dict[int, Item]) -> bool:
    """Of comments staff are told those that wait."""
    item = now.get(change.subject or 0)
    return item is None or item.state is not State.SHOWN


def _as_removal(change: Change) -> Change:
    return Change(event_id=change.event_id, seq=change.seq, kind="item.removed", subject=change.subject, at=change.at)
