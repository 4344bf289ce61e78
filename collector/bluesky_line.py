"""Listening to Jetstream: live, host after host, nothing lost between them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from urllib.parse import urlsplit

from collector import bluesky_gone, jetstream
from collector import bluesky_source as of
from collector.adapter import BACK, Batch
from collector.bluesky_accounts import Followed
from collector.bluesky_asking import asks
from collector.frames import Quiet, Silent, TooLong
from collector.http import Http
from collector.jetstream_pace import Pace
from collector.jetstream_position import FURTHEST, V1, Position
from collector.jetstream_wire import NOT_SO, dial
from collector.ledger import Key
from collector.refusals import Refused
from timeline.errors import SourceUnavailable
from timeline.network import Gap, Source
from timeline.post import Cursor

LAG_S = 30.0  # what a host that speaks may fall behind the times before another takes over
FORGOTTEN = "the Jetstream host keeps nothing from so long ago"
TOO_LARGE = "the Jetstream host has a message larger than we take, which was passed over"


async def listen(
    sources: Sequence[Source], cursors: Mapping[Key, Cursor], http: Http, *, now: datetime
) -> AsyncIterator[Batch]:
    """Live posts, edits and deletions from where the sources stand, or from now where they stand too far back.

    Hosts take turns: when one cannot be reached, falls silent or behind, or hangs up with nothing new
    said, the next goes on from the same moment. A message that is too large is asked for twice and then
    passed over. Raises SourceUnavailable where no host could be reached.
    """
    position, gaps = of.plan(sources, cursors, now)
    wire, wanted, pictures = of.wire(sources[0]), of.wanted(sources), of.pictures(sources[0])
    followed = await Followed.of(sources, cursors, http)
    remembers = any(asks(source) for source in sources)
    failure: SourceUnavailable | None = None
    quiet: Quiet | None = None
    stood = spoke = False
    stuck: Position | None = None  # where a message that is too large comes next
    turns = deque((host, False, 0) for host in of.turns(sources[0], Position.kept(cursors.get((sources[0].id, "")))))
    while turns:
        host, past, over = turns.popleft()
        if stood and wire == V1 and position is not None:  # begun anew there, with what was missed beside
            yield Batch(cursors=of.live(sources, position.moved_to(host)))
            return
        try:
            async with AsyncExitStack() as stack:
                try:
                    start = position.past() if position and past else position
                    if over:
                        start = position.over(over) if position and over <= FURTHEST else None
                    stream = await stack.enter_async_context(dial(http, host, wire, start))
                except Refused as error:
                    if error.status != NOT_SO or position is None or past:
                        raise
                    gaps = {(each.id, BACK): of.missing(each, position.by_time(), cursors) for each in sources} | gaps
                    position = None
                    stream = await stack.enter_async_context(dial(http, host, wire, None))
                same = position is not None and (position.host, position.wire) == (host, wire)
                numbered = position.seq if position and same else None
                began = position = Position(host, position.at if position else now, numbered, wire)
                repeated = False
                unsaid = TOO_LARGE if over else ""  # why what it begins with is not what came next
                pace = Pace(asyncio.get_running_loop().time, LAG_S)
                yield Batch(cursors={**of.live(sources, position), **gaps})
                stood, gaps = True, {}
                async for some in stream:
                    spoke = True
                    handful = jetstream.hear(some, host, wanted, pictures, wire=wire, followed=followed.handles())
                    missed: dict[int, Gap] = {}
                    unsaid = FORGOTTEN if handful.outdated else unsaid
                    if unsaid and (first := jetstream.began(some, host, wire)):
                        missed = lost_between(sources, position.at, first.at, unsaid)
                        unsaid = ""
                        failure = None if over else failure
                    position = position.by_time() if handful.lost else handful.position or position
                    repeated = handful.position == began
                    if remembers:
                        bluesky_gone.note(http, handful.heard)
                    pace.leave()
                    moved = {**of.live(sources, position), **of.searched(sources, missed)}
                    yield Batch(heard=handful.heard, cursors=moved, gaps=missed)
                    pace.back()
                    if handful.lost and not over:
                        break  # what we resumed from is no number of this host: once more, by time
                    if handful.position is not None and pace.lags(position.at):
                        yield Batch(found=f"{urlsplit(host).hostname} falls behind; the next host takes over")
                        break
                else:
                    if position != began:
                        return
                    if repeated and not past:  # it gives us this one and no more: what comes after it?
                        turns.appendleft((host, True, 0))
        except Silent as error:
            failure = None if over else failure
            if wire == V1:
                yield Batch()  # from its tip alone a stalled host cannot be told from a small one
            else:
                quiet = Quiet(error.reason, hint="It has stalled, or nobody is there: it is tried again by itself.")
        except SourceUnavailable as error:
            failure = error
            if isinstance(error, TooLong) and wire != V1 and over <= FURTHEST:  # v1 goes on from its tip as it is
                again = position is not None and position == stuck
                stuck = position
                turns.appendleft((host, False, over + 1 if again else 0))
    if failure is not None and (not stood or isinstance(failure, TooLong)):  # met again wherever it is said again
        raise failure
    if quiet is not None:
        if not spoke:
            raise quiet
        yield Batch()  # one that lives and has nothing to say repeats its last, and does not hang up


def lost_between(
    sources: Sequence[Source], since: datetime, until: datetime, reason: str = FORGOTTEN
) -> dict[int, Gap]:
    """What can no longer be had from any host, as far as the events collect."""
    return {
        source.id: Gap(since=max(since, source.collect_from), until=until, reason=reason)
        for source in sources
        if until > max(since, source.collect_from)
    }
