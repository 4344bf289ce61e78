"""The sources of events: what they are told to be, where they stand, how they fare."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, bindparam, case, insert, select, update

from storage import spending
from storage.columns import Json, UtcTime
from storage.tables import cursors as cursor_rows
from storage.tables import events, gaps, items, sources
from storage.writing import Writing
from timeline.item import State
from timeline.network import Gap, Health, NetworkInfo, Secret, Source, SourceStatus
from timeline.post import Cursor
from timeline.text import fold_hashtag
from timeline.tidy import fit_json

Key = tuple[int, str]
"""A source's id and the hashtag or account it is asked for ('' where it is asked as a whole)."""

Networks = Mapping[str, NetworkInfo]
Origin = Literal["file", "command"]
_TOLD = ("label", "trusted", "keep", "every_s", "settings")
_EVENT = (events.c.hashtags, events.c.collect_from, events.c.collect_until, events.c.archived_at, events.c.wiped_at)
_WITH_EVENT = select(sources, *_EVENT).join_from(sources, events)

# Statements are made once: building one costs more than running it.
_BY_IDS = _WITH_EVENT.where(sources.c.id.in_(bindparam("ids", expanding=True))).order_by(sources.c.id)
_NEWEST = bindparam("newest", type_=UtcTime)
_COUNT = (
    update(sources)
    .where(sources.c.id == bindparam("source"))
    .values(
        posts=sources.c.posts + bindparam("more", type_=BigInteger),
        last_post_at=case((sources.c.last_post_at > _NEWEST, sources.c.last_post_at), else_=_NEWEST),
    )
)

_SAID = bindparam("said", type_=Json)
_MOVE = (
    update(cursor_rows)
    .where(cursor_rows.c.source_id == bindparam("of_source"), cursor_rows.c.key == bindparam("of_key"))
    .values(value=_SAID)
)
_BEGIN = insert(cursor_rows).values(source_id=bindparam("of_source"), key=bindparam("of_key"), value=_SAID)


def sync(writing: Writing, event_id: int, told: Sequence[Source], *, origin: Origin, at: datetime) -> None:
    """Make the sources of ``origin`` those of ``told``; one that is gone from it is stopped and kept.

    A source is the same one while its kind and address are.
    """
    here = sources.c.event_id == event_id
    known = {(row.kind, row.address): row for row in writing.execute(select(sources).where(here))}
    for source in told:
        row = known.pop((source.kind, source.address), None)
        if row is None:
            add(writing, event_id, source, origin=origin)
        else:
            _bring_up_to_date(writing, row, source, origin)
    for row in known.values():
        if row.origin == origin and row.stopped_at is None:
            stopped = {"stopped_at": at, "state": "stopped", "next_poll_at": None}
            writing.execute(update(sources).where(sources.c.id == row.id).values(**stopped))


def add(writing: Writing, event_id: int, source: Source, *, origin: Origin) -> int:
    """Add one source to an event; its id."""
    values = _told(source) | {
        "event_id": event_id, "kind": source.kind, "address": source.address,
        "origin": origin, "state": "waiting", "posts": 0,
    }  # fmt: skip
    source_id: int = writing.execute(insert(sources).values(**values).returning(sources.c.id)).scalar_one()
    return source_id


def active(reading: Connection, now: datetime, networks: Networks) -> list[Source]:
    """Every source that is to be collected; once its event takes nothing in any more, only for what is deleted."""
    query = _WITH_EVENT.where(is_collected(now, networks)).order_by(sources.c.id)
    return [_source(row) for row in reading.execute(query)]


def lasting(reading: Connection) -> list[Source]:
    """Every source that was not stopped, of past events too: what they have shown is looked at again and again."""
    return [_source(row) for row in reading.execute(_WITH_EVENT.where(sources.c.stopped_at.is_(None)))]


def by_ids(reading: Connection, source_ids: Sequence[int]) -> dict[int, Source]:
    """These sources, by id; unknown ids are left out."""
    return {row.id: _source(row) for row in reading.execute(_BY_IDS, {"ids": source_ids})}


def collected(reading: Connection, source_id: int | None, now: datetime, networks: Networks) -> bool:
    """Whether this source is still listened to."""
    query = select(sources.c.id).join_from(sources, events).where(sources.c.id == source_id)
    return source_id is not None and reading.execute(query.where(is_collected(now, networks))).first() is not None


def is_collected(now: datetime, networks: Networks) -> ColumnElement[bool]:
    """Deletions count for ever, so networks that announce them are listened to after the end, too."""
    announcing = [key for key, network in networks.items() if network.deletes != "none"]
    takes_in = (events.c.archived_at.is_(None) | (events.c.archived_at > now)) & (events.c.collect_until >= now)
    return sources.c.stopped_at.is_(None) & (takes_in | sources.c.kind.in_(announcing))


def of_event(
    reading: Connection, event_id: int, networks: Networks | None = None, *, at: datetime | None = None
) -> list[SourceStatus]:
    """The event's sources and how they are, in the order they were added.

    Their budgets are told where ``networks`` and ``at`` are given.
    """
    query = _WITH_EVENT.where(sources.c.event_id == event_id).order_by(sources.c.id)
    latest = _latest_gaps(reading, event_id)
    return [
        SourceStatus(
            source=(source := _source(row)),
            gap=latest.get(row.id),
            budget=spending.budget(reading, source, networks, at=at) if networks and at else None,
            state=row.state,
            last_success_at=row.last_success_at,
            last_post_at=row.last_post_at,
            failing_since=row.failing_since,
            next_poll_at=row.next_poll_at,
            error=row.error,
            hint=row.hint,
            posts=row.posts,
        )
        for row in reading.execute(query)
    ]


def networks_in_use(reading: Connection, keys: Sequence[str]) -> set[str]:
    """Those of these networks that events which readers may see collect from, or show posts of."""
    open_to_all = list(reading.scalars(select(events.c.id).where(events.c.visibility != "draft")))
    here = sources.c.event_id.in_(open_to_all)
    used = set(reading.scalars(select(sources.c.kind).where(here, sources.c.stopped_at.is_(None)).distinct()))
    shown = items.c.event_id.in_(open_to_all) & (items.c.state == State.SHOWN.value)
    for key in set(keys) - used:  # asked one by one: each is a step into an index, all at once a walk through it
        if reading.execute(select(items.c.id).where(shown, items.c.network == key).limit(1)).first() is not None:
            used.add(key)
    return used & set(keys)


def gaps_of(reading: Connection, event_id: int) -> dict[int, list[Gap]]:
    """What the event's sources said and can no longer be had, by source id, in the order in which it was noticed."""
    query = select(gaps).join_from(gaps, sources).where(sources.c.event_id == event_id).order_by(gaps.c.id)
    found: dict[int, list[Gap]] = {}
    for row in reading.execute(query):
        found.setdefault(row.source_id, []).append(Gap(since=row.since, until=row.until, reason=row.reason))
    return found


def _latest_gaps(reading: Connection, event_id: int) -> dict[int, Gap]:
    return {source_id: found[-1] for source_id, found in gaps_of(reading, event_id).items()}


def note_gaps(writing: Writing, lost: Mapping[int, Gap]) -> None:
    """Write down, by source id, what can no longer be had."""
    for source_id, gap in lost.items():
        values = {"source_id": source_id, "since": gap.since, "until": gap.until, "reason": gap.reason}
        writing.execute(insert(gaps).values(**values))


def report(writing: Writing, source_id: int, health: Health) -> None:
    """Keep what the last attempt came to; a source stopped meanwhile stays stopped."""
    values: dict[str, Any] = {
        "state": health.state, "error": fit_json(health.error),
        "hint": fit_json(health.hint), "next_poll_at": health.next_poll_at,
    }  # fmt: skip
    if health.state == "ok":
        values |= {"last_success_at": health.at, "failing_since": None}
    here = (sources.c.id == source_id) & sources.c.stopped_at.is_(None)
    writing.execute(update(sources).where(here).values(**values))
    if health.state == "failing":
        newly = here & sources.c.failing_since.is_(None)
        writing.execute(update(sources).where(newly).values(failing_since=health.at))


def poll_anew(writing: Writing, which: ColumnElement[bool]) -> None:
    """What is asked for has changed: be due at once, except where the host itself asked us to wait."""
    due = which & sources.c.next_poll_at.is_not(None) & (sources.c.state != "waiting")
    writing.execute(update(sources).where(due).values(next_poll_at=None))


def failing(reading: Connection) -> dict[int, datetime]:
    """Which sources fail, as last reported, and since when."""
    query = select(sources.c.id, sources.c.failing_since).where(sources.c.failing_since.is_not(None))
    return {row.id: row.failing_since for row in reading.execute(query.where(sources.c.stopped_at.is_(None)))}


def next_polls(reading: Connection) -> dict[int, datetime]:
    """When each polled source is due; absent means now."""
    query = select(sources.c.id, sources.c.next_poll_at).where(sources.c.next_poll_at.is_not(None))
    return {row.id: row.next_poll_at for row in reading.execute(query)}


def cursors(reading: Connection, source_ids: Sequence[int]) -> dict[Key, Cursor]:
    """Where these sources stand; a key never collected is absent."""
    query = select(cursor_rows).where(cursor_rows.c.source_id.in_(source_ids))
    return {(row.source_id, row.key): row.value or {} for row in reading.execute(query)}


def move(writing: Writing, moved: Mapping[Key, Cursor]) -> None:
    """Set cursors."""
    for (source_id, key), cursor in moved.items():
        values = {"of_source": source_id, "of_key": key, "said": fit_json(dict(cursor))}
        if writing.execute(_MOVE, values).rowcount == 0:
            writing.execute(_BEGIN, values)


def _bring_up_to_date(writing: Writing, row: Row[Any], source: Source, origin: Origin) -> None:
    values = _told(source) | {"origin": origin}
    if row.stopped_at is not None:
        values |= {"stopped_at": None, "state": "waiting", "error": None, "hint": None, "failing_since": None}
    if any(getattr(row, name) != value for name, value in values.items()):
        writing.execute(update(sources).where(sources.c.id == row.id).values(**values))
        poll_anew(writing, sources.c.id == row.id)


def _told(source: Source) -> dict[str, Any]:
    values = {name: getattr(source, name) for name in _TOLD}
    values["settings"] = _without_secrets(source.settings) or None
    return values


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_secrets(one) for name, one in value.items() if not isinstance(one, Secret)}
    if isinstance(value, (list, tuple)):
        return [_without_secrets(one) for one in value if not isinstance(one, Secret)]
    return value


def _source(row: Row[Any]) -> Source:
    return Source(
        id=row.id,
        event_id=row.event_id,
        kind=row.kind,
        address=row.address,
        label=row.label,
        trusted=row.trusted,
        keep=row.keep,
        every_s=row.every_s,
        settings={name: tuple(one) if isinstance(one, list) else one for name, one in (row.settings or {}).items()},
        hashtags=tuple(fold_hashtag(tag) for tag in row.hashtags or ()),
        spellings=tuple(row.hashtags or ()),
        collect_from=max(row.collect_from, row.wiped_at) if row.wiped_at else row.collect_from,
        collect_until=min(row.collect_until, row.archived_at) if row.archived_at else row.collect_until,
    )


def count(writing: Writing, arrived: Mapping[int, Sequence[datetime]]) -> None:
    """Count new posts, given by when they were published, for each source that brought them."""
    if arrived:
        told = [{"source": source_id, "more": len(times), "newest": max(times)} for source_id, times in arrived.items()]
        writing.execute(_COUNT, told)
