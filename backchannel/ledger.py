"""What the collector is lent of the database: ``collector.ledger.Ledger`` over storage functions."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from backchannel.plan import Lent, Networks
from collector.ledger import Accepted, FailedMedia, FetchedMedia, Key, PendingMedia
from storage import authors, intake, media, sources
from storage.shelf import Shelf
from storage.store import Store
from storage.tail import Tail
from timeline.network import Health, Source
from timeline.post import Cursor, Heard

AT_LEAST_S = 4.0  # sources also change as time passes, and a commit may go unheard


class StoreLedger:
    """The ledger of one process."""

    def __init__(
        self,
        store: Store,
        tail: Tail,
        shelf: Shelf,
        networks: Networks,
        lent: Lent,
        *,
        at_least_s: float = AT_LEAST_S,
    ) -> None:
        """``at_least_s``: what is waited for is looked at this often, also where no commit is heard of."""
        self._store = store
        self._tail = tail
        self._shelf = shelf
        self._networks = networks
        self._lent = lent
        self._at_least_s = at_least_s

    async def sources(self) -> list[Source]:
        found = await self._store.read(sources.active, datetime.now(UTC), self._networks)
        return [self._lent.lend(source) for source in found]

    async def sources_changed(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._tail.anything(), self._at_least_s)

    async def cursors(self, source_ids: Sequence[int]) -> dict[Key, Cursor]:
        return await self._store.read(sources.cursors, source_ids)

    async def accept(
        self,
        heard: Sequence[Heard],
        *,
        source_ids: Sequence[int],
        cursors: Mapping[Key, Cursor] | None = None,
        backfill: bool = False,
    ) -> Accepted:
        taken = await self._store.write(
            intake.accept,
            heard,
            source_ids=source_ids,
            networks=self._networks,
            cursors=cursors,
            backfill=backfill,
            at=datetime.now(UTC),
        )
        return Accepted(added=taken.added, changed=taken.changed, removed=taken.removed, dropped=taken.dropped)

    async def knows(self, refs: Sequence[str], *, source_ids: Sequence[int]) -> set[str]:
        return await self._store.read(intake.knows, refs, source_ids)

    async def report(self, source_id: int, health: Health) -> None:
        await self._store.write(sources.report, source_id, health)

    async def next_polls(self) -> dict[int, datetime]:
        return await self._store.read(sources.next_polls)

    async def unknown_authors(self, network: str, *, limit: int) -> list[str]:
        return await self._store.read(authors.unknown, network, limit, datetime.now(UTC))

    async def pending_media(self, *, limit: int) -> list[PendingMedia]:
        found = await self._store.read(media.pending, limit, datetime.now(UTC))
        return [
            PendingMedia(key=one.key, source_url=one.source_url, shape=one.shape, attempts=one.attempts)
            for one in found
        ]

    async def media_pending(self) -> None:
        while True:
            committed = asyncio.ensure_future(self._tail.anything())  # before the look, so that none is missed
            try:
                if await self.pending_media(limit=1):
                    return
                await asyncio.wait({committed}, timeout=self._at_least_s)
            finally:
                committed.cancel()

    async def keep_media(self, key: str, outcome: FetchedMedia | FailedMedia) -> None:
        if isinstance(outcome, FailedMedia):
            await self._store.write(media.fail, key, retry_at=outcome.retry_at, at=datetime.now(UTC))
            return
        content_hash = await asyncio.to_thread(self._shelf.put, outcome.content)
        await self._store.write(
            media.keep,
            key,
            content_hash=content_hash,
            content_type=outcome.content_type,
            width=outcome.width,
            height=outcome.height,
            size_bytes=len(outcome.content),
            at=datetime.now(UTC),
        )
