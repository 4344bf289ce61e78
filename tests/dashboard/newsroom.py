"""An event in a real database, and somebody who speaks in it."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from storage import events, intake, sources
from storage.store import Store
from timeline.event import Event
from timeline.network import NetworkInfo, Source
from timeline.post import Author, Heard, Post, Removal, Sighting

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CHAT = NetworkInfo(key="chat", label="Chat", fields=(), deletes="scoped", tagged=False)
ANN = Author(
    network="chat", uri="https://chat.example/ann", name="Ann Lee", handle="@ann", url="https://chat.example/ann"
)


def an_event(slug: str = "conf", **changes: Any) -> Event:
    return Event(
        **{
            "id": 0,
            "slug": slug,
            "title": "A conference",
            "timezone": "Europe/London",
            "starts_at": NOON - timedelta(days=1),
            "ends_at": NOON + timedelta(days=1),
            "collect_from": NOON - timedelta(days=15),
            "collect_until": NOON + timedelta(days=15),
            "hashtags": ("conf",),
        }
        | changes
    )


@dataclass
class Newsroom:
    """Everything said goes through the one way in; each call is a commit, and returns the event's last number."""

    store: Store
    event: Event
    source: Source
    spoken: itertools.count = field(default_factory=itertools.count)

    @classmethod
    async def open(cls, store: Store, event: Event | None = None, *, trusted: bool = False) -> "Newsroom":
        kept = await store.write(events.save, event or an_event(), origin="command", at=NOON)
        wanted = Source(
            id=0,
            event_id=kept.id,
            kind="chat",
            address=f"chat of {kept.slug}",
            trusted=trusted,
            collect_from=kept.collect_from,
            collect_until=kept.collect_until,
        )
        await store.write(sources.sync, kept.id, [wanted], origin="command", at=NOON)
        [source] = [one for one in await store.read(sources.active, NOON, {"chat": CHAT}) if one.event_id == kept.id]
        return cls(store, kept, source)

    async def says(self, words: str = "hello", **changes: Any) -> int:
        """A new post."""
        return await self.hears([self.a_post(words, **changes)])

    def a_post(self, words: str, *, uri: str | None = None, **changes: Any) -> Sighting:
        count = next(self.spoken)
        uri = uri or f"https://chat.example/{count}"
        post = Post(
            **{
                "network": "chat",
                "uri": uri,
                "url": uri,
                "author": ANN,
                "published_at": NOON + timedelta(seconds=count),
                "html": f"<p>{words}</p>",
            }
            | changes
        )
        return Sighting(ref=uri, post=post)

    async def removes(self, uri: str) -> int:
        return await self.hears([Removal(ref=uri)])

    async def hears(self, heard: Sequence[Heard]) -> int:
        await self.store.write(
            intake.accept, heard, source_ids=[self.source.id], networks={"chat": CHAT}, at=NOON + timedelta(minutes=1)
        )
        return await self.number()

    async def number(self) -> int:
        return (await self.store.read(events.by_slug, self.event.slug)).seq
