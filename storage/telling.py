"""Which items readers are told of when something that many of them show becomes different.

A card also shows what its post quotes, and names whom it answers: it changes with them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func, select, union

from storage.tables import items, posts
from storage.writing import Writing
from timeline.item import State

NEWEST = 200  # items an event tells its readers of when what they have in common becomes different

_OTHER = posts.alias("other")
_ITEM: tuple[ColumnElement[Any], ...] = (items.c.id, items.c.event_id, items.c.state)
# Comments stand under what they answer, and do not name it. Asked in a way for which SQLite does not take the
# index on parent_id: nearly every item is none, and it would look at all of them.
NO_COMMENT = func.coalesce(items.c.parent_id, 0) == 0


def _newest(query: Select[Any]) -> Select[Any]:
    """The newest items of each event: whoever is quoted or answered by ten thousand makes no more changes than this."""
    newest_first = (items.c.published_at.desc(), items.c.id.desc())
    rank = func.row_number().over(partition_by=items.c.event_id, order_by=newest_first)
    ranked = query.add_columns(rank.label("rank")).subquery()
    return select(ranked.c.id, ranked.c.event_id, ranked.c.state).where(ranked.c.rank <= NEWEST)


def _naming(link: ColumnElement[Any], *further: ColumnElement[bool]) -> Select[Any]:
    """Items whose post names, in the column ``link``, one of an author's."""
    named = (posts.c.network == _OTHER.c.network) & (link == _OTHER.c.uri)
    query = select(*_ITEM).join_from(_OTHER, posts, named).join(items, items.c.post_id == posts.c.id)
    return _newest(query.where(_OTHER.c.author_id == bindparam("author"), *further))


# Statements are made once: building one costs more than running it.
_OF_AUTHOR = union(
    _newest(select(*_ITEM).join_from(items, posts).where(posts.c.author_id == bindparam("author"))),
    _naming(posts.c.quotes),
    _naming(posts.c.in_reply_to, NO_COMMENT),
)
_OF_POST = select(*_ITEM).where(items.c.post_id == bindparam("post"))
_IN = select(*_ITEM).join_from(items, posts).where(posts.c.network == bindparam("network"))
_QUOTING = _newest(_IN.where(posts.c.quotes == bindparam("uri")))
_NAMING = union(_QUOTING, _newest(_IN.where(posts.c.in_reply_to == bindparam("uri"), NO_COMMENT)))


def newest_of_author(reading: Connection, author_id: int) -> Sequence[Row[Any]]:
    """The author's newest items of each event, and those that quote or answer the author: id, event_id, state."""
    return reading.execute(_OF_AUTHOR, {"author": author_id}).all()


def of_post(reading: Connection, post_id: int) -> Sequence[Row[Any]]:
    """The post's items: id, event_id, state."""
    return reading.execute(_OF_POST, {"post": post_id}).all()


def quoting(reading: Connection, network: str, uri: str) -> Sequence[Row[Any]]:
    """The newest items that quote a post: id, event_id, state."""
    return reading.execute(_QUOTING, {"network": network, "uri": uri}).all()


def naming(reading: Connection, network: str, uri: str) -> Sequence[Row[Any]]:
    """The newest items that quote a post or answer it: id, event_id, state."""
    return reading.execute(_NAMING, {"network": network, "uri": uri}).all()


def tell(writing: Writing, rows: Sequence[Row[Any]], at: datetime) -> None:
    """Record that these items (id, event_id, state) look different now."""
    for row in rows:
        writing.record("item.changed" if row.state == State.SHOWN else "item.held", row.event_id, row.id, at)
