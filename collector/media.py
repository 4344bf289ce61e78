"""Pictures of posts and authors, fetched after the post is shown, so that a reader's browser talks to nobody else."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from collector import worker
from collector.adapter import Adapter
from collector.backoff import Backoff
from collector.health import log_fault
from collector.http import MEGABYTE, Http
from collector.ledger import FailedMedia, FetchedMedia, Ledger, PendingMedia
from collector.pictures import NoPicture, remake
from timeline.errors import SourceUnavailable

AT_ONCE = 4
LIMIT_BYTES = 12 * MEGABYTE
TIMEOUT_S = 30.0
DEADLINE_S = 10.0  # to unpack one and write it anew
MEMORY_MB = 320
LARGE_BYTES = MEGABYTE  # beyond this one at a time: it may unpack to nearly MEMORY_MB
RETRIES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
_ACCEPT = "image/avif,image/webp,image/png,image/jpeg,image/gif"
_GONE = (404, 410)


class MediaFetcher:
    """Works off the ledger's pending pictures, a few at a time, as long as it runs."""

    def __init__(
        self,
        ledger: Ledger,
        http: Http,
        adapters: Mapping[str, Adapter],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout_s: float = TIMEOUT_S,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._ledger = ledger
        self._http = http
        self._adapters = adapters
        self._now = now
        self._timeout_s = timeout_s
        self._deadline_s = deadline_s
        self._busy: set[str] = set()
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work(), name=f"pictures {number}") for number in range(AT_ONCE)]

    async def stop(self) -> None:
        """Whatever is under way is given up; it is pending still and comes again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _work(self) -> None:
        backoff = Backoff()
        while True:
            try:
                pending = await self._next()
                try:
                    await self._ledger.keep_media(pending.key, await self._outcome(pending))
                finally:
                    self._busy.discard(pending.key)
                    self._freed.set()
                backoff.worked()
            except Exception as error:  # the ledger's trouble, most likely: it must not end the pictures for good
                log_fault("picture fetcher", error)
                await asyncio.sleep(backoff.failed())

    async def _next(self) -> PendingMedia:
        """The next picture that nobody is busy with."""
        async with self._turn:
            while True:
                self._freed.clear()
                waiting = await self._ledger.pending_media(limit=2 * AT_ONCE)
                free = next((pending for pending in waiting if pending.key not in self._busy), None)
                if free is not None:
                    self._busy.add(free.key)
                    return free
                await (self._freed.wait() if waiting else self._ledger.media_pending())

    async def _outcome(self, pending: PendingMedia) -> FetchedMedia | FailedMedia:
        try:
            content = await self._content(pending.source_url)
            if content is None:
                return FailedMedia(reason="there is no picture any more", retry_at=None)
            return await worker.run(
                remake,
                content,
                pending.shape,
                deadline_s=self._deadline_s,
                memory_mb=MEMORY_MB,
                large=len(content) > LARGE_BYTES,
            )
        except SourceUnavailable as error:
            return self._failed(pending, error.reason)
        except (worker.Overrun, NoPicture) as error:
            return FailedMedia(reason=f"the picture {error}", retry_at=None)
        except Exception as error:  # one picture must not stand in the way of the rest
            log_fault("picture", error)
            return self._failed(pending, "Backchannel could not make sense of this picture")

    def _failed(self, pending: PendingMedia, reason: str) -> FailedMedia:
        wait = RETRIES[pending.attempts] if pending.attempts < len(RETRIES) else None
        return FailedMedia(reason=reason, retry_at=self._now() + wait if wait else None)

    async def _content(self, address: str) -> bytes | None:
        """The bytes at ``address``, by the door or by the network whose scheme it is; None where they are gone."""
        scheme = urlsplit(address).scheme
        if scheme not in ("http", "https"):
            bring = getattr(self._adapters.get(scheme), "picture", None)
            if bring is None:
                raise SourceUnavailable("nobody brings pictures from such an address")
            content: bytes = await bring(address, await self._ledger.sources())
            return content
        answer = await self._http.get(
            address,
            headers={"Accept": _ACCEPT},
            limit_bytes=LIMIT_BYTES,
            timeout_s=self._timeout_s,
            accept=(200, *_GONE),
            lane="pictures",
        )
        return None if answer.status in _GONE else answer.body
