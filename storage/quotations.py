"""What posts quote: kept like any other post, so that it is edited and removed like one, but in no timeline.

What they answer is kept by the same road; what their cards say of that is read in threads.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, exists, select

from storage import authors as author_rows
from storage import events as event_rows
from storage import media, posts
from storage.tables import authors, events, items, sources, tombstones
from storage.tables import posts as post_rows
from storage.telling import NO_COMMENT, naming, quoting, tell
from storage.writing import Writing
from timeline import consent
from timeline.errors import UnreadablePost
from timeline.item import Item, State
from timeline.post import Heard, Removal, Sighting
from timeline.quotation import Quotation, may_show
from timeline.tidy import tidy

RECENT = timedelta(days=1)  # what older posts quote or answer is not fetched any more

_naming = post_rows.alias("naming")


def among(reading: Connection, shown: Iterable[Item]) -> dict[int, Quotation]:
    """What these items quote, by the item's id; what we do not have, or may not show, is absent."""
    named = {item.id: (item.post.network, item.post.quotes, item.event_id) for item in shown if item.post.quotes}
    if not named:
        return {}
    asked = {(network, uri) for network, uri, _ in named.values()}
    held = _held(reading, asked)
    removed = _removed(reading, asked - held.keys())
    event_ids = {event_id for _, _, event_id in named.values()}
    known = event_rows.by_ids(reading, event_ids)
    own = _own(reading, [post_id for post_id, _ in held.values()], event_ids)
    found: dict[int, Quotation] = {}
    for item_id, (network, uri, event_id) in named.items():
        if (network, uri) in removed:
            found[item_id] = Quotation(post=None)
        elif (network, uri) in held:
            post_id, post = held[network, uri]
            place = own.get((post_id, event_id))
            if may_show(post, known[event_id], place and State(place.state)):
                found[item_id] = Quotation(post=post, item_id=place.id if place else None)
    return found


def wanted(reading: Connection, network: str, *, limit: int, at: datetime) -> list[str]:
    """Posts quoted or answered in events that collect, which we neither have nor know as removed; newest first.

    Where posts wait for approval nothing is quoted that has no place of its own: only what is answered is wanted.
    """
    quoted = _wanted(reading, network, _naming.c.quotes, events.c.moderation == "after", limit=limit, at=at)
    answered = _wanted(reading, network, _naming.c.in_reply_to, NO_COMMENT, limit=limit, at=at)
    named = sorted([*quoted, *answered], key=lambda row: row.published_at, reverse=True)
    return list(dict.fromkeys(row.uri for row in named))[:limit]


def keep(writing: Writing, heard: Sequence[Heard], *, source_id: int, at: datetime) -> int:
    """Keep posts for the cards that quote or answer them, or that they are gone; how many cards were told.

    Their names are the network's own: what a source calls them is what they are quoted by.
    """
    told, network = 0, writing.execute(select(sources.c.kind).where(sources.c.id == source_id)).scalar_one()
    for one in heard:
        if isinstance(one, Removal):
            writing.add(tombstones, {"network": network, "uri": one.ref, "at": at}, tombstones.c.uri)
            told += _tell(writing, quoting(writing.connection, network, one.ref), at)
        elif isinstance(one, Sighting) and _keep(writing, one, source_id, at):
            told += _tell(writing, naming(writing.connection, network, one.post.uri), at)
    return told


def _wanted(
    reading: Connection, network: str, link: ColumnElement[Any], where: ColumnElement[bool], *, limit: int, at: datetime
) -> Sequence[Any]:
    place = items.c.event_id == events.c.id
    live = events.c.archived_at.is_(None) & (events.c.collect_until >= at)
    standing = items.c.state.in_([State.SHOWN.value, State.HELD.value])
    query = (
        select(link.label("uri"), _naming.c.published_at)
        .where(_naming.c.network == network, _naming.c.published_at > at - RECENT, link.is_not(None))
        .where(~exists().where(post_rows.c.network == network, post_rows.c.uri == link))  # most we have: asked first
        .where(~exists().where(tombstones.c.network == network, tombstones.c.uri == link))
        .where(exists().where(items.c.post_id == _naming.c.id, place, live, standing, where))
        .order_by(_naming.c.published_at.desc())
    )
    return reading.execute(query.limit(limit)).all()


def _tell(writing: Writing, rows: Sequence[Row[Any]], at: datetime) -> int:
    tell(writing, rows, at)
    return len(rows)


def _keep(writing: Writing, sighting: Sighting, source_id: int, at: datetime) -> bool:
    """Whether it is kept: not against its author's wish, nor once it was removed or no card names it any more."""
    try:
        post = tidy(sighting.post, at=at)
    except UnreadablePost:
        return False
    if consent.withheld(post.author) or _removed(writing.connection, {(post.network, post.uri)}):
        return False
    if not posts.named(writing.connection, post.network, post.uri):
        return False
    author = author_rows.keep(writing, post.author, told_by=source_id, at=at)
    return posts.keep(writing, post, author_id=author.id, told_by=source_id, at=at) is not None


def _held(reading: Connection, named: set[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, Any]]:
    query = select(post_rows.c.id, *posts.COLUMNS).join_from(post_rows, authors)
    rows = [row for which in _named(post_rows, named) for row in reading.execute(query.where(which))]
    found = [(row[0], posts.to_post(tuple(row)[1:], media.NOTHING)) for row in rows]
    return {(post.network, post.uri): (post_id, post) for post_id, post in found}


def _removed(reading: Connection, named: set[tuple[str, str]]) -> set[tuple[str, str]]:
    query = select(tombstones.c.network, tombstones.c.uri)
    return {
        (row.network, row.uri) for which in _named(tombstones, named) for row in reading.execute(query.where(which))
    }


def _named(table: Table, named: set[tuple[str, str]]) -> Iterator[ColumnElement[bool]]:
    """One question a network: SQLite finds no pairs by their index, and would look at every post."""
    uris = defaultdict(list)
    for network, uri in sorted(named):
        uris[network].append(uri)
    for network, its in uris.items():
        yield (table.c.network == network) & table.c.uri.in_(its)


def _own(reading: Connection, post_ids: Sequence[int], event_ids: Iterable[int]) -> dict[tuple[int, int], Any]:
    here = items.c.post_id.in_(post_ids) & items.c.event_id.in_(event_ids)
    rows = reading.execute(select(items.c.id, items.c.post_id, items.c.event_id, items.c.state).where(here))
    return {(row.post_id, row.event_id): row for row in rows}
