"""The seam every network fills: one module in ``collector/networks/`` with these names.

An adapter module has ``INFO`` and ``check``; ``fetch`` where it can be asked, ``line`` and
``listen`` where it speaks by itself, ``reach_back`` where it can also repeat itself,
``profiles`` where authors are looked up apart, ``recall`` and ``look_up`` where single posts
can be asked for, ``asks`` where some of its sources have nothing to be asked. One that has
both ``fetch`` and ``listen`` is polled at once whenever its line stands: what was said in
between is fetched, not listened for. It has no clock, no database, no settings and logs
nothing per post: time and cursor come with the call, failures leave as ``SourceUnavailable``,
single unreadable posts as ``Unreadable``.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from collector.http import Http
from collector.ledger import Hub, Key, Push, Subscription
from timeline.errors import SourceUnavailable
from timeline.network import Gap, NetworkInfo, Source
from timeline.post import AuthorUpdate, Cursor, Heard, Removal, Sighting

BACKFILL_POSTS = 2_000  # a first run reaches back this many posts at most
BACK = "(reach back)"
"""In a cursor's key in place of a hashtag: how far reaching back has come; an empty cursor there is a closed gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What was heard together, committed together with the cursors it moves.

    ``read`` are the refs of posts whose reading is charged for, each once a UTC day; when the
    day's budget is spent, nothing more is taken. ``gaps``, by source id, is what can no
    longer be had. ``pushes`` are done with; ``hub`` is who should push the source from now on,
    None where nothing was learnt of that.
    """

    heard: Sequence[Heard] = ()
    cursors: Mapping[Key, Cursor] = field(default_factory=dict)
    backfill: bool = False
    found: str | None = None  # said once, for people: "feed found at …"
    every_s: float | None = None  # the source's own rhythm; wins over the default where longer and nothing is set
    read: Sequence[str] = ()
    gaps: Mapping[int, Gap] = field(default_factory=dict)
    pushes: Sequence[int] = ()
    hub: Hub | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One poll of one source.

    ``allowance`` is how many posts may still be read today, above 0; None where reading costs
    nothing. ``subscription`` is what stands between the source and its hub. Where there are
    ``pushes``, what hubs brought, only these are read, and nobody is asked.
    """

    source: Source
    cursors: Mapping[Key, Cursor]
    now: datetime
    allowance: int | None = None
    subscription: Subscription | None = None
    pushes: Sequence[Push] = ()


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
class Choosing(Asked, Protocol):
    """A network with sources that are only listened to."""

    def asks(self, source: Source) -> bool:
        """Whether there is anything to ask of this source."""


@runtime_checkable
class Listening(Adapter, Protocol):
    """A network that speaks by itself."""

    def line(self, source: Source) -> str | None:
        """Sources with the same line share one connection, whatever events they serve.

        None where this one does not speak by itself, and is only asked.
        """

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


@runtime_checkable
class Recalling(Adapter, Protocol):
    """A network that can be asked for single posts again, ``RECALLED`` of them at most together."""

    RECALLED: int

    async def recall(self, refs: Sequence[str], source: Source, http: Http) -> list[Heard]:
        """These posts as they are now: a Sighting, or a Removal where the network says that one is gone.

        Whose state it does not tell is left out. Raises SourceUnavailable.
        """


@runtime_checkable
class Quoting(Recalling, Protocol):
    """A network that recalls posts by their uris and at no cost, so that what posts quote can be fetched."""

    BY_URI: bool


@runtime_checkable
class Tracing(Recalling, Protocol):
    """A network whose servers hold copies of each other's posts, and drop them without any author's wish."""

    async def gone_at_home(self, uris: Sequence[str], source: Source, http: Http) -> set[str]:
        """Which of these posts, that the source no longer has, are gone where they were written."""


@runtime_checkable
class Finding(Adapter, Protocol):
    """A network that finds the post at a web address."""

    async def look_up(self, url: str, source: Source, http: Http) -> Sighting | Removal | None:
        """The post, or that it is gone; None where the address is none of this source's. Raises SourceUnavailable."""


@runtime_checkable
class Naming(Adapter, Protocol):
    """A network that knows a post's uri from its web address without asking."""

    def uri_at(self, url: str) -> str | None:
        """The uri of the post at ``url``; None for an address that is not of this network."""


def require_words(source: Source, network: NetworkInfo) -> None:
    """Raises SourceUnavailable where neither a hashtag nor an account says what to look for."""
    by_words = network.tagged or source.keep == "tagged"
    if by_words and not source.hashtags and not source.accounts:
        accounts = any(field.name == "accounts" for field in network.fields)
        hint = f"Give the event a hashtag{', or the source accounts' if accounts else ''}."
        raise SourceUnavailable("there is nothing to ask for", hint=hint)
