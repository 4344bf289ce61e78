"""Where a post that somebody asks about is: in which events and how, or that it was removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import ColumnElement, Connection, or_, select

from storage.tables import items, posts, tombstone_refs, tombstones
from timeline.item import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A post in one event."""

    event_id: int
    item_id: int
    state: State
    reason: str | None
    seen_at: datetime
    shown_at: datetime | None


def places(reading: Connection, names: Sequence[str], *, network: str | None = None) -> list[Place]:
    """Where the post of one of these names is, by event: its uri or its web address."""
    query = (
        select(items.c.event_id, items.c.id, items.c.state, items.c.reason, items.c.first_seen_at, items.c.shown_at)
        .join_from(items, posts, items.c.post_id == posts.c.id)
        .where(_named(names, network))
        .order_by(items.c.event_id, items.c.id)
    )
    return [
        Place(event_id=event_id, item_id=item_id, state=State(state), reason=reason, seen_at=seen_at, shown_at=shown_at)
        for event_id, item_id, state, reason, seen_at, shown_at in reading.execute(query)
    ]


def removed_at(
    reading: Connection, names: Sequence[str], *, ref: str | None = None, source_ids: Sequence[int] = ()
) -> datetime | None:
    """When a post of one of these names was removed, or what these sources call ``ref``; None where it was not."""
    by_name = select(tombstones.c.at).where(tombstones.c.uri.in_(names))
    by_ref = select(tombstone_refs.c.at).where(
        tombstone_refs.c.source_id.in_(source_ids), tombstone_refs.c.ref == (ref or "")
    )
    found = [*reading.scalars(by_name), *(reading.scalars(by_ref) if ref else ())]
    return min(found, default=None)


def spellings(address: str) -> list[str]:
    """The ways in which people and networks write one address: with and without the rest, the slash, the s."""
    address = address.strip()
    found = {address}
    try:
        parts = urlsplit(address)
    except ValueError:
        return [address]
    if parts.scheme in ("http", "https") and parts.netloc:
        for scheme in ("http", "https"):
            for query in {parts.query, ""}:
                for path in {parts.path.rstrip("/"), parts.path.rstrip("/") + "/"}:
                    found.add(urlunsplit((scheme, parts.netloc.lower(), path, query, "")))
    return sorted(found)


def _named(names: Sequence[str], network: str | None) -> ColumnElement[bool]:
    named = or_(posts.c.uri.in_(names), posts.c.url.in_(names))
    return named if network is None else named & (posts.c.network == network)
