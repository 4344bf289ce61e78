"""How each source is: told to the ledger at every attempt, to the log only when it changes."""

import asyncio
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

import structlog

from collector.ledger import Ledger
from timeline.errors import SourceUnavailable
from timeline.network import Health, Source, SourceState

log = structlog.get_logger()

OURS = SourceUnavailable(
    "Backchannel could not make sense of this source",
    hint="A fault of ours, noted in the log; the other sources go on.",
)


Part = Literal["poll", "line", "back"]
"""The two ways in which a source may be heard, and reaching back for what was missed, which is told beside them."""


class Reports:
    """One for the whole collector, so that a state is known to be new.

    A source that is both asked and listened to is well while one of the two works; what is
    wrong with the other is told beside. What failed before a restart is not new after it: it
    still fails, or is back.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._parts: dict[int, dict[Part, SourceUnavailable | None]] = {}
        self._next: dict[int, datetime] = {}
        self._before: dict[int, datetime] | None = None  # what failed when this process began, until it is heard of
        self._looking = asyncio.Lock()

    async def well(
        self, source: Source, *, at: datetime, next_poll_at: datetime | None = None, part: Part = "poll"
    ) -> None:
        before = await self._failed_before(source)
        parts = self._parts.setdefault(source.id, {})
        if parts.get(part) is not None or before:
            log.info("source is back", source=source.id, kind=source.kind, part=part)
        parts[part] = None
        await self._tell(source, parts, at, self._next_poll(source.id, part, next_poll_at))

    async def failing(
        self,
        source: Source,
        error: SourceUnavailable,
        *,
        at: datetime,
        next_poll_at: datetime | None = None,
        part: Part = "poll",
    ) -> None:
        """A host that asked us to wait makes us wait; anything else fails."""
        before = await self._failed_before(source)
        parts = self._parts.setdefault(source.id, {})
        if parts.get(part) is None:
            what = "source still fails" if before else "source fails"
            log.warning(what, source=source.id, kind=source.kind, part=part, reason=error.reason)
        parts[part] = error
        await self._tell(source, parts, at, self._next_poll(source.id, part, next_poll_at))

    def forget(self, source_id: int, part: Part) -> None:
        """The source is no longer heard in this way."""
        parts = self._parts.get(source_id, {})
        parts.pop(part, None)
        if part == "poll":
            self._next.pop(source_id, None)
        if not parts:
            self._parts.pop(source_id, None)

    async def _failed_before(self, source: Source) -> bool:
        """Whether it failed when this process began; only the first word of it can be compared with that."""
        async with self._looking:
            if self._before is None:
                self._before = await self._ledger.failing()
        return self._before.pop(source.id, None) is not None

    def _next_poll(self, source_id: int, part: Part, told: datetime | None) -> datetime | None:
        """When it is polled, where it is: the line's own next try does not move that."""
        if part == "poll" and told is not None:
            self._next[source_id] = told
        return self._next.get(source_id, told)

    async def _tell(
        self, source: Source, parts: Mapping[Part, SourceUnavailable | None], at: datetime, due: datetime | None
    ) -> None:
        wrong = next((error for part in ("poll", "line", "back") if (error := parts.get(part)) is not None), None)
        state: SourceState = "ok"
        ways = [error for part, error in parts.items() if part != "back"]
        if ways and all(ways):
            state = "failing" if any(e.retry_after_s is None for e in ways if e is not None) else "waiting"
        hint = wrong.hint or None if wrong else None
        await self._ledger.report(
            source.id,
            Health(state=state, at=at, error=wrong.reason if wrong else None, hint=hint, next_poll_at=due),
        )


def log_fault(what: str, error: BaseException, **about: object) -> None:
    """An error that is ours: its type and place, never its words, which may be somebody's post."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    log.error(what, fault=type(error).__name__, place=place, **about)
