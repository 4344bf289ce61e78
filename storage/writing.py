"""One write in progress: statements, and what is to be recorded of them when they are committed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, CursorResult, Executable, Table, bindparam, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from storage import indexing
from storage.tables import changes, chores, events, items
from timeline.change import ChangeKind
from timeline.errors import BackchannelError

CHANNEL = "backchannel_changes"
MANY = "many"  # told in place of numbers that are too many for one notice
NOTIFY_MAX = 7_900  # bytes; PostgreSQL admits 8,000
SCRUB = "scrub"
ASKED_AT_ONCE = 5_000  # ids in one question; the databases take some 30,000 parameters

_AGAIN = {"40001", "40P01"}  # PostgreSQL: serialization_failure, deadlock_detected

# Statements are made once: building one costs more than running it.
_BUMP = (
    update(events)
    .where(events.c.id == bindparam("event"))
    .values(seq=events.c.seq + bindparam("steps"))
    .returning(events.c.seq)
)
_NUMBER_ITEM = update(items).where(items.c.id == bindparam("item")).values(seq=bindparam("number"))
_LOG = insert(changes)
_COMMENTED = select(items.c.id, items.c.event_id, items.c.parent_id).where(
    items.c.id.in_(bindparam("ids", expanding=True)), items.c.parent_id.is_not(None)
)


class TransactionLost(BackchannelError):
    """There is nothing left to go on with: every function of the group has failed."""


@dataclass(frozen=True, slots=True)
class _Record:
    kind: ChangeKind
    event_id: int
    item_id: int | None
    at: datetime


class Writing:
    """What a storage function writes through."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self.records: list[_Record] = []
        self.renamed: set[int] = set()
        self.erased = False
        self._depth = 0

    def execute(
        self, statement: Executable, parameters: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        return self.connection.execute(statement, parameters)

    def record(self, kind: ChangeKind, event_id: int, item_id: int | None, at: datetime) -> None:
        """Tell readers of a change. It gets its number with the commit, last of all."""
        self.records.append(_Record(kind, event_id, item_id, at))

    def rename(self, author_id: int) -> None:
        """Note that an author has another name: what they said is found by it from the commit on."""
        self.renamed.add(author_id)

    def add(self, table: Table, values: Mapping[str, Any], returning: Column[Any]) -> Any:
        """Insert a row unless its like is there; what it returns, or None where it was."""
        found = self.connection.execute(_insert_new(table, returning, self.dialect), values)
        return found.scalar_one_or_none()

    def erase(self, at: datetime) -> None:
        """Note that words were removed: the raw files are to be scrubbed soon, by this process or a later one."""
        if not self.erased:
            self.erased = True
            again = update(chores).where(chores.c.name == SCRUB).values(latest=at)
            if self.execute(again).rowcount == 0:
                self.add(chores, {"name": SCRUB, "since": at, "latest": at}, chores.c.name)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is done and recorded inside, and nothing else, if it raises."""
        mark, erased, name = len(self.records), self.erased, f"step{self._depth}"
        self.connection.exec_driver_sql(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            yield
        except BaseException:
            del self.records[mark:]
            self.erased = erased
            if not self.connection.invalidated:
                self._end(f"ROLLBACK TO SAVEPOINT {name}")
                self._end(f"RELEASE SAVEPOINT {name}")
            raise
        else:
            self._end(f"RELEASE SAVEPOINT {name}")
        finally:
            self._depth -= 1

    def _end(self, statement: str) -> None:
        try:
            self.connection.exec_driver_sql(statement)
        except DBAPIError as error:  # a full disk, say: SQLite has rolled all of it back
            raise TransactionLost("the database gave up the whole transaction") from error


@cache
def _insert_new(table: Table, returning: Column[Any], dialect: str) -> Executable:
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return statement.on_conflict_do_nothing().returning(returning)


def worth_another_try(error: DBAPIError) -> bool:
    """Whether the same writes may well succeed now: after a deadlock, or on a new connection."""
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _AGAIN


def number(writing: Writing) -> dict[int, int]:
    """Number what was recorded, write it down, let it be found and announce it; the last number of each event.

    Events come in order of id, and their rows stay locked to the commit: two writers neither
    wait for each other in a circle nor let a smaller number become visible after a larger one.
    """
    _tell_of_comments(writing)
    by_event: dict[int, list[_Record]] = defaultdict(list)
    for record in writing.records:
        by_event[record.event_id].append(record)
    last: dict[int, int] = {}
    for event_id in sorted(by_event):
        last[event_id] = _number_event(writing, event_id, by_event[event_id])
    changed = {record.item_id for record in writing.records if record.item_id is not None}
    if changed or writing.renamed:  # behind the locks of their events: nobody changes them meanwhile
        indexing.refresh(writing.connection, changed, writing.renamed)
    if writing.dialect == "postgresql":
        named = " ".join(f"{event_id}:{seq}" for event_id, seq in last.items())
        payload = named if len(named) < NOTIFY_MAX else MANY
        writing.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload})
    return last


def _tell_of_comments(writing: Writing) -> None:
    """Whatever becomes of a comment in sight is a change of its entry, on whose card they are counted."""
    seen = {record.item_id: record.at for record in writing.records if record.kind != "item.held"}
    item_ids = [item_id for item_id in seen if item_id is not None]
    for start in range(0, len(item_ids), ASKED_AT_ONCE):
        asked = {"ids": item_ids[start : start + ASKED_AT_ONCE]}
        entries = {row.parent_id: row for row in writing.execute(_COMMENTED, asked).all()}
        for entry_id, row in entries.items():
            writing.record("item.changed", row.event_id, entry_id, seen[row.id])


def _number_event(writing: Writing, event_id: int, records: list[_Record]) -> int:
    last: int = writing.execute(_BUMP, {"event": event_id, "steps": len(records)}).scalar_one()
    first = last - len(records) + 1
    writing.execute(
        _LOG,
        [
            {"event_id": event_id, "seq": seq, "kind": record.kind, "subject": record.item_id, "at": record.at}
            for seq, record in enumerate(records, first)
        ],
    )
    numbers = {record.item_id: seq for seq, record in enumerate(records, first) if record.item_id is not None}
    if numbers:
        writing.execute(_NUMBER_ITEM, [{"item": item_id, "number": seq} for item_id, seq in numbers.items()])
    return last
