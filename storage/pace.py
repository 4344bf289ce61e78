"""How many posts each source brings, and how soon after they were published. Of the last hour alone, so that
asking stays cheap on any event: the index of the timeline leads straight to it."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from statistics import median

from sqlalchemy import Connection, func, select

from storage.columns import micros
from storage.tables import items, posts
from timeline.item import State

HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATE = timedelta(minutes=10)
_STATES = [state.value for state in State if state is not State.REMOVED]
_LOOKED_AT = 1_000  # newest posts of the hour, in each state
_ENOUGH = 20  # of one source: what a backfill brought is soon outnumbered


def lags(reading: Connection, event_id: int, *, at: datetime) -> dict[int, float]:
    """Seconds from when a post was published to when we first saw it, by source: the median of its newest.

    Counted are the last ``_ENOUGH`` posts of the last hour that the source was the first to bring;
    a source without one is left out. What a backfill fetched says nothing of how quick a source
    is, and is left out too: it is known by being older than ten minutes and yet not late.
    """
    found: dict[int, list[tuple[datetime, float]]] = defaultdict(list)
    for state in _STATES:  # one after the other, so that the index gives the newest without sorting the hour
        query = (
            select(posts.c.told_by, items.c.first_seen_at, items.c.published_at, items.c.late)
            .join_from(items, posts, items.c.post_id == posts.c.id)
            .where(items.c.event_id == event_id, items.c.state == state)
            .where(items.c.published_at > at - HOUR, items.c.published_at <= at)
            .order_by(items.c.published_at.desc(), items.c.id.desc())
            .limit(_LOOKED_AT)
        )
        for source_id, seen_at, published_at, late in reading.execute(query):
            took = seen_at - published_at
            if late or took <= LATE:
                found[source_id].append((published_at, took.total_seconds()))
    newest = {source_id: sorted(times, reverse=True)[:_ENOUGH] for source_id, times in found.items()}
    return {source_id: median(took for _, took in times) for source_id, times in newest.items()}


def arrivals(reading: Connection, event_id: int, *, at: datetime, buckets: int) -> dict[int, list[int]]:
    """How many posts of the last hour each source was the first to bring, in ``buckets`` equal parts of it.

    The parts begin at round times, so that asking again a second later gives the same; the last is still filling.
    """
    width = HOUR // buckets
    end = at - (at - _EPOCH) % width + width
    micro = timedelta(microseconds=1)
    since = micros(items.c.published_at, reading.dialect.name) - (end - HOUR - _EPOCH) // micro
    bucket = (since - since % (width // micro)) // (width // micro)
    query = (
        select(posts.c.told_by, bucket, func.count())
        .join_from(items, posts, items.c.post_id == posts.c.id)
        .where(items.c.event_id == event_id, items.c.state.in_(_STATES))
        .where(items.c.published_at >= end - HOUR, items.c.published_at < end)
        .group_by(posts.c.told_by, bucket)
    )
    found: dict[int, list[int]] = {}
    for source_id, number, falling in reading.execute(query):
        counted = found.setdefault(source_id, [0] * buckets)
        counted[min(max(int(number), 0), buckets - 1)] += falling
    return found
