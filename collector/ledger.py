"""What the composition root lends the collector: its only way to the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from timeline.network import Gap, Health, Source
from timeline.post import Cursor, Heard

Key = tuple[int, str]
"""A source's id and the hashtag or account it is asked for ('' where it is asked as a whole)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of a batch: posts new to the database, edits, removals, the rest by reason.

    ``left`` is how many posts may still be read today; None where reading costs nothing.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    dropped: Mapping[str, int]
    left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A document that a hub brought."""

    id: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Who pushes a source, and under which name; both '' for nobody."""

    url: str
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What was agreed with a hub. ``since`` is None where it is not agreed, or not any more."""

    hub: Hub
    since: datetime | None
    heard_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a hub is to be asked: to push a source to ``callback``, or, ``leaving``, no longer to."""

    key: str
    hub: Hub
    callback: str
    secret: str
    leaving: bool


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
        read: Sequence[str] = (),
        gaps: Mapping[int, Gap] | None = None,
        pushes: Sequence[int] = (),
    ) -> Accepted:
        """Take in, in order, what a line of sources heard, and move its cursors in the same commit.

        Each post goes to the event of every source in ``source_ids`` that it belongs to.
        ``backfill`` says that these are older posts fetched afterwards, not late ones.
        ``read`` are refs whose reading is charged for, each once a UTC day; ``gaps``, by source
        id, is what can no longer be had; ``pushes`` are done with.
        """

    async def pushed(self) -> set[int]:
        """The sources for which something was pushed that is not taken in yet."""

    async def push(self, source_id: int) -> Push | None:
        """What was pushed first of all that waits for this source."""

    async def subscription(self, source_id: int) -> Subscription | None:
        """What stands between this source and its hub; None also where no hub could reach us."""

    async def follow(self, source_id: int, hub: Hub) -> None:
        """Have this hub, and no other, push the source; does nothing where no hub could reach us."""

    async def requests(self) -> tuple[list[Request], datetime | None]:
        """What hubs are to be asked now, and when there will be more to ask."""

    async def asking(self, request: Request) -> None:
        """Keep that the hub is being asked: it may answer before it has answered us."""

    async def put_off(self, request: Request, until: datetime) -> None:
        """Ask no sooner."""

    async def allowance(self, source_ids: Sequence[int]) -> int | None:
        """How many posts these sources may still read today; None where reading costs nothing."""

    async def knows(self, refs: Sequence[str], *, source_ids: Sequence[int]) -> set[str]:
        """Which of ``refs`` these sources have shown us before."""

    async def lasting(self) -> list[Source]:
        """Every source that was not stopped, of past events too."""

    async def due_again(
        self, network: str, announced_since: Mapping[int, datetime | None], *, seldom: bool, limit: int
    ) -> dict[int, list[str]]:
        """Which posts are to be looked at again, newest first: refs by the source to ask, of those given.

        With each source, since when its network announces deletions and edits without a break;
        None where it announces nothing. ``seldom`` asks for what takes long to find: old posts.
        """

    async def uris(self, refs: Sequence[str], *, source_id: int) -> dict[str, str]:
        """What everybody calls the posts that this source knows by these refs; those it never showed are left out."""

    async def quoted(self, network: str, *, limit: int) -> list[str]:
        """Uris of posts that shown ones quote or answer and that we do not have, those named last first."""

    async def keep_quoted(self, heard: Sequence[Heard], *, source_id: int) -> None:
        """Keep posts for the cards that quote or answer them, or that they are gone; they come into no timeline."""

    async def looked_at(self, refs: Sequence[str], *, source_id: int) -> None:
        """Note that this source was asked for these posts, whatever it told of them."""

    async def report(self, source_id: int, health: Health) -> None:
        """Keep what the last attempt came to."""

    async def failing(self) -> dict[int, datetime]:
        """Which sources fail, as last reported, and since when."""

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
