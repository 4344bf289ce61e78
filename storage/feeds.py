"""What our own feeds and the sitemap list, and by which it is seen whether they have changed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from storage import items as items_of
from storage.tables import authors, items
from storage.tables import posts as post_rows
from timeline import consent
from timeline.item import Item, State


def newest(reading: Connection, event_id: int, *, limit: int, highlighted: bool = False) -> tuple[tuple[int, int], ...]:
    """The newest shown posts, or the highlights picked last, by id and last change: equal while nothing differs."""
    query = select(items.c.id, items.c.seq).where(items.c.event_id == event_id, items.c.state == State.SHOWN.value)
    query = query.where(items.c.parent_id.is_(None)).limit(limit)
    order = items.c.published_at
    if highlighted:
        query, order = query.where(items.c.highlighted_at.is_not(None)), items.c.highlighted_at
    rows = reading.execute(query.order_by(order.desc(), items.c.id.desc()))
    return tuple((row.id, row.seq) for row in rows)


def highlights(reading: Connection, event_id: int, *, limit: int) -> tuple[Item, ...]:
    """The highlights picked last, the latest first."""
    ids = [item_id for item_id, _ in newest(reading, event_id, limit=limit, highlighted=True)]
    found = items_of.by_ids(reading, ids)
    return tuple(found[item_id] for item_id in ids if item_id in found)


def picked(
    reading: Connection, event_ids: Sequence[int], *, limit: int, without: frozenset[str]
) -> list[tuple[int, int, datetime]]:
    """Highlights whose authors search engines may find, latest first: id, event, and when they were picked.

    Posts of the networks ``without`` are left out.
    """
    query = (
        select(items.c.id, items.c.event_id, items.c.highlighted_at, authors.c.labels)
        .join_from(items, post_rows, items.c.post_id == post_rows.c.id)
        .join(authors, post_rows.c.author_id == authors.c.id)
        .where(items.c.event_id.in_(event_ids), items.c.state == State.SHOWN.value, items.c.parent_id.is_(None))
        .where(items.c.highlighted_at.is_not(None), items.c.network.not_in(sorted(without)))
        .order_by(items.c.highlighted_at.desc(), items.c.id.desc())
        .limit(max(0, limit))
    )
    rows = reading.execute(query)
    return [tuple(row[:3]) for row in rows if consent.NOT_INDEXED not in (row.labels or ())]
