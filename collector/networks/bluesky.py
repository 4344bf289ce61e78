"""Bluesky by Jetstream's v2 wire: lexicon network.bsky.jetstream.subscribeEvents (read 2026-11).

No wire can filter by hashtag, so every post comes in and is matched here, on facets and
``tags``. A sequence number counts on one host alone; on another, and for reaching back, the
time stands in. Deletions and edits of everybody's posts are passed on: whose they are is for
the ledger to say. An edit of a name reaches us through the profiles, not through the stream.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from collector import atproto, jetstream
from collector.adapter import BACK, Batch
from collector.frames import Frames, Silent
from collector.http import Http
from collector.jetstream import Position
from collector.ledger import Key
from collector.refusals import Refused
from timeline.errors import SourceUnavailable, UnreadablePost
from timeline.network import Field, NetworkInfo, Source
from timeline.post import AuthorUpdate, Cursor

HOSTS = ("wss://jetstream.us-east.bsky.network", "wss://jetstream.us-west.bsky.network")
APPVIEW = "https://public.api.bsky.app"
BACKFILL_S = 2 * 3600.0
BEHIND = timedelta(minutes=10)  # more than this is reached back for beside the live stream
PROFILES = 25  # getProfiles takes no more
CHECK_S = 5.0
TOO_OLD = 400  # how a host says that it has forgotten the number

INFO = NetworkInfo(
    key="bluesky",
    label="Bluesky",
    fields=(
        Field(
            name="jetstream",
            label="Jetstream hosts",
            kind="list",
            default=HOSTS,
            schemes=("wss", "ws"),
            help="Several take turns",
        ),
        Field(
            name="wire",
            label="Wire",
            kind="choice",
            default=jetstream.WIRE,
            choices=(jetstream.WIRE,),
            later_choices=("v1",),
        ),
        Field(name="appview", label="AppView", kind="url", default=APPVIEW, help="Knows authors' names and pictures"),
        Field(name="backfill", label="Reach back", kind="duration", default=BACKFILL_S, help="When the source is new"),
        Field(name="accounts", label="Accounts", kind="list", later=True),
        Field(name="identifier", label="Identifier", later=True),
        Field(name="app_password", label="App password", kind="secret", later=True),
        Field(name="service", label="Service", kind="url", later=True),
    ),
    address=("jetstream",),
    deletes="firehose",
)


def line(source: Source) -> str:
    """One connection serves every event whose source names the same hosts."""
    return f"{' '.join(_hosts(source))} {source['wire'] or jetstream.WIRE}"


async def listen(
    sources: Sequence[Source], cursors: Mapping[Key, Cursor], http: Http, *, now: datetime
) -> AsyncIterator[Batch]:
    """Live posts, edits and deletions from where the sources stand, or from now where they stand too far back.

    Hosts take turns: when one cannot be reached, falls silent or hangs up with nothing new
    said, the next goes on from the same moment. Raises SourceUnavailable where none could be reached.
    """
    position, gaps = _plan(sources, cursors, now)
    wanted = {tag for source in sources for tag in source.hashtags}
    failure: SourceUnavailable | None = None
    stood = False
    turns = deque((host, False) for host in _turns(sources[0], position))
    while turns:
        host, past = turns.popleft()
        try:
            async with AsyncExitStack() as stack:
                try:
                    start = position.past() if position and past else position
                    frames = await stack.enter_async_context(_stream(http, host, start))
                except Refused as error:
                    if error.status != TOO_OLD or position is None or past:
                        raise
                    gaps = {(each.id, BACK): _missing(each, position.by_time(), cursors) for each in sources} | gaps
                    position = None
                    frames = await stack.enter_async_context(_stream(http, host, None))
                numbered = position.seq if position and position.host == host else None
                began = position = Position(host, position.at if position else now, numbered)
                repeated = False
                yield Batch(cursors={**_live(sources, position), **gaps})
                stood, gaps = True, {}
                async for some in frames:
                    handful = jetstream.hear(some, host, wanted, _pictures(sources[0]))
                    position = position.by_time() if handful.lost else handful.position or position
                    repeated = handful.position == began
                    yield Batch(heard=handful.heard, cursors=_live(sources, position), found=handful.found)
                    if handful.lost:
                        break  # what we resumed from is no number of this host: once more, by time
                else:
                    if position != began:
                        return
                    if repeated and not past:  # it gives us this one and no more: what comes after it?
                        turns.appendleft((host, True))
        except Silent:
            yield Batch()  # a quiet place is no failure, and the next host may hear more
        except SourceUnavailable as error:
            failure = error
    if failure is not None and not stood:
        raise failure


async def reach_back(
    sources: Sequence[Source], cursors: Mapping[Key, Cursor], http: Http, *, live: Mapping[Key, Cursor]
) -> AsyncIterator[Batch]:
    """Posts since the oldest gap, as fast as the host gives them, until they meet what was heard live.

    What the live line saw created it also sees deleted. So it is enough to pass where that
    line was when we began, and then to come to where it is by that time: every deletion of
    what only we bring has then come by here as well.
    """
    starts = [at for source in sources if (at := Position.kept(cursors.get((source.id, BACK))))]
    position = min(starts, key=lambda start: start.at)
    wanted = {tag for source in sources for tag in source.hashtags}
    closed: dict[Key, Cursor] = {(source.id, BACK): {} for source in sources}
    opening = goal = None
    async with AsyncExitStack() as stack:
        found = await _anywhere(stack, http, sources[0], position)
        if found is None:
            yield Batch(cursors=closed, backfill=True, found="no host repeats anything from so long ago")
            return
        frames, host = found
        began = position
        try:
            async for some in frames:
                handful = jetstream.hear(some, host, wanted, _pictures(sources[0]))
                if handful.lost:  # the host was built anew and began at its tip: once more, by time
                    anew: dict[Key, Cursor] = {key: position.by_time().cursor() for key in closed}
                    yield Batch(cursors=anew, backfill=True)
                    return
                position = handful.position or position
                ahead = Position.kept(live.get((sources[0].id, "")))
                opening = opening or ahead
                if goal is None and opening is not None and position.level_with(opening):
                    goal = ahead
                level = goal is not None and position.level_with(goal)
                moved: dict[Key, Cursor] = {key: position.cursor() for key in closed}
                yield Batch(heard=handful.heard, cursors=closed if level else moved, backfill=True, found=handful.found)
                if level:
                    return
            if position == began and position.seq is not None:  # hung up over one that is kept already
                yield Batch(cursors={key: position.past().cursor() for key in closed}, backfill=True)
        except Silent:  # nothing more to be had, unless the live line has seen what we have not
            ahead = Position.kept(live.get((sources[0].id, "")))
            if ahead is None or ahead.seq is None or ahead.host != host or position.level_with(ahead):
                yield Batch(cursors=closed, backfill=True)


async def profiles(uris: Sequence[str], sources: Sequence[Source], http: Http) -> list[AuthorUpdate]:
    """Names, handles, pictures and labels of authors, by DID; who is gone is left out."""
    found: list[AuthorUpdate] = []
    appview = _appview(sources[0])
    for start in range(0, len(uris), PROFILES):
        actors = [("actors", uri) for uri in uris[start : start + PROFILES]]
        answer = await http.get(f"{appview}/xrpc/app.bsky.actor.getProfiles", params=actors)
        for profile in jetstream.profiles_of(answer.body):
            try:
                found.append(atproto.to_author(profile))
            except UnreadablePost:
                continue  # asked for again another time
    return found


async def check(source: Source, http: Http, *, wait_s: float = CHECK_S) -> str:
    """Listen for a few seconds to the first host that answers. Raises SourceUnavailable."""
    failure: SourceUnavailable | None = None
    for host in _hosts(source):
        try:
            async with _stream(http, host, None) as frames:
                name = urlsplit(host).hostname
                try:
                    async with asyncio.timeout(wait_s):
                        jetstream.hear(await anext(frames), host, ())
                except (TimeoutError, Silent, StopAsyncIteration):
                    return f"{name} is there, but said nothing for {wait_s:.0f} s"
                return f"{name} speaks"
        except SourceUnavailable as error:
            failure = error
    raise failure or SourceUnavailable("no Jetstream host is named")


def _stream(http: Http, host: str, position: Position | None) -> AbstractAsyncContextManager[Frames]:
    """The stream of ``host`` from ``position``, from now without one."""
    params = [*jetstream.PARAMS, *([("cursor", position.asked_of(host))] if position else [])]
    return http.websocket(  # the host closes on what a client sends, and pings by itself
        host + jetstream.METHOD, protocols=(jetstream.PROTOCOL,), params=params, heartbeat_s=None
    )


async def _anywhere(stack: AsyncExitStack, http: Http, source: Source, position: Position) -> tuple[Frames, str] | None:
    """The stream from ``position`` by the first host that has it; None where no host goes back so far."""
    failure: SourceUnavailable | None = None
    for host in _turns(source, position):
        for start in dict.fromkeys((position, position.by_time())):
            try:
                return await stack.enter_async_context(_stream(http, host, start)), host
            except SourceUnavailable as error:
                if isinstance(error, Refused) and error.status == TOO_OLD:
                    continue
                failure = error
                break
    if failure is not None:
        raise failure
    return None


def _plan(
    sources: Sequence[Source], cursors: Mapping[Key, Cursor], now: datetime
) -> tuple[Position | None, dict[Key, Cursor]]:
    """Where to begin, None for now; and what will then be missing, source by source."""
    start: Position | None = None
    gaps: dict[Key, Cursor] = {}
    for source in sources:
        cursor = cursors.get((source.id, ""))
        kept = Position.kept(cursor)
        fresh = Position("", now - timedelta(seconds=source["backfill"] or BACKFILL_S))
        missing: Position | None = None
        if kept is None or cursor is None:
            missing = fresh
        elif now - kept.at > BEHIND:
            missing = kept
        else:
            start = kept if start is None else min(start, kept, key=lambda position: position.at)
            if not set(source.hashtags) <= set(cursor.get("tags", ())):
                missing = fresh  # a hashtag that was added since
        if missing is not None and source.collect_from < now:
            gaps[source.id, BACK] = _missing(source, missing, cursors)
    return start, gaps


def _missing(source: Source, since: Position, cursors: Mapping[Key, Cursor]) -> Cursor:
    """The gap since then, as far as the event collects; one that is still open and older holds it within."""
    still_open = Position.kept(cursors.get((source.id, BACK)))
    if still_open is not None and still_open.at < since.at:
        return still_open.cursor()
    return (since if since.at >= source.collect_from else Position("", source.collect_from)).cursor()


def _live(sources: Sequence[Source], position: Position) -> dict[Key, Cursor]:
    return {(source.id, ""): position.cursor(tags=list(source.hashtags)) for source in sources}


def _turns(source: Source, position: Position | None) -> list[str]:
    """The hosts, beginning with the one we were on."""
    hosts = list(_hosts(source))
    if position is not None and position.host in hosts:
        first = hosts.index(position.host)
        hosts = hosts[first:] + hosts[:first]
    return hosts


def _hosts(source: Source) -> tuple[str, ...]:
    named = source["jetstream"] or HOSTS
    hosts = (named,) if isinstance(named, str) else tuple(named)
    return tuple(host.rstrip("/") for host in hosts)


def _appview(source: Source) -> str:
    return str(source["appview"] or APPVIEW).rstrip("/")


def _pictures(source: Source) -> str | None:
    """An AppView other than Bluesky's own serves pictures under the same paths."""
    return None if _appview(source) == APPVIEW else _appview(source)
