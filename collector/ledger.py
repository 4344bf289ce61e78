"""What the composition root lends the collector: its only way to the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from timeline.network import Health, Source
from timeline.post import Cursor, Heard

Key = tuple[int, str]
"""A source's id and the hashtag or account it is asked for ('' where it is asked as a whole)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of a batch: posts new to the database, edits, removals, the rest by reason."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMedia:
    """A picture to fetch. ``shape`` bounds what is kept of it."""

    key: str
    source_url: str
    shape: Literal["picture", "avatar"]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedMedia:
    """A picture as it is to be kept: already sniffed, bounded and stripped of metadata."""

    content: bytes
    content_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedMedia:
    """A picture we could not get; tried again at ``retry_at``, never where that is None."""

    reason: str
    retry_at: datetime | None


class Ledger(Protocol):
    """Every call is one committed transaction when it returns; none raises for bad posts."""

    async def sources(self) -> list[Source]:
        """Every source that is to be collected now; of past events those that still tell of deletions."""

    async def sources_changed(self) -> None:
        """Return once the answer of ``sources`` may have become another (also after a time, to be safe)."""

    async def cursors(self, source_ids: Sequence[int]) -> dict[Key, Cursor]:
        """Where these sources stand; a key never collected is absent."""

    async def accept(
        self,
        heard: Sequence[Heard],
        *,
        source_ids: Sequence[int],
        cursors: Mapping[Key, Cursor] | None = None,
        backfill: bool = False,
    ) -> Accepted:
        """Take in, in order, what a line of sources heard, and move its cursors in the same commit.

        Each post goes to the event of every source in ``source_ids`` that it belongs to.
        ``backfill`` says that these are older posts fetched afterwards, not late ones.
        """

    async def knows(self, refs: Sequence[str], *, source_ids: Sequence[int]) -> set[str]:
        """Which of ``refs`` these sources have shown us before."""

    async def report(self, source_id: int, health: Health) -> None:
        """Keep what the last attempt came to."""

    async def next_polls(self) -> dict[int, datetime]:
        """When each polled source is due, as last reported; absent means now."""

    async def unknown_authors(self, network: str, *, limit: int) -> list[str]:
        """Identifiers of authors whose profile is still to come or over a day old, most wanted first."""

    async def pending_media(self, *, limit: int) -> list[PendingMedia]:
        """Pictures to be fetched now, newest posts first."""

    async def media_pending(self) -> None:
        """Return once ``pending_media`` may have something (also after a time, to be safe)."""

    async def keep_media(self, key: str, outcome: FetchedMedia | FailedMedia) -> None:
        """Keep a picture, or that there is none; its posts change either way."""
