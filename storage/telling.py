"""Which items readers are told of when something that many of them show becomes different."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from storage.tables import items, posts
from storage.writing import Writing
from timeline.item import State

NEWEST = 200  # items an event tells its readers of when their author has a new name or picture

_ITEM: tuple[ColumnElement[Any], ...] = (items.c.id, items.c.event_id, items.c.state)


def newest_of_author(reading: Connection, author_id: int) -> list[Row[Any]]:
    """The author's newest items of each event: id, event_id, state."""
    query = (
        select(*_ITEM)
        .join_from(items, posts)
        .where(posts.c.author_id == author_id)
        .order_by(items.c.event_id, items.c.published_at.desc(), items.c.id.desc())
    )
    told: dict[int, int] = defaultdict(int)
    newest = []
    for row in reading.execute(query):
        told[row.event_id] += 1
        if told[row.event_id] <= NEWEST:
            newest.append(row)
    return newest


def of_post(reading: Connection, post_id: int) -> Sequence[Row[Any]]:
    """The post's items: id, event_id, state."""
    return reading.execute(select(*_ITEM).where(items.c.post_id == post_id)).all()


def tell(writing: Writing, rows: Sequence[Row[Any]], at: datetime) -> None:
    """Record that these items (id, event_id, state) look different now."""
    for row in rows:
        writing.record("item.changed" if row.state == State.SHOWN else "item.held", row.event_id, row.id, at)
