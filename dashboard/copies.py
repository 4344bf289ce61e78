"""The last posts of an event as browsers keep them, drawn once for all who ask.

Two hundred cards take a tenth of a second: whoever comes meanwhile shares them, a card is drawn again only when its
post has changed, and others have their turn in between.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from dashboard import languages, thrift
from dashboard.render import Renderer
from storage import items
from storage.store import Store
from timeline.event import Event
from timeline.item import Item, Place

POSTS = 180
_KEPT_S = 60.0  # then nothing is remembered of anybody's words
_SLICE = 10  # cards drawn before others have their turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One card: ``at`` is when its post was published, in milliseconds."""

    id: int
    at: float
    seq: int
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The posts, newest first, as of change ``seq``; ``next`` is where older ones begin."""

    event: Event
    seq: int
    posts: tuple[Kept, ...]
    next: Place | None


@dataclass(slots=True)
class _Shelf:
    """What is remembered of one event in one language."""

    copy: Copy | None = None
    drawing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Copies:
    """Copies by event and language."""

    def __init__(self, store: Store, renderer: Renderer, dehydrated: Collection[str]) -> None:
        """Posts of ``dehydrated`` networks are for their network alone to keep."""
        self._store = store
        self._renderer = renderer
        self._dehydrated = dehydrated
        self._shelves: dict[tuple[int, str], _Shelf] = {}

    async def of(self, event: Event) -> Copy:
        """As it is now; who asks while it is drawn waits for that, and draws again only what has changed since."""
        key = (event.id, languages.spoken().tag)
        shelf = self._shelves.get(key)
        if shelf is None:
            shelf = self._shelves[key] = _Shelf()
            asyncio.get_running_loop().call_later(_KEPT_S, self._shelves.pop, key, None)
        async with shelf.drawing:
            if shelf.copy is None or shelf.copy.seq < event.seq:
                shelf.copy = await self._draw(event, shelf.copy)
            return shelf.copy

    async def _draw(self, event: Event, old: Copy | None) -> Copy:
        page = await self._store.read(items.page, event.id, before=None, limit=POSTS)
        same = old is not None and replace(old.event, seq=0) == replace(event, seq=0)
        known = {(post.id, post.seq): post for post in old.posts} if old is not None and same else {}
        posts: list[Kept] = []
        for item in page.items:
            if self._may_be_kept(item):
                posts.append(known.get((item.id, item.seq)) or self._card(item, event))
                if len(posts) % _SLICE == 0:
                    await asyncio.sleep(0)
        return Copy(event=event, seq=page.seq, posts=tuple(posts), next=page.next)

    def _card(self, item: Item, event: Event) -> Kept:
        with thrift.drawing(thrifty=False):  # what was kept has no picture anyway, and says so
            html = self._renderer.card_or_broken(item, event)
        return Kept(id=item.id, at=item.published_at.timestamp() * 1000, seq=item.seq, html=html)

    def _may_be_kept(self, item: Item) -> bool:
        said = [item.post, item.quotation.post if item.quotation else None]
        return all(post is None or post.network not in self._dehydrated for post in said)
