"""The seam every network fills: one module in ``collector/networks/`` with these names.

An adapter module has ``INFO`` and ``check``; ``fetch`` where it can be asked, ``line`` and
``listen`` where it speaks by itself, ``reach_back`` where it can also repeat itself,
``profiles`` where authors are looked up apart. It has no clock, no database, no settings
and logs nothing per post: time and cursor come with the call, failures leave as
``SourceUnavailable``, single unreadable posts as ``Unreadable``.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from collector.http import Http
from collector.ledger import Key
from timeline.errors import SourceUnavailable
from timeline.network import NetworkInfo, Source
from timeline.post import AuthorUpdate, Cursor, Heard

BACKFILL_POSTS = 2_000  # a first run reaches back this many posts at most (CONTRACT.md section 6)
BACK = "(reach back)"
"""In a cursor's key in place of a hashtag: how far reaching back has come; an empty cursor there is a closed gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What was heard together, committed together with the cursors it moves."""

    heard: Sequence[Heard] = ()
    cursors: Mapping[Key, Cursor] = field(default_factory=dict)
    backfill: bool = False
    found: str | None = None  # said once, for people: "feed found at …"
    every_s: float | None = None  # the source's own rhythm; wins over the default where longer and nothing is set


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One poll of one source."""

    source: Source
    cursors: Mapping[Key, Cursor]
    now: datetime


@runtime_checkable
class Adapter(Protocol):
    """Any network."""

    INFO: NetworkInfo

    async def check(self, source: Source, http: Http) -> str:
        """Try the source once without keeping anything; one line of what was found. Raises SourceUnavailable."""


@runtime_checkable
class Asked(Adapter, Protocol):
    """A network we ask."""

    def fetch(self, ask: Ask, http: Http) -> AsyncIterator[Batch]:
        """Yield what is new since the cursors, until level. Raises SourceUnavailable.

        It may be ended between any two batches; asked again, it goes on from the cursors.
        """


@runtime_checkable
class Listening(Adapter, Protocol):
    """A network that speaks by itself."""

    def line(self, source: Source) -> str:
        """Sources with the same line share one connection, whatever events they serve."""

    def listen(
        self, sources: Sequence[Source], cursors: Mapping[Key, Cursor], http: Http, *, now: datetime
    ) -> AsyncIterator[Batch]:
        """Yield what is said until the other side hangs up; reconnecting belongs to the caller.

        The first batch, perhaps empty, says that the connection stands. Where a source
        starts at the live tip although something before it is missing, it carries a cursor
        under ``BACK``, and the caller runs ``reach_back`` beside. Raises SourceUnavailable.
        """


@runtime_checkable
class Repeating(Listening, Protocol):
    """A network that can say again what it said before."""

    def reach_back(
        self, sources: Sequence[Source], cursors: Mapping[Key, Cursor], http: Http, *, live: Mapping[Key, Cursor]
    ) -> AsyncIterator[Batch]:
        """Yield what was said since the cursors under ``BACK``, oldest first, until level with ``live``.

        ``live`` is what ``listen`` has come to by now and changes while this runs. Only a
        reading that meets it has seen every edit and deletion of what it brings. The last
        batch closes the gaps. Raises SourceUnavailable.
        """


@runtime_checkable
class Introducing(Adapter, Protocol):
    """A network whose authors are looked up apart from their posts."""

    async def profiles(self, uris: Sequence[str], sources: Sequence[Source], http: Http) -> list[AuthorUpdate]:
        """Look authors up together; who is not found is left out. Raises SourceUnavailable."""


def require_words(source: Source, network: NetworkInfo) -> None:
    """Raises SourceUnavailable where neither a hashtag nor an account says what to look for."""
    by_words = network.tagged or source.keep == "tagged"
    if by_words and not source.hashtags and not source.accounts:
        accounts = any(field.name == "accounts" and not field.later for field in network.fields)
        hint = f"Give the event a hashtag{', or the source accounts' if accounts else ''}."
        raise SourceUnavailable("there is nothing to ask for", hint=hint)
