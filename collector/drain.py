"""From what an adapter yields into the ledger: in order, together, never ahead of the commit."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import cast

from collector import budget
from collector.adapter import BACK, Batch
from collector.ledger import Accepted, Key, Ledger
from timeline.network import Gap, NetworkInfo, Source
from timeline.post import AuthorAway, AuthorGone, Cursor, Heard, Removal, Sighting
from timeline.view import belongs

MOST_WAITING = 500  # notices that may be nobody's, kept back at most


class Drain:
    """One line's way into the ledger.

    What is certainly ours is committed at once. What only moves the cursor waits up to
    ``wait_s``, and so do a firehose's deletions and edits of posts that may be nobody's, and
    what it says of accounts: a second's worth of them is then one question to the ledger, not fifty.
    """

    def __init__(
        self,
        ledger: Ledger,
        info: NetworkInfo,
        sources: Sequence[Source],
        *,
        wait_s: float = 1.0,
        reached: Callable[[Mapping[Key, Cursor]], None] = lambda _: None,
    ) -> None:
        """``reached`` hears of a cursor as soon as it is read, before anything of its batch is looked up."""
        self._ledger = ledger
        self._info = info
        self._sources = sources
        self._wait_s = wait_s
        self._reached = reached
        self._heard: list[tuple[Heard, str | None]] = []
        self._cursors: dict[Key, Cursor] = {}
        self._read: list[str] = []
        self._gaps: dict[int, Gap] = {}
        self._backfill = False
        self._due: float | None = None  # the loop's time by which the waiting must be committed

    async def run(
        self, batches: AsyncIterator[Batch], taken: Callable[[Batch, Accepted | None], Awaitable[None]]
    ) -> None:
        """Take in everything until ``batches`` end; nothing more is read before what must be is committed.

        ``taken`` follows each batch, with what became of it where it was committed at once, as the first
        always is: what follows from a line that stands finds its cursors.
        Raises SourceUnavailable once what may be read today has been.
        """
        clock, first = asyncio.get_running_loop().time, True
        async with aclosing(cast(AsyncGenerator[Batch, None], batches)) as source:
            ahead = asyncio.ensure_future(anext(source, None))
            try:
                while True:
                    done, _ = await asyncio.wait({ahead}, timeout=None if self._due is None else self._due - clock())
                    if not done:
                        await self._commit()
                        continue
                    if ahead.exception() is not None or (batch := ahead.result()) is None:
                        await self._commit()
                        ahead.result()
                        return
                    if batch.backfill != self._backfill:
                        await self._commit()
                    must = self._add(batch, clock()) or first
                    first = False
                    accepted = await self._commit() if must else None
                    await taken(batch, accepted)
                    if batch.read and accepted is not None and accepted.left == 0:
                        raise budget.spent(datetime.now(UTC))
                    ahead = asyncio.ensure_future(anext(source, None))
            finally:
                ahead.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await ahead

    def _add(self, batch: Batch, now: float) -> bool:
        """Put a batch with those that wait; whether they must wait no longer."""
        self._reached(batch.cursors)
        doubts = [self._doubt(thing) for thing in batch.heard]
        self._heard += zip(batch.heard, doubts, strict=True)
        self._cursors.update(batch.cursors)
        self._read += batch.read
        self._gaps.update(batch.gaps)
        self._backfill = batch.backfill
        if self._due is None and (batch.heard or batch.cursors or batch.read or batch.gaps):
            self._due = now + self._wait_s
        pressing = any(
            doubt is None and not isinstance(thing, AuthorAway | AuthorGone)  # everybody's, and most are nobody to us
            for thing, doubt in zip(batch.heard, doubts, strict=True)
        )
        if pressing or batch.read or batch.gaps or any(key == BACK for _, key in batch.cursors):
            return True
        return len(self._heard) >= MOST_WAITING or (self._due is not None and now >= self._due)

    def _doubt(self, thing: Heard) -> str | None:
        """The ref by which to ask whether this is about a post of ours; None where it certainly is."""
        if self._info.deletes != "firehose":
            return None
        match thing:
            case Removal(ref=ref):
                return ref
            case Sighting(ref=ref, post=post) if not any(belongs(post, s, self._info) for s in self._sources):
                return ref
            case _:
                return None

    async def _commit(self) -> Accepted | None:
        if self._due is None:
            return None
        waiting, cursors, read, gaps = self._heard, self._cursors, self._read, self._gaps
        self._heard, self._cursors, self._read, self._gaps, self._due = [], {}, [], {}, None
        ids = [source.id for source in self._sources]
        doubtful = {ref for _, ref in waiting if ref is not None}
        ours: set[str] = set()
        if doubtful:  # also what was created in this very handful, and so is not in the ledger yet
            ours = {thing.ref for thing, ref in waiting if ref is None and isinstance(thing, Sighting)}
            ours |= await self._ledger.knows(sorted(doubtful - ours), source_ids=ids)
        heard = [thing for thing, ref in waiting if ref is None or ref in ours]
        return await self._ledger.accept(
            heard, source_ids=ids, cursors=cursors, backfill=self._backfill, read=read, gaps=gaps
        )
