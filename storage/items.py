"""Posts in events, as readers get them: pages, single ones, counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)

from storage import media, posts, quotations, search, threads
from storage.columns import UtcTime, micros
from storage.tables import authors, events, items
from storage.tables import media as media_rows
from storage.tables import posts as post_rows
from timeline.errors import ErasedItem, NoSuchItem
from timeline.item import Item, Place, State
from timeline.view import Filter

PUBLIC = frozenset({State.SHOWN})
STAFF = frozenset({State.SHOWN, State.HELD})
EVERYTHING = Filter()

_CHILD = items.alias("child")
_COMMENTS = (
    select(func.count())
    .where(_CHILD.c.parent_id == items.c.id, _CHILD.c.state == literal_column("'shown'"))
    .scalar_subquery()
)
_OWN: tuple[ColumnElement[Any], ...] = (
    items.c.post_id, items.c.id, items.c.event_id, items.c.seq, items.c.state, items.c.reason, items.c.checked,
    items.c.first_seen_at, items.c.published_at, items.c.late, items.c.highlighted_at, items.c.phrase,
    items.c.pinned_at, items.c.note, items.c.staff_note, items.c.parent_id, items.c.shown_at, items.c.altered_at,
    _COMMENTS,
)  # fmt: skip
_OWN_COLUMNS = len(_OWN)
_STATES = {state.value: state for state in State}
_WHOLE = (
    select(*_OWN, *posts.COLUMNS)
    .join_from(items, post_rows, items.c.post_id == post_rows.c.id)
    .join(authors, post_rows.c.author_id == authors.c.id)
)
_BY_IDS = _WHOLE.where(
    items.c.id.in_(bindparam("ids", expanding=True)), items.c.state.in_(bindparam("states", expanding=True))
)
_COMMENTS_AMONG = select(items.c.id).where(
    items.c.id.in_(bindparam("ids", expanding=True)), items.c.parent_id.is_not(None)
)
_SEEN = exists().where(
    media_rows.c.post_id == items.c.post_id,
    media_rows.c.role == literal_column("'post'"),
    media_rows.c.kind != literal_column("'audio'"),
)
_SEQ = select(events.c.seq).where(events.c.id == bindparam("event"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a timeline, newest first, and the places after which older and newer ones follow.

    ``newer`` is where a page is known to have something above it. ``seq`` is the event's last change in the
    same snapshot: a stream from there on misses nothing of this page and repeats nothing.
    """

    items: tuple[Item, ...]
    next: Place | None
    seq: int
    newer: Place | None = None


def page(
    reading: Connection,
    event_id: int,
    *,
    before: Place | None = None,
    after: Place | None = None,
    oldest: bool = False,
    limit: int,
    where: Filter = EVERYTHING,
) -> Page:
    """The newest shown items, or those next older than ``before``; ``limit`` at most.

    Read the other way, the ``oldest``, or those next newer than ``after``. Ordered by (published_at, id),
    so posts of one moment neither repeat nor vanish between pages. What is searched for is read newest first alone.
    """
    if where.query is not None:
        return _found_page(reading, event_id, before=before, limit=limit, where=where)
    upwards = after is not None or (oldest and before is None)
    place = after or before
    query = _page_query(upwards, place is not None, where.network is not None, where.media, where.highlighted)
    if where.without:
        query = query.where(items.c.network.not_in(sorted(where.without)))
    asked: dict[str, Any] = {"event": event_id, "upto": limit + 1, "network": where.network}
    if place is not None:
        asked |= {"published_at": place.published_at, "id": place.id}
    rows = [tuple(row) for row in reading.execute(query, asked).all()]
    shown = _items(reading, [row[:-1] for row in rows[:limit]])
    seq = rows[0][-1] if rows else reading.scalar(_SEQ, {"event": event_id}) or 0
    if upwards:
        shown.reverse()
    on, back = len(rows) > limit, place is not None
    older, newer = (back, on) if upwards else (on, back)
    return Page(
        items=tuple(shown),
        next=shown[-1].place if older and shown else None,
        seq=seq,
        newer=shown[0].place if newer and shown else None,
    )


def pinned(reading: Connection, event_id: int) -> Item | None:
    """The shown item that was pinned last."""
    query = _WHOLE.where(items.c.event_id == event_id, items.c.state == State.SHOWN.value)
    query = query.where(items.c.pinned_at.is_not(None)).order_by(items.c.pinned_at.desc()).limit(1)
    return next(iter(_items(reading, [tuple(row) for row in reading.execute(query).all()])), None)


def count_since(reading: Connection, event_id: int, place: Place, *, most: int) -> int:
    """How many shown posts are newer than ``place``; counted up to ``most``."""
    here = tuple_(literal(place.published_at, UtcTime), literal(place.id, BigInteger))
    newer = select(items.c.id).where(
        items.c.event_id == event_id, items.c.state == State.SHOWN.value, items.c.parent_id.is_(None),
        tuple_(items.c.published_at, items.c.id) > here,
    ).limit(most)  # fmt: skip
    return reading.scalar(select(func.count()).select_from(newer.subquery())) or 0


def by_id(reading: Connection, item_id: int) -> Item:
    """A shown item; a comment while its entry is shown.

    Raises ErasedItem for one removed for good, NoSuchItem for any other.
    """
    found = by_ids(reading, [item_id]).get(item_id)
    if found is not None and (found.parent_id is None or by_ids(reading, [found.parent_id])):
        return found
    if reading.scalar(select(items.c.state).where(items.c.id == item_id)) == State.REMOVED:
        raise ErasedItem(f"post {item_id} was removed")
    raise NoSuchItem(f"there is no post {item_id}")


def by_ids(reading: Connection, item_ids: Sequence[int], *, states: frozenset[State] = PUBLIC) -> dict[int, Item]:
    """Those of these items that are in one of ``states``, by id."""
    asked = {"ids": item_ids, "states": [state.value for state in states]}
    rows = [tuple(row) for row in reading.execute(_BY_IDS, asked).all()]
    return {item.id: item for item in _items(reading, rows)}


def activity(reading: Connection, event_id: int, *, start: datetime, end: datetime, buckets: int) -> list[int]:
    """How many shown posts fall into each of ``buckets`` equal parts of ``start`` to ``end`` (which is not in it)."""
    width = (end - start) / buckets // timedelta(microseconds=1) or 1
    since = micros(items.c.published_at, reading.dialect.name) - int(start.timestamp() * 1_000_000)
    bucket = (since - since % width) // width
    query = (
        select(bucket, func.count())
        .where(items.c.event_id == event_id, items.c.state == State.SHOWN.value, items.c.parent_id.is_(None))
        .where(items.c.published_at >= start, items.c.published_at < end)
        .group_by(bucket)
    )
    counted = [0] * buckets
    for number, falling in reading.execute(query):
        counted[min(int(number), buckets - 1)] += falling
    return counted


def counts(reading: Connection, event_id: int) -> dict[str, int]:
    """How many shown posts came from each network."""
    query = select(items.c.network, func.count()).where(
        items.c.event_id == event_id, items.c.state == State.SHOWN.value, items.c.parent_id.is_(None)
    )
    return dict(tuple(row) for row in reading.execute(query.group_by(items.c.network)))


def discussion(reading: Connection, item_id: int, *, limit: int) -> list[Item]:
    """What is shown under an entry, in the order it was said; the first ``limit``."""
    query = _WHOLE.where(items.c.parent_id == item_id, items.c.state == State.SHOWN.value).limit(limit)
    rows = [tuple(row) for row in reading.execute(query.order_by(items.c.published_at, items.c.id)).all()]
    return _items(reading, rows)


def of_uri(reading: Connection, network: str, uri: str) -> dict[int, int]:
    """The items of a post that is no comment itself, by event."""
    query = select(items.c.event_id, items.c.id).join_from(items, post_rows, items.c.post_id == post_rows.c.id)
    here = (post_rows.c.network == network, post_rows.c.uri == uri, items.c.parent_id.is_(None))
    return dict(tuple(row) for row in reading.execute(query.where(*here)))


def comments_among(reading: Connection, item_ids: Sequence[int]) -> set[int]:
    """Which of these items are comments."""
    return set(reading.scalars(_COMMENTS_AMONG, {"ids": item_ids}))


@cache
def _page_query(upwards: bool, from_place: bool, of_network: bool, seen: bool, highlighted: bool | None) -> Select[Any]:
    """Made once for each shape: building a statement costs more than running it."""
    query = _WHOLE.add_columns(_SEQ.scalar_subquery())
    query = query.where(items.c.event_id == bindparam("event"), items.c.state == State.SHOWN.value)
    query = query.where(items.c.parent_id.is_(None))
    if from_place:
        place = tuple_(bindparam("published_at", type_=UtcTime), bindparam("id", type_=BigInteger))
        own = tuple_(items.c.published_at, items.c.id)
        query = query.where(own > place if upwards else own < place)
    if of_network:
        query = query.where(items.c.network == bindparam("network"))
    if seen:
        query = query.where(_SEEN)
    if highlighted is not None:
        picked = items.c.highlighted_at.is_not(None)
        query = query.where(picked if highlighted else ~picked)
    order = (items.c.published_at, items.c.id)
    query = query.order_by(*(order if upwards else (column.desc() for column in order)))
    return query.limit(bindparam("upto", type_=Integer))


def _found_page(reading: Connection, event_id: int, *, before: Place | None, limit: int, where: Filter) -> Page:
    found = search.find(reading, event_id, where, before=before, limit=limit + 1)
    known = by_ids(reading, found[:limit]) if found else {}
    shown = tuple(known[item_id] for item_id in found[:limit] if item_id in known)
    seq = reading.scalar(_SEQ, {"event": event_id}) or 0
    return Page(items=shown, next=shown[-1].place if len(found) > limit and shown else None, seq=seq)


def _items(reading: Connection, rows: Sequence[tuple[Any, ...]]) -> list[Item]:
    if not rows:
        return []
    pictures = media.of_posts(reading, [row[0] for row in rows])
    found = [_item(row, pictures.get(row[0], media.NOTHING)) for row in rows]
    quoted, answered = quotations.among(reading, found), threads.among(reading, found)
    return [
        replace(item, quotation=quoted.get(item.id), answered=answered.get(item.id))
        if item.id in quoted or item.id in answered
        else item
        for item in found
    ]


def _item(row: tuple[Any, ...], pictures: media.Pictures) -> Item:
    (
        _, item_id, event_id, seq, state, reason, checked, first_seen_at, published_at, late, highlighted_at, phrase,
        pinned_at, note, staff_note, parent_id, shown_at, altered_at, comments,
    ) = row[:_OWN_COLUMNS]  # fmt: skip
    return Item(
        id=item_id,
        event_id=event_id,
        seq=seq,
        post=posts.to_post(row[_OWN_COLUMNS:], pictures),
        state=_STATES[state],
        reason=reason,
        checked=checked,
        first_seen_at=first_seen_at,
        published_at=published_at,
        late=late,
        shown_at=shown_at,
        altered_at=altered_at,
        highlighted_at=highlighted_at,
        phrase=phrase,
        pinned_at=pinned_at,
        note=note,
        staff_note=staff_note,
        parent_id=parent_id,
        comments=comments,
    )
