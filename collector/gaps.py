"""Reaching back: what was said before a source began, or while we were away, on a second connection."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog

from collector.adapter import BACK, Batch, Repeating
from collector.backoff import Backoff
from collector.drain import Drain
from collector.health import Reports
from collector.http import Http
from collector.ledger import Accepted, Key, Ledger
from timeline.errors import SourceUnavailable
from timeline.network import Source
from timeline.post import Cursor

log = structlog.get_logger()

TOLD = 2  # failures in a row that are more than a host that comes up again


def open_gaps(cursors: Mapping[Key, Cursor]) -> set[int]:
    """The sources that still have something to reach back for."""
    return {source_id for (source_id, key), cursor in cursors.items() if key == BACK and cursor}


async def reach_back(
    adapter: Repeating,
    sources: Sequence[Source],
    ledger: Ledger,
    http: Http,
    *,
    live: Mapping[Key, Cursor],
    backoff: Backoff,
    taken: Callable[[Batch, Accepted | None], Awaitable[None]],
    reports: Reports,
) -> None:
    """Return once every gap of ``sources`` is closed.

    Progress is a cursor of its own in the ledger, so it is where it was after a kill. What
    keeps failing is told and tried again with back-off; the live connection does not notice.
    """
    started_at, added = datetime.now(UTC), 0
    held: list[Source] = []

    async def comes_on(batch: Batch, accepted: Accepted | None) -> None:
        nonlocal added
        added += accepted.added if accepted is not None else 0
        if batch.cursors:
            backoff.worked()
            while held:
                await reports.well(held.pop(), at=datetime.now(UTC), part="back")
        await taken(batch, accepted)

    while True:
        cursors = await ledger.cursors([source.id for source in sources])
        still_open = open_gaps(cursors)
        if not still_open:
            tell = log.info if added else log.debug  # a line that is often taken up anew mostly missed nothing
            tell("reached back", network=adapter.INFO.key, added=added, took_s=round(_since(started_at)))
            return
        reaching = [source for source in sources if source.id in still_open]
        try:
            batches = adapter.reach_back(reaching, cursors, http, live=live)
            await Drain(ledger, adapter.INFO, reaching).run(batches, comes_on)
        except SourceUnavailable as error:
            if not backoff.failures:
                log.info("reaching back is held up", network=adapter.INFO.key, reason=error.reason)
            wait_s = backoff.failed(error.retry_after_s)
            if backoff.failures >= TOLD:
                held = list(reaching)
                for source in reaching:
                    await reports.failing(source, _of_the_past(error), at=datetime.now(UTC), part="back")
            await asyncio.sleep(wait_s)
        else:
            if open_gaps(await ledger.cursors([source.id for source in reaching])):
                await asyncio.sleep(backoff.failed())  # hung up half-way


def _of_the_past(error: SourceUnavailable) -> SourceUnavailable:
    return SourceUnavailable(
        f"What was missed cannot be read yet: {error.reason}", hint=error.hint, retry_after_s=error.retry_after_s
    )


def _since(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()
