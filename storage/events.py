"""Events: found by slug, created or brought up to date, put away, emptied, copied."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, insert, select, update

from storage import indexing, sightings
from storage.sources import poll_anew
from storage.tables import authors, changes, events, items, posts, sources
from storage.tables import sightings as seen_as
from storage.writing import Writing
from timeline.errors import BackchannelError, NoSuchEvent
from timeline.event import PLAIN, Event, Look, Picture, Sponsor

ORDER = (events.c.starts_at.desc(), events.c.id.desc())
_COLUMNS = tuple(events.c[field.name] for field in fields(Event))
_BY_IDS = select(*_COLUMNS).where(events.c.id.in_(bindparam("ids", expanding=True)))
_OF_ITEM = select(*_COLUMNS).join_from(events, items).where(items.c.id == bindparam("item"))
# What the file or the command line brings up to date; the rest is set at creation and then switched live.
_KEPT_UP = (
    "title", "timezone", "starts_at", "ends_at", "collect_from", "collect_until", "hashtags", "schedule", "consent",
    "venue", "url", "indexed",
)  # fmt: skip


class SlugTaken(BackchannelError):
    """There is an event with this slug already."""


def all_events(reading: Connection) -> list[Event]:
    """Every event, the latest to start first."""
    return [_event(row) for row in reading.execute(select(*_COLUMNS).order_by(*ORDER))]


def by_slug(reading: Connection, slug: str) -> Event:
    """Raises NoSuchEvent."""
    row = reading.execute(select(*_COLUMNS).where(events.c.slug == slug)).one_or_none()
    if row is None:
        raise NoSuchEvent(f"there is no event {slug!r}")
    return _event(row)


def sizes(reading: Connection) -> dict[str, int]:
    """How many posts each event holds, shown or not, by its slug."""
    query = select(events.c.slug, func.count(items.c.id)).select_from(events.outerjoin(items)).group_by(events.c.slug)
    return dict(tuple(row) for row in reading.execute(query))


def written(reading: Connection) -> dict[int, tuple[datetime, datetime]]:
    """When each event was made, and when what is told of it last changed, by its id."""
    rows = reading.execute(select(events.c.id, events.c.created_at, events.c.changed_at))
    return {event_id: (created_at, changed_at or created_at) for event_id, created_at, changed_at in map(tuple, rows)}


def pictures(reading: Connection) -> set[str]:
    """Hashes of the events' own pictures."""
    looks = (_look(told) for told in reading.scalars(select(events.c.look).where(events.c.look.is_not(None))))
    shown = (one for look in looks for one in (look.logo, look.picture, *(each.picture for each in look.sponsors)))
    return {one.content_hash for one in shown if one is not None}


def by_ids(reading: Connection, event_ids: set[int]) -> dict[int, Event]:
    """The events with these ids, by id."""
    rows = reading.execute(_BY_IDS, {"ids": sorted(event_ids)})
    return {event.id: event for event in map(_event, rows)}


def of_item(reading: Connection, item_id: int) -> Event | None:
    """The event that a post is or was in."""
    row = reading.execute(_OF_ITEM, {"item": item_id}).one_or_none()
    return _event(row) if row is not None else None


def save(writing: Writing, event: Event, *, origin: str, at: datetime) -> Event:
    """Create the event, or bring title, dates, hashtags and schedule of the one with its slug up to date.

    Moderation and visibility are set at creation alone: afterwards staff switch them live. So is its
    look, but for its sponsors, and but that one which never had any takes the first that is told.
    """
    row = writing.execute(select(*_COLUMNS).where(events.c.slug == event.slug)).one_or_none()
    if row is None:
        return _create(writing, event, origin=origin, at=at)
    known = _event(row)
    told = {name: getattr(event, name) for name in _KEPT_UP}
    told["look"] = event.look if row.look is None else replace(known.look, sponsors=event.look.sponsors)
    if any(getattr(known, name) != value for name, value in told.items()):
        writing.execute(update(events).where(events.c.id == known.id).values(**_for_columns(told), changed_at=at))
        writing.record("event.changed", known.id, None, at)
    if known.hashtags != event.hashtags:
        poll_anew(writing, sources.c.event_id == known.id)
    return replace(known, **told)


def dress(writing: Writing, slug: str, look: Look, *, at: datetime) -> Event:
    """Give an event this look, which the file does not override. Raises NoSuchEvent."""
    event = by_slug(writing.connection, slug)
    told = {"look": asdict(look), "changed_at": at}  # kept even where it is plain: somebody wanted it so
    writing.execute(update(events).where(events.c.id == event.id).values(**told))
    writing.record("event.changed", event.id, None, at)
    return replace(event, look=look)


def archive(writing: Writing, slug: str, *, at: datetime) -> Event:
    """Put an event away: it collects nothing new. Raises NoSuchEvent."""
    event = by_slug(writing.connection, slug)
    if event.archived_at is None:
        writing.execute(update(events).where(events.c.id == event.id).values(archived_at=at, changed_at=at))
        writing.record("event.changed", event.id, None, at)
        event = replace(event, archived_at=at)
    return event


def wipe(writing: Writing, slug: str, *, at: datetime) -> int:
    """Delete a rehearsal's posts, and take nothing from before ``at`` in again; how many they were.

    Posts that other events show stay there. Open pages are told to load again. Raises NoSuchEvent.
    """
    event = by_slug(writing.connection, slug)
    _refuse_undated(writing, event.id, at=at)
    indexing.forget(writing.connection, event.id)
    gone = writing.execute(delete(items).where(items.c.event_id == event.id)).rowcount
    unused = ~exists().where(items.c.post_id == posts.c.id)
    writing.execute(delete(posts).where(unused))
    writing.execute(delete(authors).where(~exists().where(posts.c.author_id == authors.c.id)))
    writing.execute(delete(changes).where(changes.c.event_id == event.id))
    writing.execute(
        update(sources).where(sources.c.event_id == event.id).values(posts=0, last_post_at=None, next_poll_at=None)
    )
    emptied = {
        "wiped_at": at,
        "seq": events.c.seq + 1,
        "floor": events.c.seq + 1,
    }  # whoever is here is now too far behind
    writing.execute(update(events).where(events.c.id == event.id).values(**emptied))
    writing.record("event.changed", event.id, None, at)
    writing.erase(at)
    return gone


def _refuse_undated(writing: Writing, event_id: int, *, at: datetime) -> None:
    """Posts without a date count as of when they are first seen: only by name are they known as old ones."""
    undated = items.c.published_at == items.c.first_seen_at
    seen = select(seen_as.c.source_id, seen_as.c.ref).join_from(seen_as, sources).join(
        items, (items.c.post_id == seen_as.c.post_id) & (items.c.event_id == sources.c.event_id)
    )  # fmt: skip
    for row in writing.execute(seen.where(sources.c.event_id == event_id, undated)).all():
        sightings.bury_unseen(writing, row.ref, [row.source_id], at=at)


def copy(
    writing: Writing,
    slug: str,
    new_slug: str,
    *,
    title: str | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    at: datetime,
) -> Event:
    """A new event with the sources, rules and looks of another, without its posts.

    Where no dates are given it has those of the other, or begins now where the other is over;
    it is as long, and collects as long before and after. Raises NoSuchEvent, SlugTaken.
    """
    event = by_slug(writing.connection, slug)
    if writing.execute(select(events.c.id).where(events.c.slug == new_slug)).first() is not None:
        raise SlugTaken(f"there is an event {new_slug!r} already")
    moved = _moved(event, starts_at, ends_at, at)
    made = _create(
        writing,
        replace(moved, slug=new_slug, title=title or event.title, archived_at=None, walls_cleared_at=None),
        origin="command",
        at=at,
    )
    copied = ("kind", "address", "label", "trusted", "keep", "every_s", "settings")
    rows = writing.execute(
        select(*(sources.c[name] for name in copied))
        .where(sources.c.event_id == event.id, sources.c.stopped_at.is_(None))
        .order_by(sources.c.id)
    )
    fresh = {"event_id": made.id, "origin": "command", "state": "waiting", "posts": 0}
    if values := [dict(row._mapping) | fresh for row in rows]:
        writing.execute(insert(sources), values)
    return made


def _moved(event: Event, starts_at: datetime | None, ends_at: datetime | None, at: datetime) -> Event:
    length = event.ends_at - event.starts_at
    if starts_at is None:
        starts_at = event.starts_at if event.ends_at >= at else at
        if ends_at is not None and ends_at <= starts_at:
            starts_at = ends_at - length
    ends_at = ends_at or starts_at + length
    return replace(
        event,
        starts_at=starts_at,
        ends_at=ends_at,
        collect_from=event.collect_from + (starts_at - event.starts_at),
        collect_until=event.collect_until + (ends_at - event.ends_at),
    )


def _create(writing: Writing, event: Event, *, origin: str, at: datetime) -> Event:
    values = {field.name: getattr(event, field.name) for field in fields(Event) if field.name not in ("id", "seq")}
    values |= {"origin": origin, "created_at": at, "seq": 0, "floor": 0}
    event_id = writing.execute(insert(events).values(**_for_columns(values)).returning(events.c.id)).scalar_one()
    writing.record("event.changed", event_id, None, at)
    return replace(event, id=event_id, seq=0)


def _for_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _for_column(value) for name, value in values.items()}


def _for_column(value: Any) -> Any:
    if isinstance(value, Look):
        return asdict(value) if value != PLAIN else None
    return list(value) if isinstance(value, tuple) else value


def _event(row: Row[Any]) -> Event:
    values = dict(row._mapping)
    values["hashtags"] = tuple(values["hashtags"] or ())
    values["look"] = _look(values["look"])
    return Event(**values)


def _look(told: Mapping[str, Any] | None) -> Look:
    if told is None:
        return PLAIN
    logo, picture = (Picture(**one) if (one := told.get(name)) else None for name in ("logo", "picture"))
    links = tuple((name, address) for name, address in told.get("links") or ())
    sponsors = tuple(Sponsor(name=one["name"], picture=Picture(**one["picture"])) for one in told.get("sponsors") or ())
    return Look(logo=logo, picture=picture, accent_hue=told.get("accent_hue"), links=links, sponsors=sponsors)
