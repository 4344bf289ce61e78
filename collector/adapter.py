"""The seam every network fills: one module in ``collector/networks/`` with these names.

An adapter module has ``INFO`` and ``check``; ``fetch`` where it can be asked, ``line`` and
``listen`` where it speaks by itself, ``profiles`` where authors are looked up apart. It has
no clock, no database, no settings and logs nothing per post: time and cursor come with the
call, failures leave as ``SourceUnavailable``, single unreadable posts as ``Unreadable``.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from collector.http import Http
from collector.ledger import Key
from timeline.network import NetworkInfo, Source
from timeline.post import AuthorUpdate, Cursor, Heard

BACKFILL_POSTS = 2_000  # a first run reaches back this many posts at most (CONTRACT.md section 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What was heard together, committed together with the cursors it moves."""

    heard: Sequence[Heard]
    cursors: Mapping[Key, Cursor] = field(default_factory=dict)
    backfill: bool = False
    found: str | None = None  # said once, for people: "feed found at …"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One poll of one source."""

    source: Source
    cursors: Mapping[Key, Cursor]
    now: datetime


class Asked(Protocol):
    """A network we ask."""

    INFO: NetworkInfo

    def fetch(self, ask: Ask, http: Http) -> AsyncIterator[Batch]:
        """Yield what is new since the cursors, until level. Raises SourceUnavailable."""

    async def check(self, source: Source, http: Http) -> str:
        """Try the source once without keeping anything; one line of what was found. Raises SourceUnavailable."""


class Listening(Protocol):
    """A network that speaks by itself."""

    INFO: NetworkInfo

    def line(self, source: Source) -> str:
        """Sources with the same line share one connection, whatever events they serve."""

    def listen(
        self, sources: Sequence[Source], cursors: Mapping[Key, Cursor], http: Http, *, now: datetime
    ) -> AsyncIterator[Batch]:
        """Yield what is said until the other side hangs up; reconnecting belongs to the caller.

        Raises SourceUnavailable.
        """

    async def profiles(self, uris: Sequence[str], sources: Sequence[Source], http: Http) -> list[AuthorUpdate]:
        """Look authors up together. Raises SourceUnavailable."""

    async def check(self, source: Source, http: Http) -> str:
        """As for a network that is asked."""
