"""What a Bluesky source's settings come to, and where its sources stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from collector.adapter import BACK
from collector.jetstream_position import V1, V2, Position
from collector.ledger import Key
from timeline.network import Gap, Source
from timeline.post import Cursor

HOSTS = {
    V1: ("wss://jetstream2.us-east.bsky.network", "wss://jetstream1.us-west.bsky.network"),
    V2: ("wss://jetstream.us-east.bsky.network", "wss://jetstream.us-west.bsky.network"),
}
APPVIEW = "https://public.api.bsky.app"
SERVICE = "https://bsky.social"
BACKFILL_S = 2 * 3600.0
GAP = "(gap)"
"""In a cursor's key: since when no host repeats anything, for a search to fill in."""
BEHIND = timedelta(minutes=10)  # more than this is reached back for beside the live stream


def wire(source: Source) -> str:
    return str(source["wire"] or V2)


def hosts(source: Source) -> tuple[str, ...]:
    named = source["jetstream"] or HOSTS[wire(source)]
    several = (named,) if isinstance(named, str) else tuple(named)
    return tuple(host.rstrip("/") for host in several)


def turns(source: Source, position: Position | None) -> list[str]:
    """The hosts, beginning with the one we were on."""
    several = list(hosts(source))
    if position is not None and position.host in several:
        first = several.index(position.host)
        several = several[first:] + several[:first]
    return several


def appview(source: Source) -> str:
    return str(source["appview"] or APPVIEW).rstrip("/")


def pictures(source: Source) -> str | None:
    """An AppView other than Bluesky's own serves pictures under the same paths."""
    return None if appview(source) == APPVIEW else appview(source)


def wanted(sources: Sequence[Source]) -> set[str]:
    return {tag for source in sources for tag in source.hashtags}


def live(sources: Sequence[Source], position: Position) -> dict[Key, Cursor]:
    """The cursors of sources that have heard everything up to ``position``."""
    return {(source.id, ""): position.cursor(tags=list(source.hashtags)) for source in sources}


def plan(
    sources: Sequence[Source], cursors: Mapping[Key, Cursor], now: datetime
) -> tuple[Position | None, dict[Key, Cursor]]:
    """Where to begin, None for now; and what will then be missing, source by source.

    On v1 what was missed always comes on a connection of its own: hosts were seen to drop or reorder events
    where a replay turns live, and what the two connections hear overlaps there.
    """
    start: Position | None = None
    gaps: dict[Key, Cursor] = {}
    for source in sources:
        cursor = cursors.get((source.id, ""))
        kept = Position.kept(cursor)
        fresh = Position("", now - timedelta(seconds=source["backfill"] or BACKFILL_S))
        gone: Position | None = None
        if kept is None or cursor is None:
            gone = fresh
        elif now - kept.at > BEHIND:
            gone = kept
        elif not set(source.hashtags) <= set(cursor.get("tags", ())):
            gone = fresh  # a hashtag that was added since
        elif wire(source) == V1:
            gone = kept.by_time()
        if kept is not None and now - kept.at <= BEHIND and wire(source) != V1:
            start = kept if start is None else min(start, kept, key=lambda position: position.at)
        if gone is not None and source.collect_from < now:
            gaps[source.id, BACK] = missing(source, gone, cursors)
    return start, gaps


def missing(source: Source, since: Position, cursors: Mapping[Key, Cursor]) -> Cursor:
    """The gap since then, as far as the event collects; one that is still open and older holds it within."""
    still_open = Position.kept(cursors.get((source.id, BACK)))
    if still_open is not None and still_open.at < since.at:
        return still_open.cursor()
    return (since if since.at >= source.collect_from else Position("", source.collect_from)).cursor()


def searched(sources: Sequence[Source], gaps: Mapping[int, Gap]) -> dict[Key, Cursor]:
    """What a search is to fill in, where the source has the means."""
    able = {source.id for source in sources if source["app_password"]}
    return {(each, GAP): {"since": gap.since.isoformat()} for each, gap in gaps.items() if each in able}
