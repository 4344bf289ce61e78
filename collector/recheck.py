"""What networks do not announce is looked at again: deletions and edits of posts that we show.

Which posts are due the ledger knows, by their age and by when they were last confirmed. Asking
never keeps a poll waiting: one request at a time to a server, at a pace that leaves it room.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import structlog

from collector.adapter import Adapter, Listening, Recalling, Tracing
from collector.backoff import Backoff
from collector.health import log_fault
from collector.http import Http
from collector.ledger import Ledger
from timeline.errors import SourceUnavailable
from timeline.network import Source
from timeline.post import Heard, Removal

log = structlog.get_logger()

LOOK_AHEAD = 500
AT_ONCE = 8  # requests under way, however many servers there are
TURN = 40  # requests to one server before what is due is asked for anew: what is newest never waits behind an archive
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Rechecks:
    """``run`` until cancelled; ``line_stands`` and ``line_fell`` say which sources speak by themselves just now."""

    def __init__(
        self,
        ledger: Ledger,
        http: Http,
        adapters: Mapping[str, Adapter],
        *,
        look_s: float = 15.0,
        seldom_s: float = 600.0,
        pace_s: float = 1.5,
        first_s: float = 30.0,
        most_s: float = 1800.0,
    ) -> None:
        """Old posts are looked through every ``seldom_s``. ``pace_s`` lies between two requests to one
        server: two thirds of what Mastodon allows (300 in 5 minutes), the rest is for the polls. After
        failures a server is left alone for ``first_s`` to ``most_s``, or for as long as it asks.
        """
        self._ledger = ledger
        self._http = http
        self._adapters = {key: adapter for key, adapter in adapters.items() if isinstance(adapter, Recalling)}
        self._look_s = look_s
        self._seldom_s = seldom_s
        self._pace_s = pace_s
        self._first_s = first_s
        self._most_s = most_s
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._stood_since: dict[int, datetime] = {}
        self._backoffs: dict[str, Backoff] = {}
        self._resting: dict[str, float] = {}
        self._thorough_at: dict[str, float] = {}
        self._turns: dict[str, asyncio.Task[None]] = {}
        self._kept_back: dict[str, tuple[date, int]] = {}

    def line_stands(self, source_ids: Iterable[int]) -> None:
        """The live lines of these have just begun to stand."""
        self._stood_since |= dict.fromkeys(source_ids, datetime.now(UTC))

    def line_fell(self, source_ids: Iterable[int]) -> None:
        """The live lines of these are gone."""
        for source_id in source_ids:
            self._stood_since.pop(source_id, None)

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(self._look_s)  # at the start, too: lines come to stand meanwhile
                await self._look()
        finally:
            turns = list(self._turns.values())
            for turn in turns:
                turn.cancel()
            await asyncio.gather(*turns, return_exceptions=True)

    async def _look(self) -> None:
        """Begin a turn for every server that has something to be asked and is neither being asked nor left alone."""
        now = asyncio.get_running_loop().time()
        idle: dict[str, list[Source]] = defaultdict(list)
        for source in await self._ledger.lasting():
            lane = _lane(source)
            if source.kind in self._adapters and lane not in self._turns and self._resting.get(lane, now) <= now:
                idle[source.kind].append(source)
        for kind, sources in idle.items():
            thorough = [source for source in sources if self._thorough_at.get(_lane(source), now) <= now]
            lanes: dict[str, list[tuple[Source, Sequence[str]]]] = defaultdict(list)
            for source, refs in [*await self._due(kind, sources), *await self._due(kind, thorough, seldom=True)]:
                lanes[_lane(source)].append((source, refs))
            self._thorough_at |= {_lane(source): now + self._seldom_s for source in thorough}
            for lane, asked in lanes.items():
                self._turns[lane] = asyncio.create_task(self._turn(lane, asked), name=f"recheck {lane}")

    async def _due(
        self, kind: str, sources: Sequence[Source], *, seldom: bool = False
    ) -> list[tuple[Source, Sequence[str]]]:
        since = {source.id: self._announced_since(source) for source in sources}
        due = await self._ledger.due_again(kind, since, seldom=seldom, limit=LOOK_AHEAD) if since else {}
        return [(source, due[source.id]) for source in sources if source.id in due]

    def _announced_since(self, source: Source) -> datetime | None:
        """Since when deletions and edits are announced without a break; None while they are not."""
        adapter = self._adapters[source.kind]
        if adapter.INFO.deletes == "none" or not isinstance(adapter, Listening) or source.id not in self._stood_since:
            return None
        # A firehose takes up where it broke off; what it could not have again is noted as a gap.
        return LONG_AGO if adapter.INFO.deletes == "firehose" else self._stood_since[source.id]

    async def _turn(self, lane: str, asked: Sequence[tuple[Source, Sequence[str]]]) -> None:
        backoff = self._backoffs.setdefault(lane, Backoff(first_s=self._first_s, most_s=self._most_s))
        clock = asyncio.get_running_loop().time
        try:
            await self._ask(asked)
        except SourceUnavailable as error:
            if not backoff.failures:
                log.warning("posts are not looked at again for now", lane=lane, reason=error.reason)
            self._resting[lane] = clock() + backoff.failed(error.retry_after_s)
        except Exception as error:
            log_fault("looking again broke", error, lane=lane)
            self._resting[lane] = clock() + backoff.failed()
        else:
            if backoff.failures:
                log.info("posts are looked at again", lane=lane)
            backoff.worked()
            self._resting.pop(lane, None)
        finally:
            del self._turns[lane]

    async def _ask(self, asked: Sequence[tuple[Source, Sequence[str]]]) -> None:
        """Ask for one handful after another. Raises SourceUnavailable."""
        left = TURN
        for source, refs in asked:
            adapter, start = self._adapters[source.kind], 0
            while start < len(refs) and left:
                most = min(adapter.RECALLED, await self._may_read(source, adapter))
                if most <= 0:
                    break
                handful = refs[start : start + most]
                await self._recall(adapter, source, handful)
                start += len(handful)
                left -= 1
                await asyncio.sleep(self._pace_s)

    async def _recall(self, adapter: Recalling, source: Source, refs: Sequence[str]) -> None:
        try:
            async with self._slots:
                heard = await adapter.recall(refs, source, self._http)
                if isinstance(adapter, Tracing):
                    heard = await self._traced(adapter, source, heard)
        except SourceUnavailable:
            raise
        except Exception:  # an adapter's fault: these must not stand in the way of all the others
            await self._ledger.looked_at(refs, source_id=source.id)
            raise
        read = refs if adapter.INFO.budget else ()  # also those that are gone: rather one too many than one too few
        if heard or read:
            await self._ledger.accept(heard, source_ids=[source.id], read=read, backfill=True)
        await self._ledger.looked_at(refs, source_id=source.id)

    async def _traced(self, adapter: Tracing, source: Source, heard: Sequence[Heard]) -> list[Heard]:
        """Without the removals that are no author's wish: a server drops copies of what was said elsewhere."""
        dropped = [one.ref for one in heard if isinstance(one, Removal)]
        if not dropped:
            return list(heard)
        uris = await self._ledger.uris(dropped, source_id=source.id)
        gone = await adapter.gone_at_home(sorted(set(uris.values())), source, self._http)
        return [one for one in heard if not isinstance(one, Removal) or uris.get(one.ref) in gone]

    async def _may_read(self, source: Source, adapter: Recalling) -> int:
        """How many posts may be read now: where it is charged for, half of what was left is kept for new posts."""
        if adapter.INFO.budget is None:
            return adapter.RECALLED
        left = await self._ledger.allowance([source.id])
        if left is None:
            return adapter.RECALLED
        day, kept_back = self._kept_back.get(source.address, (None, 0))
        today = datetime.now(UTC).date()
        if day != today:
            kept_back = left // 2
            self._kept_back[source.address] = (today, kept_back)
        return left - kept_back


def _lane(source: Source) -> str:
    """What is asked one by one: a host where the address names one, whatever events it serves."""
    return f"{source.kind} {urlsplit(source.address).hostname or source.address}"
