"""Reaching back in Jetstream: what was said before a source began, or while nobody listened."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

from collector import bluesky_source as of
from collector import jetstream
from collector.adapter import BACK, Batch
from collector.bluesky_accounts import Followed
from collector.bluesky_line import TOO_LARGE, lost_between
from collector.frames import Silent, TooLong
from collector.http import Http
from collector.jetstream_position import FURTHEST, REWIND, V1, Position
from collector.jetstream_wire import NOT_SO, Stream, dial
from collector.ledger import Key
from collector.refusals import Refused
from timeline.errors import SourceUnavailable
from timeline.network import Gap, Source
from timeline.post import Cursor

CLAMPED = timedelta(minutes=10)  # v1 does not say that it begins later than asked: a firehose is never this quiet
SETTLED = timedelta(seconds=5)  # on v1, what is reordered where a replay turns live comes within this


async def reach_back(
    sources: Sequence[Source], cursors: Mapping[Key, Cursor], http: Http, *, live: Mapping[Key, Cursor]
) -> AsyncIterator[Batch]:
    """Posts since the oldest gap, as fast as the host gives them, until they meet what was heard live.

    What the live line saw created it also sees deleted. So it is enough to pass where that
    line was when we began, and then to come to where it is by that time: every deletion of
    what only we bring has then come by here as well.
    """
    kept = [cursor for source in sources if (cursor := cursors.get((source.id, BACK)))]
    starts = [(at, int(cursor.get("over", 0))) for cursor in kept if (at := Position.kept(cursor))]
    position, over = min(starts, key=lambda start: start[0].at)
    beyond = position.over(over)
    wire, wanted, pictures = of.wire(sources[0]), of.wanted(sources), of.pictures(sources[0])
    followed = await Followed.of(sources, cursors, http)
    closed: dict[Key, Cursor] = {(source.id, BACK): {} for source in sources}
    opening = goal = None

    def ahead() -> Position | None:
        return Position.kept(live.get((sources[0].id, "")))

    async with AsyncExitStack() as stack:
        found = await _anywhere(stack, http, sources[0], beyond)
        if found is None:
            until = ahead()
            gaps = lost_between(sources, position.at, until.at) if until else {}
            closed |= of.searched(sources, gaps)
            yield Batch(cursors=closed, backfill=True, gaps=gaps, found="no host repeats anything from so long ago")
            return
        stream, host = found
        began, asked = position, position
        outdated, first = False, None
        try:
            async for some in stream:
                handful = jetstream.hear(some, host, wanted, pictures, wire=wire, followed=followed.handles())
                if handful.lost and not over:  # the host was built anew and began at its tip: once more, by time
                    anew: dict[Key, Cursor] = {key: position.by_time().cursor() for key in closed}
                    yield Batch(cursors=anew, backfill=True)
                    return
                outdated = outdated or handful.outdated
                missed: dict[int, Gap] = {}
                begins = jetstream.began(some, host, wire) if first is None else None
                if begins and (outdated or (wire == V1 and begins.at - beyond.at > CLAMPED)):
                    missed = lost_between(sources, asked.at, begins.at)
                elif begins and over:
                    missed = lost_between(sources, asked.at, begins.at, TOO_LARGE)
                first = first or begins
                position = handful.position or position
                opening = opening or ahead()
                if goal is None and opening is not None and position.level_with(opening):
                    goal = ahead()
                level = goal is not None and position.level_with(goal)
                if level and goal is not None and wire == V1:
                    level = position.at >= goal.at + SETTLED
                moved: dict[Key, Cursor] = {key: position.cursor() for key in closed}
                where = {**(closed if level else moved), **of.searched(sources, missed)}
                yield Batch(heard=handful.heard, cursors=where, backfill=True, gaps=missed)
                if level:
                    return
            if position == began and position.seq is not None:  # hung up over one that is kept already
                yield Batch(cursors={key: position.past().cursor() for key in closed}, backfill=True)
        except TooLong:
            if position != began:
                raise  # met again from here, and then passed over
            until = ahead()
            if over < FURTHEST or until is None:
                yield Batch(
                    cursors={key: position.cursor(over=min(over + 1, FURTHEST)) for key in closed}, backfill=True
                )
            else:
                gaps = lost_between(sources, position.at, until.at, TOO_LARGE)
                yield Batch(cursors=closed | of.searched(sources, gaps), backfill=True, gaps=gaps)
        except Silent:  # nothing more to be had, unless the live line has seen what we have not
            if _nothing_beyond(position, ahead()):
                yield Batch(cursors=closed, backfill=True)
            else:  # this one has stalled: the next goes on from here
                several = of.hosts(sources[0])
                following = several[(several.index(host) + 1) % len(several)]
                yield Batch(cursors={key: position.moved_to(following).cursor() for key in closed}, backfill=True)


def _nothing_beyond(position: Position, live: Position | None) -> bool:
    """Whether the live line has come no further than we have, as far as two hosts can be compared."""
    if live is None or live.seq is None or position.level_with(live):
        return True
    return live.host != position.host and live.at <= position.at + REWIND


async def _anywhere(stack: AsyncExitStack, http: Http, source: Source, position: Position) -> tuple[Stream, str] | None:
    """The stream from ``position`` by the first host that has it; None where no host goes back so far."""
    failure: SourceUnavailable | None = None
    wire = of.wire(source)
    for host in of.turns(source, position):
        for start in dict.fromkeys((position, position.by_time())):
            try:
                return await stack.enter_async_context(dial(http, host, wire, start)), host
            except SourceUnavailable as error:
                if isinstance(error, Refused) and error.status == NOT_SO:
                    continue
                failure = error
                break
    if failure is not None:
        raise failure
    return None
