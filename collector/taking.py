"""One poll, from the first question to the last commit."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import cast

import structlog

from collector import budget
from collector.adapter import Ask, Asked, Batch
from collector.http import Http
from collector.hubs import NOBODY
from collector.ledger import Ledger
from collector.trust import Trust
from timeline.errors import SourceUnavailable
from timeline.network import Source

log = structlog.get_logger()


class Taking:
    """Asks an adapter and commits what it yields; ``heard`` is told a network's key when something new came in."""

    def __init__(
        self, ledger: Ledger, http: Http, trust: Trust, *, heard: Callable[[str], None], deadline_s: float
    ) -> None:
        """A poll is ended after ``deadline_s`` and goes on at its next turn."""
        self._ledger = ledger
        self._http = http
        self._trust = trust
        self._heard = heard
        self._deadline_s = deadline_s
        self._found: dict[int, str] = {}

    def forget(self, source_id: int) -> None:
        """The source is no longer polled."""
        self._found.pop(source_id, None)

    async def take(self, adapter: Asked, source: Source, now: datetime) -> tuple[bool, float | None]:
        """Commit batch after batch; whether the source is level, and its own rhythm. Raises SourceUnavailable."""
        taken, rhythm_s = 0, None
        try:
            async with asyncio.timeout(self._deadline_s) as deadline:
                left = await self._ledger.allowance([source.id]) if adapter.INFO.budget else None
                if left == 0:
                    raise budget.spent(now)
                cursors = await self._ledger.cursors([source.id])
                agreed = await self._ledger.subscription(source.id)
                ask = Ask(source=source, cursors=cursors, now=now, allowance=left, subscription=agreed)
                async with aclosing(cast(AsyncGenerator[Batch, None], adapter.fetch(ask, self._http))) as batches:
                    async for batch in batches:
                        untold = await self._trust.untold(source, adapter.INFO, batch, now)
                        accepted = await self._ledger.accept(
                            batch.heard,
                            source_ids=[source.id],
                            cursors=batch.cursors,
                            backfill=batch.backfill,
                            read=batch.read,
                            gaps=batch.gaps,
                        )
                        if batch.hub is not None and batch.hub != (agreed.hub if agreed else NOBODY):
                            await self._ledger.follow(source.id, batch.hub)
                        taken += 1
                        rhythm_s = batch.every_s or rhythm_s
                        self._say(source, batch.found)
                        if accepted.added:
                            self._heard(source.kind)
                            if untold:
                                self._trust.doubt(source)
                        if batch.read and left is not None and accepted.left is not None:
                            left -= len(batch.read)
                            if accepted.left == 0:
                                raise budget.spent(datetime.now(UTC))
                            if accepted.left < left:
                                return False, rhythm_s  # others have read beside: on with what is left now
        except TimeoutError:
            if not deadline.expired():
                raise
            if not taken:
                raise SourceUnavailable(f"nothing came of it within {self._deadline_s:.0f} s") from None
            return False, rhythm_s
        return True, rhythm_s

    def _say(self, source: Source, found: str | None) -> None:
        if found and self._found.get(source.id) != found:
            self._found[source.id] = found
            log.info("source says", source=source.id, kind=source.kind, found=found)
