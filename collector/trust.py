"""Whether live lines tell all that is said: what a poll beside one finds, it should have told before."""

from datetime import datetime, timedelta

import structlog

from collector.adapter import Batch
from collector.ledger import Ledger
from timeline.network import NetworkInfo, Source
from timeline.post import Sighting

log = structlog.get_logger()

PROMPT = timedelta(minutes=1)  # what was said within it may be on its way by both roads
REAL_TIME = timedelta(hours=6)  # what reaches a server later than this it streams to nobody (Mastodon)


class Trust:
    """A line is trusted from its first complete poll on, until one finds what it kept to itself."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stood: dict[int, datetime] = {}
        self._since: dict[int, datetime] = {}
        self._doubted: set[int] = set()

    def stands(self, source_id: int, at: datetime) -> None:
        """The line stands anew: what was said before is not its fault."""
        self._stood[source_id] = at
        self._since.pop(source_id, None)
        self._doubted.discard(source_id)

    def fell(self, source_id: int) -> None:
        """The line is gone."""
        self._stood.pop(source_id, None)
        self._since.pop(source_id, None)

    def level(self, source_id: int, at: datetime) -> None:
        """A poll that began at ``at`` read everything there was."""
        stood = self._stood.get(source_id)
        if stood is not None and at >= stood:
            self._since.setdefault(source_id, at)

    async def untold(self, source: Source, info: NetworkInfo, batch: Batch, now: datetime) -> bool:
        """Whether a poll's batch has what the line should have told, and did not; not asked where reading costs."""
        since = self._since.get(source.id)
        if since is None or batch.backfill or source.id in self._doubted or info.budget is not None:
            return False
        since = max(since, now - REAL_TIME)
        shown = [one for one in batch.heard if isinstance(one, Sighting)]
        due = {one.ref for one in shown if one.post.published_at and since < one.post.published_at < now - PROMPT}
        return bool(due) and not due <= await self._ledger.knows(sorted(due), source_ids=[source.id])

    def doubt(self, source: Source) -> None:
        """A poll found one of these that was new to us."""
        self._doubted.add(source.id)
        log.warning("line does not tell everything", source=source.id, kind=source.kind)

    def trusts(self, source_id: int) -> bool:
        """Whether the line alone will do for now."""
        return source_id not in self._doubted
