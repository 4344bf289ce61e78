"""Which posts nobody has confirmed for too long, and noting that somebody has."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, exists, func, or_, select, text, union_all, update

from storage import screenings
from storage.columns import UtcTime
from storage.tables import VOUCHED, events, gaps, items, posts, sightings
from storage.writing import Writing
from timeline import recheck
from timeline.item import State
from timeline.network import NetworkInfo

_NOTE = update(posts).where(posts.c.id.in_(bindparam("posts", expanding=True)))


def due(
    reading: Connection,
    network: NetworkInfo,
    announced_since: Mapping[int, datetime | None],
    *,
    seldom: bool,
    limit: int,
    at: datetime,
) -> dict[int, list[str]]:
    """What to ask the sources in ``announced_since`` for, newest first: their own names for posts, by source id.

    The values are as in ``timeline.recheck.rules``; a gap that was noted later counts as a
    break. A post that several sources show is asked of the one whose words we hold.
    """
    asked: dict[int, tuple[int, str, bool]] = {}
    on_walls = [item_id for _, item_id in screenings.shown_now(reading, at=at)]
    for since, source_ids in _grouped(reading, announced_since).items():
        told = recheck.rules(at, announced_since=since, metered=network.budget is not None)
        for rule in told.seldom if seldom else told.often:
            named = {"network": network.key, "before": rule.before, "since": rule.since, "now": at}
            if rule.on_wall:
                named["on_walls"] = on_walls
            query = _query(rule.since is not None, rule.on_wall, rule.collecting)
            for row in reading.execute(query, named | {"sources": source_ids, "upto": limit}):
                first = row.post_id not in asked
                if first or (row.told_by == row.source_id and not asked[row.post_id][2]):
                    asked[row.post_id] = (row.source_id, row.ref, row.told_by == row.source_id)
    refs: dict[int, list[str]] = defaultdict(list)
    for source_id, ref, _ in asked.values():
        refs[source_id].append(ref)
    return dict(refs)


def uris(reading: Connection, refs: Sequence[str], *, source_id: int) -> dict[str, str]:
    """The uris of the posts that a source shows under these refs."""
    query = select(sightings.c.ref, posts.c.uri).join_from(sightings, posts)
    query = query.where(sightings.c.source_id == source_id, sightings.c.ref.in_(refs))
    return {row.ref: row.uri for row in reading.execute(query)}


def looked_at(writing: Writing, refs: Sequence[str], *, source_id: int, at: datetime) -> None:
    """Note that this source was asked for these posts, whatever it told: they are due again in their turn."""
    here = (sightings.c.source_id == source_id) & sightings.c.ref.in_(refs)
    writing.execute(update(posts).where(posts.c.id.in_(select(sightings.c.post_id).where(here))).values(looked_at=at))


def confirm(writing: Writing, post_ids: Iterable[int], *, at: datetime) -> None:
    """Note that a source has just shown these posts."""
    if known := sorted(post_ids):
        writing.execute(_NOTE.values(looked_at=at), {"posts": known})


def _grouped(reading: Connection, announced_since: Mapping[int, datetime | None]) -> dict[datetime | None, list[int]]:
    """The sources by since when nothing of theirs was missed."""
    query = select(gaps.c.source_id, func.max(gaps.c.until).label("until")).group_by(gaps.c.source_id)
    gap_until = {row.source_id: row.until for row in reading.execute(query)}
    groups: dict[datetime | None, list[int]] = defaultdict(list)
    for source_id, since in announced_since.items():
        until = gap_until.get(source_id)
        groups[max(since, until) if since is not None and until is not None else since].append(source_id)
    return groups


@cache
def _query(bounded: bool, on_wall: bool, collecting: bool) -> Select[Any]:
    """Made once for each shape: building a statement costs more than running it."""
    before = bindparam("before", type_=UtcTime)
    query = (
        select(sightings.c.post_id, sightings.c.source_id, sightings.c.ref, posts.c.told_by)
        .join_from(posts, sightings)
        .where(posts.c.network == bindparam("network"))
        .where(or_(posts.c.looked_at < before, posts.c.looked_at.is_(None)))
        .where(sightings.c.source_id.in_(bindparam("sources", expanding=True)))
        .order_by(posts.c.published_at.desc(), posts.c.id)
        .limit(bindparam("upto", type_=Integer))
    )
    if bounded:
        query = query.where(posts.c.published_at > bindparam("since", type_=UtcTime))
    if on_wall:
        query = query.where(_stands_on_a_wall())
    if collecting:
        now = bindparam("now", type_=UtcTime)
        takes_in = events.c.archived_at.is_(None) & (events.c.collect_until >= now)
        here = items.c.event_id == events.c.id
        query = query.where(exists().where(items.c.post_id == posts.c.id, here, takes_in))
    return query


def _stands_on_a_wall() -> Any:
    """Whether a post is in front of a hall: walls say that they show it, or staff picked it out while its event is on.

    What a wall says is anybody's word: it is believed of what may stand there, and of that alone.
    """
    now = bindparam("now", type_=UtcTime)
    is_on = (events.c.starts_at <= now) & (events.c.ends_at >= now) & events.c.archived_at.is_(None)
    seen = items.c.state == State.SHOWN.value
    of_events = select(items.c.post_id).join_from(events, items).where(is_on, seen)
    told = select(items.c.post_id).where(
        items.c.id.in_(bindparam("on_walls", expanding=True)), text(f"({VOUCHED})"), seen
    )
    # Each by its own way to them: asked for together, all items there are would be looked at.
    picked, pinned = (of_events.where(at.is_not(None)) for at in (items.c.highlighted_at, items.c.pinned_at))
    return posts.c.id.in_(union_all(picked, pinned, told))
