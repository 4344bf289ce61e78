"""What the collector is lent of the database: ``collector.ledger.Ledger`` over storage functions."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from backchannel.figures import CollectorFigures
from backchannel.hubs import StoreHubs
from backchannel.plan import Lent, Networks
from collector.ledger import Accepted, FailedMedia, FetchedMedia, Key, PendingMedia
from storage import authors, intake, media, quotations, rechecks, sources
from storage.shelf import Shelf
from storage.store import Store
from storage.tail import Tail
from timeline.network import Gap, Health, Source
from timeline.post import Cursor, Heard

AT_LEAST_S = 4.0  # sources also change as time passes, and a commit may go unheard


class StoreLedger(StoreHubs):
    """The ledger of one process."""

    def __init__(
        self,
        store: Store,
        tail: Tail,
        shelf: Shelf,
        networks: Networks,
        lent: Lent,
        *,
        callbacks: str | None = None,
        figures: CollectorFigures | None = None,
        at_least_s: float = AT_LEAST_S,
    ) -> None:
        """``callbacks`` is this site's address where hubs can reach it, ``figures`` count what comes in.

        ``at_least_s``: what is waited for is looked at this often, also where no commit is heard of.
        """
        self._store = store
        self._tail = tail
        self._shelf = shelf
        self._networks = networks
        self._lent = lent
        self._callbacks = callbacks
        self._figures = figures or CollectorFigures()
        self._kinds: dict[int, str] = {}
        self._at_least_s = at_least_s

    async def sources(self) -> list[Source]:
        found = await self._store.read(sources.active, datetime.now(UTC), self._networks)
        self._kinds |= {source.id: source.kind for source in found}
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
        read: Sequence[str] = (),
        gaps: Mapping[int, Gap] | None = None,
        pushes: Sequence[int] = (),
    ) -> Accepted:
        taken = await self._store.write(
            intake.accept,
            heard,
            source_ids=source_ids,
            networks=self._networks,
            cursors=cursors,
            backfill=backfill,
            read=read,
            gaps=gaps,
            pushes=pushes,
            at=datetime.now(UTC),
        )
        kind = next((self._kinds[each] for each in source_ids if each in self._kinds), "other")
        self._figures.taken(kind, taken)
        return Accepted(
            added=taken.added, changed=taken.changed, removed=taken.removed, dropped=taken.dropped, left=taken.left
        )

    async def allowance(self, source_ids: Sequence[int]) -> int | None:
        return await self._store.read(intake.allowance, source_ids, self._networks, datetime.now(UTC))

    async def knows(self, refs: Sequence[str], *, source_ids: Sequence[int]) -> set[str]:
        return await self._store.read(intake.knows, refs, source_ids)

    async def lasting(self) -> list[Source]:
        return [self._lent.lend(source) for source in await self._store.read(sources.lasting)]

    async def due_again(
        self, network: str, announced_since: Mapping[int, datetime | None], *, seldom: bool, limit: int
    ) -> dict[int, list[str]]:
        info = self._networks[network]
        return await self._store.read(
            rechecks.due, info, announced_since, seldom=seldom, limit=limit, at=datetime.now(UTC)
        )

    async def uris(self, refs: Sequence[str], *, source_id: int) -> dict[str, str]:
        return await self._store.read(rechecks.uris, refs, source_id=source_id)

    async def quoted(self, network: str, *, limit: int) -> list[str]:
        return await self._store.read(quotations.wanted, network, limit=limit, at=datetime.now(UTC))

    async def keep_quoted(self, heard: Sequence[Heard], *, source_id: int) -> None:
        await self._store.write(quotations.keep, heard, source_id=source_id, at=datetime.now(UTC))

    async def looked_at(self, refs: Sequence[str], *, source_id: int) -> None:
        await self._store.write(rechecks.looked_at, refs, source_id=source_id, at=datetime.now(UTC))

    async def report(self, source_id: int, health: Health) -> None:
        await self._store.write(sources.report, source_id, health)
        self._figures.reported(self._kinds.get(source_id, "other"), health)

    async def failing(self) -> dict[int, datetime]:
        return await self._store.read(sources.failing)

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
