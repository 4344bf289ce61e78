"""A ledger in memory, to watch what the collector does with it; the database has its own tests and journeys."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from collector.ledger import Accepted, FailedMedia, FetchedMedia, Key, PendingMedia
from timeline.network import Health, Source
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
        self.due: dict[int, datetime] = {}
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
        self.accepts.append((list(heard), tuple(source_ids), backfill))
        await self._tell()
        return Accepted(added=added, changed=changed, removed=removed, dropped={})

    async def knows(self, refs: Sequence[str], *, source_ids: Sequence[int]) -> set[str]:  # noqa: ARG002 one event only
        self.questions.append(list(refs))
        await self._tell()
        return self.refs.keys() & set(refs)

    async def report(self, source_id: int, health: Health) -> None:
        self.health[source_id] = health
        self.reports.append((source_id, health))
        await self._tell()

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
