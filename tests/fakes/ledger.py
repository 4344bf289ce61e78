"""A ledger in memory, to watch what the collector does with it; the database has its own tests and journeys."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from collector.ledger import (
    Accepted,
    FailedMedia,
    FetchedMedia,
    Hub,
    Key,
    PendingMedia,
    Push,
    Request,
    Subscription,
)
from timeline.network import Gap, Health, Source
from timeline.post import AuthorAway, AuthorGone, AuthorUpdate, Cursor, Heard, Post, Removal, Sighting


class MemoryLedger:
    """Keeps posts by uri. ``until`` waits for something to become true; ``accepts`` has every call."""

    def __init__(self, *sources: Source) -> None:
        self.listed = list(sources)
        self.posts: dict[str, Post] = {}
        self.refs: dict[str, str] = {}
        self.authors: dict[str, AuthorUpdate] = {}
        self.away: dict[str, str | None] = {}
        self.kept: dict[Key, Cursor] = {}
        self.health: dict[int, Health] = {}
        self.reports: list[tuple[int, Health]] = []
        self.accepts: list[tuple[list[Heard], tuple[int, ...], bool]] = []
        self.questions: list[list[str]] = []
        self.quotations: dict[str, Sighting | Removal] = {}
        self.stale: dict[int, list[str]] = {}  # refs to look at again, by source
        self.wondered: list[dict[int, datetime | None]] = []
        self.due: dict[int, datetime] = {}
        self.failed_before: dict[int, datetime] = {}  # as a process before this one reported
        self.read: list[str] = []  # what was charged for
        self.budget: int | None = None
        self.gaps: dict[int, Gap] = {}
        self.inbox: list[tuple[int, Push]] = []
        self.subscriptions: dict[int, Subscription] = {}
        self.followed: list[tuple[int, Hub]] = []
        self.asked: list[Request] = []
        self.requested: list[Request] = []
        self.due_requests: dict[str, datetime] = {}
        self.fails: Exception | None = None  # what the next accept raises
        self._changed = asyncio.Condition()
        self._relisted = asyncio.Event()

    async def until(self, true: Callable[[], object], timeout_s: float = 10) -> None:
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(true)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def relist(self, *sources: Source) -> None:
        self.listed = list(sources)
        self._relisted.set()

    def texts(self) -> set[str]:
        return {post.html for post in self.posts.values()}

    async def sources(self) -> list[Source]:
        return self.listed

    async def sources_changed(self) -> None:
        await self._relisted.wait()
        self._relisted.clear()

    async def cursors(self, source_ids: Sequence[int]) -> dict[Key, Cursor]:
        return {key: cursor for key, cursor in self.kept.items() if key[0] in source_ids}

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
        if self.fails is not None:
            error, self.fails = self.fails, None
            raise error
        added = changed = removed = 0
        for thing in heard:
            match thing:
                case Sighting(ref=ref, post=post):
                    added += post.uri not in self.posts
                    changed += post.uri in self.posts and self.posts[post.uri] != post
                    self.posts[post.uri], self.refs[ref] = post, post.uri
                case Removal(ref=ref):
                    removed += self.posts.pop(self.refs.pop(ref, ""), None) is not None
                case AuthorUpdate(author=author):
                    self.authors[author.uri] = thing
                case AuthorAway(uri=uri, label=label):
                    self.away[uri] = label
                case AuthorGone(uri=uri):
                    self.posts = {each: post for each, post in self.posts.items() if post.author.uri != uri}
        self.kept.update(cursors or {})
        self.inbox = [(source_id, push) for source_id, push in self.inbox if push.id not in pushes]
        self.gaps.update(gaps or {})
        self.read += [ref for ref in read if ref not in self.read]
        self.accepts.append((list(heard), tuple(source_ids), backfill))
        await self._tell()
        return Accepted(
            added=added, changed=changed, removed=removed, dropped={}, left=await self.allowance(source_ids)
        )

    async def allowance(self, source_ids: Sequence[int]) -> int | None:  # noqa: ARG002 one account only
        return None if self.budget is None else max(self.budget - len(self.read), 0)

    async def pushed(self) -> set[int]:
        return {source_id for source_id, _ in self.inbox}

    async def push(self, source_id: int) -> Push | None:
        return next((push for each, push in self.inbox if each == source_id), None)

    async def subscription(self, source_id: int) -> Subscription | None:
        return self.subscriptions.get(source_id)

    async def follow(self, source_id: int, hub: Hub) -> None:
        self.followed.append((source_id, hub))
        await self._tell()

    async def requests(self) -> tuple[list[Request], datetime | None]:
        return list(self.requested), None

    async def asking(self, request: Request) -> None:
        self.requested.remove(request)
        self.asked.append(request)

    async def put_off(self, request: Request, until: datetime) -> None:
        self.due_requests[request.key] = until
        await self._tell()

    async def knows(self, refs: Sequence[str], *, source_ids: Sequence[int]) -> set[str]:  # noqa: ARG002 one event only
        self.questions.append(list(refs))
        await self._tell()
        return self.refs.keys() & set(refs)

    async def lasting(self) -> list[Source]:
        return self.listed

    async def due_again(
        self,
        network: str,  # noqa: ARG002 one network only
        announced_since: Mapping[int, datetime | None],
        *,
        seldom: bool,
        limit: int,
    ) -> dict[int, list[str]]:
        self.wondered.append(dict(announced_since))
        stale = {} if seldom else self.stale
        return {each: refs[:limit] for each, refs in stale.items() if each in announced_since and refs}

    async def uris(self, refs: Sequence[str], *, source_id: int) -> dict[str, str]:  # noqa: ARG002 one source only
        return {ref: self.refs[ref] for ref in refs if ref in self.refs}

    async def quoted(self, network: str, *, limit: int) -> list[str]:  # noqa: ARG002 one network only
        named = [uri for post in self.posts.values() for uri in (post.quotes, post.in_reply_to)]
        return [uri for uri in dict.fromkeys(named) if uri and uri not in self.quotations][:limit]

    async def keep_quoted(self, heard: Sequence[Heard], *, source_id: int) -> None:  # noqa: ARG002 one event only
        told = [one for one in heard if isinstance(one, Sighting | Removal)]
        self.quotations |= {one.ref: one for one in told}
        await self._tell()

    async def looked_at(self, refs: Sequence[str], *, source_id: int) -> None:
        self.stale[source_id] = [ref for ref in self.stale[source_id] if ref not in refs]
        await self._tell()

    async def report(self, source_id: int, health: Health) -> None:
        self.health[source_id] = health
        self.reports.append((source_id, health))
        await self._tell()

    async def failing(self) -> dict[int, datetime]:
        return dict(self.failed_before)

    async def next_polls(self) -> dict[int, datetime]:
        return self.due

    async def unknown_authors(self, network: str, *, limit: int) -> list[str]:  # noqa: ARG002 one network only
        authors = {post.author.uri for post in self.posts.values() if not post.author.known}
        return sorted(authors - self.authors.keys())[:limit]

    async def pending_media(self, *, limit: int) -> list[PendingMedia]:  # noqa: ARG002 none ever
        return []

    async def media_pending(self) -> None:
        await asyncio.Event().wait()

    async def keep_media(self, key: str, outcome: FetchedMedia | FailedMedia) -> None:
        raise AssertionError(f"no picture {key} was pending, and {outcome} came")


def a_source(
    source_id: int = 1, kind: str = "mastodon", hashtags: tuple[str, ...] = ("pyconf",), **more: object
) -> Source:
    """A source of event 1 that collects from the beginning of time to its end."""
    whole = {
        "event_id": 1,
        "address": f"{kind} {source_id}",
        "collect_from": datetime(2000, 1, 1, tzinfo=UTC),
        "collect_until": datetime(2100, 1, 1, tzinfo=UTC),
        "settings": {},
    }
    return Source(id=source_id, kind=kind, hashtags=hashtags, **{**whole, **more})  # type: ignore[arg-type]
