"""A conference in a real database behind a real server, and people who post at it."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from dashboard.app import listen, make_app
from dashboard.auth import Desk
from dashboard.hub import Pace
from dashboard.site import Site
from storage import events, intake, sources
from storage.shelf import Shelf
from storage.store import Store
from storage.tail import Tail
from tests.factories import HOUR, MINUTE, NETWORKS, SECOND, a_sighting, a_source, an_event
from timeline.event import Event
from timeline.post import Heard, Removal

TOKEN = "the token of these tests"
QUICK = Pace(coalesce_s=0.01, busy_coalesce_s=0.02, beat_s=0.5, stall_s=2.0, again_s=0.05)


@dataclass
class Hall:
    """One event that is on now. Everything said goes through the one way in."""

    store: Store
    event: Event
    source_ids: dict[str, int]
    folder: Path
    base: datetime
    port: int = 0
    runner: web.AppRunner | None = None
    tail: Tail | None = None
    spoken: itertools.count = field(default_factory=itertools.count)

    @classmethod
    async def open(cls, store: Store, folder: Path) -> "Hall":
        now = datetime.now(UTC).replace(microsecond=0)
        wanted = an_event(starts_at=now - 30 * HOUR, ends_at=now + 20 * HOUR, collect_from=now - 99 * HOUR)
        event = await store.write(events.save, wanted, origin="command", at=now)
        told = [a_source(kind=kind, event_id=event.id) for kind in NETWORKS]
        await store.write(sources.sync, event.id, told, origin="command", at=now)
        ids = {one.kind: one.id for one in await store.read(sources.active, now, NETWORKS)}
        return cls(store, event, ids, folder, base=now - 2 * HOUR)

    async def start(self) -> None:
        """Serve, on the port served before if there was one."""
        self.tail = Tail(self.store)
        await self.tail.start()
        app = make_app(
            store=self.store,
            tail=self.tail,
            site=Site(title="Society live events", base_url="http://live.example", contact="desk@live.example"),
            networks=list(NETWORKS.values()),
            shelf=Shelf(self.folder / "media", 10_000_000),
            ready=_ready,
            pace=QUICK,
            desk=Desk(TOKEN),
        )
        self.runner = await listen(app, host="127.0.0.1", port=self.port)
        self.port = self.runner.addresses[0][1]

    async def stop(self) -> None:
        if self.runner is not None and self.tail is not None:
            await self.runner.cleanup()
            await self.tail.stop()
            self.runner = None

    def __truediv__(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def at(self, count: int) -> datetime:
        """When the post of this number was published."""
        return self.base + count * SECOND

    async def says(self, words: str, **differently: Any) -> str:
        """A post, one second younger than the last; what its source calls it."""
        [ref] = await self.says_each([words], **differently)
        return ref

    async def says_each(
        self,
        many: Sequence[str],
        *,
        ref: str = "",
        network: str = "mastodon",
        backfill: bool = True,
        **differently: Any,
    ) -> list[str]:
        """Several posts in one commit, oldest first."""
        heard = []
        for words in many:
            count = next(self.spoken)
            post = {"published_at": self.at(count), "html": f"<p>{words} #harbour26</p>"} | differently
            heard.append(a_sighting(ref or f"post-{count}", network=network, **post))
        await self._hear(heard, network, backfill=backfill)
        return [one.ref for one in heard]

    async def removes(self, ref: str, network: str = "mastodon") -> None:
        await self._hear([Removal(ref=ref)], network, backfill=False)

    async def _hear(self, heard: Sequence[Heard], network: str, *, backfill: bool) -> None:
        await self.store.write(
            intake.accept, heard, source_ids=[self.source_ids[network]], networks=NETWORKS,
            backfill=backfill, at=datetime.now(UTC) + MINUTE,
        )  # fmt: skip


async def _ready() -> str | None:
    return None
