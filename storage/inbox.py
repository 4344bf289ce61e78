"""What was pushed at us, until the collector has taken it in. Bounded, so that nobody fills the disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from storage import subscriptions
from storage.tables import inbox
from storage.writing import Writing

MEGABYTE = 1024 * 1024
OF_SOURCE, OF_SOURCE_BYTES = 50, 32 * MEGABYTE  # waiting for one source
OF_ALL_BYTES = 256 * MEGABYTE
KEPT = timedelta(minutes=5)  # nobody takes it in; the polls bring what it says, unless that is removed by then


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One thing that was pushed."""

    id: int
    content_type: str
    body: bytes


def put(writing: Writing, source_id: int, *, content_type: str, body: bytes, at: datetime) -> bool:
    """Keep what was pushed for a source; False where too much is waiting. What is waiting already is kept once."""
    subscriptions.heard(writing, source_id, at)
    here = inbox.c.source_id == source_id
    if writing.execute(select(inbox.c.id).where(here, inbox.c.body == body)).first():
        return True
    size = func.coalesce(func.sum(func.length(inbox.c.body)), 0)
    own = writing.execute(select(func.count().label("number"), size.label("size")).where(here)).one()
    if own.number >= OF_SOURCE or own.size + len(body) > OF_SOURCE_BYTES:
        return False
    if writing.execute(select(size)).scalar_one() + len(body) > OF_ALL_BYTES:
        return False
    writing.execute(insert(inbox).values(source_id=source_id, at=at, content_type=content_type[:200], body=body))
    return True


def sources_waiting(reading: Connection) -> set[int]:
    """For which sources something is waiting."""
    return set(reading.execute(select(inbox.c.source_id).distinct()).scalars())


def oldest(reading: Connection, source_id: int) -> Parcel | None:
    """What has waited longest for a source."""
    query = select(inbox).where(inbox.c.source_id == source_id).order_by(inbox.c.id).limit(1)
    row = reading.execute(query).one_or_none()
    return None if row is None else Parcel(id=row.id, content_type=row.content_type, body=row.body)


def take(writing: Writing, ids: Sequence[int]) -> None:
    """These are done with."""
    writing.execute(delete(inbox).where(inbox.c.id.in_(ids)))


def sweep(writing: Writing, at: datetime) -> None:
    """Drop what nobody took, out of the raw files too."""
    if writing.execute(delete(inbox).where(inbox.c.at < at - KEPT)).rowcount:
        writing.erase(at)
