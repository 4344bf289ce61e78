"""How each source is: told to the ledger at every attempt, to the log only when it changes."""

import traceback
from datetime import datetime
from pathlib import Path

import structlog

from collector.ledger import Ledger
from timeline.errors import SourceUnavailable
from timeline.network import Health, Source

log = structlog.get_logger()

OURS = SourceUnavailable(
    "Backchannel could not make sense of this source",
    hint="A fault of ours, noted in the log; the other sources go on.",
)


class Reports:
    """One for the whole collector, so that a state is known to be new."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._failing: set[int] = set()

    async def well(self, source: Source, *, at: datetime, next_poll_at: datetime | None = None) -> None:
        if source.id in self._failing:
            self._failing.discard(source.id)
            log.info("source is back", source=source.id, kind=source.kind)
        await self._ledger.report(source.id, Health(state="ok", at=at, next_poll_at=next_poll_at))

    async def failing(
        self, source: Source, error: SourceUnavailable, *, at: datetime, next_poll_at: datetime | None = None
    ) -> None:
        """A host that asked us to wait makes us wait; anything else fails."""
        if source.id not in self._failing:
            self._failing.add(source.id)
            log.warning("source fails", source=source.id, kind=source.kind, reason=error.reason)
        await self._ledger.report(
            source.id,
            Health(
                state="failing" if error.retry_after_s is None else "waiting",
                at=at,
                error=error.reason,
                hint=error.hint or None,
                next_poll_at=next_poll_at,
            ),
        )

    def forget(self, source_id: int) -> None:
        """The source is no longer collected."""
        self._failing.discard(source_id)


def log_fault(what: str, error: BaseException, **about: object) -> None:
    """An error that is ours: its type and place, never its words, which may be somebody's post."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    log.error(what, fault=type(error).__name__, place=place, **about)
