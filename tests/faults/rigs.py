"""Each network as the faults meet it: a stand-in behind a bad way, and people who post there.

A new network is one class here and a line in ``RIGS``; the matrix then tries every fault on it.
"""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol, Self

from yarl import URL

from tests.factories import a_source
from tests.fakes.feedserver import FeedServer, rss
from tests.fakes.hub import FakeHub
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.mastodon import FakeMastodon
from tests.fakes.mastodon_stream import FakeStreaming
from tests.fakes.trouble import Way
from tests.fakes.x import FakeX
from timeline.network import Secret, Source
from timeline.post import Post

EVERY_S = 0.03


class Rig(Protocol):
    """``async with``: then ``source`` collects by ``way``, and what is said, edited and deleted is there to be had.

    ``polled`` and ``listened`` say which of a case's expectations hold, ``ordered`` that its pages have one
    order. ``lines``: it is heard by an answer without end; what is the same for another rig of that server is
    not tried again. ``edits`` and ``deletes``: whether the network tells of them at all. ``skew`` is how far
    its clock is off.
    """

    name: str
    network: str
    polled: bool
    listened: bool
    ordered: bool
    lines: bool
    edits: bool
    deletes: bool
    skew: timedelta
    way: Way

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *error: object) -> None: ...

    @property
    def source(self) -> Source: ...

    def say(self, words: str) -> Any: ...

    def edit(self, said: Any, words: str) -> None: ...

    def delete(self, said: Any) -> None: ...

    def words(self, post: Post) -> str:
        """What ``say`` was given, read from the post that came of it."""


class _Open:
    """What rigs share: things that are opened one after the other, and closed in the end."""

    polled = listened = lines = False
    ordered = edits = deletes = True
    skew = timedelta()
    way: Way

    def __init__(self) -> None:
        self._stack = AsyncExitStack()

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    async def _way_to(self, port: int) -> None:
        self.way = await self._stack.enter_async_context(Way(port))

    def _source(self, kind: str, *, every_s: float | None = None, **settings: Any) -> Source:
        return a_source(kind=kind, address=self.way.url, settings=settings, every_s=every_s)

    def words(self, post: Post) -> str:
        return post.text.split(" #")[0]


class MastodonPolled(_Open):
    """Without a token: asked, and looked at again for what is gone."""

    name = network = "mastodon"
    polled = True

    async def __aenter__(self) -> Self:
        self.server = await self._stack.enter_async_context(FakeMastodon(streaming=self._streaming()))
        await self._way_to(self.server.port)
        return self

    def _streaming(self) -> FakeStreaming:
        return FakeStreaming()

    @property
    def source(self) -> Source:
        return self._source("mastodon", every_s=EVERY_S, server=self.way.url)

    def say(self, words: str) -> Any:
        return self.server.post(words, at=self.now())

    def edit(self, said: Any, words: str) -> None:
        self.server.edit(said, words, at=self.now())

    def delete(self, said: Any) -> None:
        self.server.delete(said)


class MastodonStreaming(MastodonPolled):
    """With a token: heard, and asked for what was missed."""

    name = "mastodon streaming"
    listened = True

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.server.streaming_url = self.way.ws
        return self

    def _streaming(self) -> FakeStreaming:
        return FakeStreaming(ping_s=0.1)

    @property
    def source(self) -> Source:
        return self._source("mastodon", server=self.way.url, token=Secret("s3cret"))


class MastodonAnswers(MastodonStreaming):
    """Where a server offers no web sockets, but answers without end."""

    name = "mastodon sse"
    lines = True

    def _streaming(self) -> FakeStreaming:
        return FakeStreaming(sockets=False, thump_s=0.1)


class BlueskyV2(_Open):
    name = "bluesky v2"
    network = "bluesky"
    listened = True
    wire = "v2"

    async def __aenter__(self) -> Self:
        self.host = await self._stack.enter_async_context(FakeJetstream())
        await self._way_to(self.host.port)
        return self

    @property
    def source(self) -> Source:
        return self._source("bluesky", jetstream=(self.way.ws,), wire=self.wire, appview=self.way.url)

    def say(self, words: str) -> Any:
        return self.host.post(f"{words} #pyconf", at=self.now())

    def edit(self, said: Any, words: str) -> None:
        self.host.edit(said, f"{words} #pyconf", at=self.now())

    def delete(self, said: Any) -> None:
        self.host.delete(said, at=self.now())


class BlueskyV1(BlueskyV2):
    name = "bluesky v1"
    wire = "v1"


class XBoth(_Open):
    """Heard by the filtered stream, asked for what was missed; what is deleted it tells only to who looks it up."""

    name = network = "x"
    polled = listened = True
    deletes = False

    async def __aenter__(self) -> Self:
        self.server = await self._stack.enter_async_context(FakeX(heartbeat_s=0.1))
        await self._way_to(self.server.port)
        return self

    @property
    def source(self) -> Source:
        return self._source("x", bearer_token=Secret(self.server.token), api=self.way.url)

    def say(self, words: str) -> Any:
        return self.server.post(f"{words} #pyconf", at=self.now())

    def edit(self, said: Any, words: str) -> None:
        self.server.edit(said, f"{words} #pyconf", at=self.now())

    def delete(self, said: Any) -> None:
        self.server.delete(said)


class FeedPolled(_Open):
    name = network = "feed"
    polled = True
    ordered = False
    deletes = False  # an entry that is gone may only have made room for newer ones

    async def __aenter__(self) -> Self:
        self.server = await self._stack.enter_async_context(FeedServer())
        self.entries: list[dict[str, str]] = []
        await self._way_to(URL(self.server.url("/")).port or 0)
        self._publish()
        return self

    @property
    def source(self) -> Source:
        return self._source("feed", every_s=EVERY_S, url=f"{self.way.url}/feed")

    def say(self, words: str) -> Any:
        address = f"https://meadow.example/{len(self.entries)}"
        said = {"title": words, "link": address, "pubDate": format_datetime(self.now())}
        self.entries.append(said)
        self._publish()
        return said

    def edit(self, said: Any, words: str) -> None:
        said["title"] = words
        self._publish()

    def delete(self, _: Any) -> None:
        raise AssertionError("feeds tell of no deletions")

    def words(self, post: Post) -> str:
        return str(post.title)

    def _publish(self) -> None:
        self.server.serve("/feed", self.page(*self.entries))

    def page(self, *entries: dict[str, str]) -> str:
        """The feed, if it had these entries, the oldest first."""
        newest_first = (
            f"<item>{''.join(f'<{name}>{value}</{name}>' for name, value in entry.items())}</item>"
            for entry in reversed(entries)
        )
        return rss(*newest_first, head=self._head())

    def _head(self) -> str:
        return ""


class FeedPushed(FeedPolled):
    """With a hub, which is none of the matrix: it goes wrong on another way than the feed does."""

    async def __aenter__(self) -> Self:
        self.hub = await self._stack.enter_async_context(FakeHub())
        return await super().__aenter__()

    def _head(self) -> str:
        return f'<atom:link rel="hub" href="{self.hub.url}"/><atom:link rel="self" href="{self.way.url}/feed"/>'


RIGS: dict[str, type[Rig]] = {
    rig.name: rig
    for rig in (
        MastodonPolled, MastodonStreaming, MastodonAnswers, BlueskyV2, BlueskyV1, XBoth, FeedPolled,
    )
}  # fmt: skip
