"""Which hub is to push which source, what the hub agreed to, and when it is to be asked again.

``wanted`` (not asked yet) → ``asked`` → ``standing``, once the hub has made sure that it was
us; or ``denied``. A standing one is asked for again at half of its lease. ``leaving``: the
hub is to be told that we want no more; ``left``: it was, and the row goes when it agrees, or
an hour later.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from storage import sources
from storage.tables import events, subscriptions
from storage.tables import sources as source_rows
from storage.writing import Writing
from timeline.network import NetworkInfo

State = Literal["wanted", "asked", "standing", "denied", "leaving", "left"]

SECOND = timedelta(seconds=1)
RETRY = timedelta(minutes=1)  # doubled with every attempt
RETRY_MOST = timedelta(hours=6)
DENIED = timedelta(days=1)
LEAVE = timedelta(hours=1)  # for a hub to agree that we leave
LEASE = timedelta(days=1)  # where a hub tells of none
LEASE_MOST = timedelta(days=30)
DUE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What is agreed with a hub, or to be."""

    source_id: int
    key: str
    hub: str
    topic: str
    secret: str
    state: State
    since: datetime | None
    lease_until: datetime | None
    heard_at: datetime | None


def follow(writing: Writing, source_id: int, *, hub: str, topic: str, at: datetime) -> None:
    """Have ``hub`` push the source under the name of ``topic``; '' for no hub (any more).

    What a hub was told before is taken back by leaving its key unknown: it ends what answers 410.
    """
    row = writing.execute(select(subscriptions).where(subscriptions.c.source_id == source_id)).one_or_none()
    if row is not None and (row.hub, row.topic) == (hub, topic) and row.state not in ("leaving", "left"):
        return
    if row is not None and not hub:
        _leave(writing, row, at)
        return
    if row is not None:
        writing.execute(delete(subscriptions).where(subscriptions.c.source_id == source_id))
    if hub:
        values = {
            "source_id": source_id, "key": secrets.token_urlsafe(24), "hub": hub, "topic": topic,
            "secret": secrets.token_hex(32), "state": "wanted", "ask_at": at, "attempts": 0,
        }  # fmt: skip
        writing.execute(insert(subscriptions).values(**values))


def of_source(reading: Connection, source_id: int) -> Subscription | None:
    return _one(reading, subscriptions.c.source_id == source_id)


def by_key(reading: Connection, key: str) -> Subscription | None:
    return _one(reading, subscriptions.c.key == key)


def due(
    reading: Connection, at: datetime, networks: Mapping[str, NetworkInfo]
) -> tuple[list[Subscription], datetime | None]:
    """Those whose hub is to be asked now, a few at a time, and when the next will be.

    That of a source which is no longer collected is ``leaving``, whatever its row says.
    """
    state, ask_at = subscriptions.c.state, subscriptions.c.ask_at
    collected = sources.is_collected(at, networks)
    query = select(subscriptions, collected.label("collected")).select_from(
        subscriptions.join(source_rows, source_rows.c.id == subscriptions.c.source_id).join(
            events, events.c.id == source_rows.c.event_id
        )
    )
    ready = or_(state == "leaving", ~collected & state.in_(["asked", "standing"]), collected & (ask_at <= at))
    rows = reading.execute(query.where(ready, state != "left").order_by(ask_at).limit(DUE))
    found = [_subscription(row, state=row.state if row.collected else "leaving") for row in rows]
    later = select(ask_at).where(ask_at > at, state != "left").order_by(ask_at).limit(1)
    return found, reading.execute(later).scalar_one_or_none()


def asked(writing: Writing, key: str, *, leaving: bool, at: datetime) -> None:
    """Note that the hub is being asked, before it is: it may answer at once. Asked again later unless it agrees."""
    row = writing.execute(select(subscriptions).where(subscriptions.c.key == key)).one_or_none()
    if row is None:
        return
    values: dict[str, Any] = {"asked_at": at, "attempts": row.attempts + 1}
    if leaving:
        values |= {"state": "left", "ask_at": at + LEAVE}
    else:
        stands = row.state == "standing" and row.lease_until > at
        wait = min(RETRY * 2 ** min(row.attempts, 12), RETRY_MOST)
        if stands:  # a renewal is tried four times at least
            wait = min(wait, max((row.lease_until - at) / 4, SECOND))
        values |= {"state": "standing" if stands else "asked", "ask_at": at + wait}
    writing.execute(update(subscriptions).where(subscriptions.c.key == key).values(**values))


def put_off(writing: Writing, key: str, until: datetime) -> None:
    """Ask this one's hub no sooner: it told us so."""
    later = (subscriptions.c.key == key) & (subscriptions.c.ask_at < until)
    writing.execute(update(subscriptions).where(later).values(ask_at=until))


def confirm(writing: Writing, key: str, *, subscribe: bool, topic: str, lease: timedelta | None, at: datetime) -> bool:
    """Whether the hub asks after what we asked it for; then it is agreed, for as long as the hub says."""
    row = writing.execute(select(subscriptions).where(subscriptions.c.key == key)).one_or_none()
    if row is None or row.topic != topic or subscribe != (row.state in ("asked", "standing")):
        return False
    if not subscribe:
        if row.state != "left":
            return False
        writing.execute(delete(subscriptions).where(subscriptions.c.key == key))
        return True
    lease = min(lease or LEASE, LEASE_MOST)
    values = {
        "state": "standing", "since": row.since if row.state == "standing" else at, "attempts": 0,
        "lease_until": at + lease, "ask_at": at + lease / 2,
    }  # fmt: skip
    writing.execute(update(subscriptions).where(subscriptions.c.key == key).values(**values))
    return True


def deny(writing: Writing, key: str, *, topic: str, at: datetime) -> bool:
    """The hub will not, or not any more: it is asked again in a day. Whether that was ours to hear."""
    ours = (subscriptions.c.key == key) & (subscriptions.c.topic == topic)
    refused = ours & subscriptions.c.state.in_(["asked", "standing"])
    values = {"state": "denied", "since": None, "lease_until": None, "ask_at": at + DENIED}
    writing.execute(update(subscriptions).where(refused).values(**values))
    return writing.execute(select(subscriptions.c.key).where(ours)).first() is not None


def heard(writing: Writing, source_id: int, at: datetime) -> None:
    """Note that its hub has pushed the source."""
    writing.execute(update(subscriptions).where(subscriptions.c.source_id == source_id).values(heard_at=at))


def sweep(writing: Writing, at: datetime) -> None:
    """Forget what was left, whether its hub agreed or not."""
    writing.execute(delete(subscriptions).where(subscriptions.c.state == "left", subscriptions.c.ask_at < at))


def _leave(writing: Writing, row: Row[Any], at: datetime) -> None:
    here = subscriptions.c.source_id == row.source_id
    if row.state in ("asked", "standing"):
        writing.execute(update(subscriptions).where(here).values(state="leaving", ask_at=at, attempts=0))
    elif row.state in ("wanted", "denied"):
        writing.execute(delete(subscriptions).where(here))


def _one(reading: Connection, which: ColumnElement[bool]) -> Subscription | None:
    row = reading.execute(select(subscriptions).where(which)).one_or_none()
    return _subscription(row, state=row.state) if row is not None else None


def _subscription(row: Row[Any], *, state: State) -> Subscription:
    return Subscription(
        source_id=row.source_id,
        key=row.key,
        hub=row.hub,
        topic=row.topic,
        secret=row.secret,
        state=state,
        since=row.since,
        lease_until=row.lease_until,
        heard_at=row.heard_at,
    )
