"""X's recent search, page by page: what a source missed, and what was said before it began.

Hashtags and accounts that stand at the same place are asked for together, up to a query's length. A run goes from
the newest downwards to where the last one began; the cursor says how far down it has come, so it may end anywhere.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from collector.adapter import BACKFILL_POSTS, Ask, Batch
from collector.x_posts import id_at, read, said_at
from collector.x_rules import QUERY_LENGTH, Query, packed, terms
from timeline.network import Gap

LEAST, MOST = 10, 100  # posts that X gives at a time
REACH = timedelta(days=7) - timedelta(minutes=5)  # a little less than X admits, which refuses what is too old
OVERLAP = timedelta(minutes=1)  # asked for again: X is a few seconds late to find what was said
KEPT = 50  # of the day's budget for what the stream says while a search is under way, so that both never overspend
_TOO_LITTLE = f"less than {LEAST + KEPT} posts of today's budget are left: the stream has them, the search none"


class Searching(Protocol):
    """What can be searched."""

    async def search(self, query: str, *, most: int, **bounds: Any) -> dict[str, Any]: ...


async def fetch(ask: Ask, client: Searching) -> AsyncIterator[Batch]:
    """Each query until level, as far as the day's budget goes. Raises SourceUnavailable."""
    if ask.source.collect_from >= ask.now:
        return  # what would come is not kept, and charged all the same
    left = None if ask.allowance is None else ask.allowance - KEPT
    lost = _out_of_reach(ask)
    for query, cursor in _queries(ask):
        async for batch in _run(ask, client, query, cursor, left):
            left = None if left is None else left - len(batch.read)
            yield batch if lost is None or not batch.cursors else Batch(
                heard=batch.heard, cursors=batch.cursors, backfill=batch.backfill, read=batch.read,
                found=batch.found, gaps={ask.source.id: lost, **batch.gaps},
            )  # fmt: skip
            lost = lost if not batch.cursors else None


def _queries(ask: Ask) -> list[tuple[Query, dict[str, Any]]]:
    """What to ask, and from where: together what stands at one place."""
    places: dict[str, dict[str, str]] = defaultdict(dict)
    for key, term in terms(ask.source).items():
        places[json.dumps(_cursor(ask, key), sort_keys=True)][key] = term
    return [(query, json.loads(place)) for place, wanted in places.items() for query in packed(wanted, QUERY_LENGTH)]


def _cursor(ask: Ask, key: str) -> dict[str, Any]:
    """Where a hashtag or account stands; a run that was left so long ago that X cannot go on with it is begun anew."""
    cursor = dict(ask.cursors.get((ask.source.id, key)) or {})
    if "below" in cursor and said_at(cursor["below"]) <= ask.now - REACH:
        return {name: value for name, value in cursor.items() if name not in ("below", "top")}
    return cursor


def _out_of_reach(ask: Ask) -> Gap | None:
    """What lies before X's reach and was not asked for in time: before the beginning, or while we were away."""
    horizon = ask.now - REACH
    since = [
        datetime.fromisoformat(cursor["asked"]) if "asked" in cursor else ask.source.collect_from
        for cursor in (_cursor(ask, key) for key in terms(ask.source))
        if "below" not in cursor  # that was told when this run began
    ]
    if not since or min(since) >= horizon:
        return None
    return Gap(since=min(since), until=horizon, reason="X's search reaches back seven days")


async def _run(
    ask: Ask, client: Searching, query: Query, cursor: Mapping[str, Any], left: int | None
) -> AsyncIterator[Batch]:
    first = "newest" not in cursor
    floor = _floor(ask, cursor)
    top, below = cursor.get("top", ""), cursor.get("below")
    back: int = cursor.get("left", BACKFILL_POSTS)
    while True:
        if left is not None and left < LEAST:
            yield Batch(found=_TOO_LITTLE)
            return
        bounds = {"since_id": str(floor)} | ({"until_id": below} if below else {})
        answer = await client.search(query.value, most=min(MOST, left or MOST, max(back, LEAST)), **bounds)
        tweets = [tweet for tweet in answer.get("data") or () if isinstance(tweet, Mapping) and tweet.get("id")]
        includes = answer.get("includes") or {}
        heard = [told for tweet in tweets if (told := read(tweet, includes)) is not None]
        ids = [str(tweet["id"]) for tweet in tweets]
        top = top or max(ids, key=int, default="")
        back -= len(ids) if first else 0
        oldest = min(ids, key=int, default="")
        more = bool((answer.get("meta") or {}).get("next_token")) and bool(ids) and oldest != below
        enough = more and back <= 0
        level = {"newest": top or cursor.get("newest", ""), "asked": ask.now.isoformat()}
        here = {**cursor, "top": top, "below": oldest, **({"left": back} if first else {})}
        place = here if more and not enough else level
        yield Batch(
            heard=heard,
            cursors={(ask.source.id, key): place for key in query.keys},
            backfill=first,
            read=ids,
            gaps={ask.source.id: _too_much(floor, oldest)} if enough else {},
        )
        if place is level:
            return
        below = oldest
        left = None if left is None else left - len(ids)


def _floor(ask: Ask, cursor: Mapping[str, Any]) -> int:
    """The id above which to ask."""
    since = ask.source.collect_from
    if cursor.get("newest"):
        since = said_at(cursor["newest"]) - OVERLAP
    elif cursor.get("asked"):
        since = datetime.fromisoformat(cursor["asked"]) - OVERLAP
    return id_at(max(since, ask.now - REACH))


def _too_much(floor: int, oldest: str) -> Gap:
    reason = f"a new source reaches back {BACKFILL_POSTS:,} posts at most"
    return Gap(since=said_at(str(floor)), until=said_at(oldest), reason=reason)
