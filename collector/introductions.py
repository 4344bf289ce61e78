"""Who the authors are: networks that name them apart from their posts are asked, many at a time."""

import asyncio
from collections.abc import Iterable
from itertools import islice

import structlog

from collector.adapter import Introducing
from collector.backoff import Backoff
from collector.health import log_fault
from collector.http import Http
from collector.ledger import Ledger
from timeline.errors import SourceUnavailable
from timeline.network import Source

log = structlog.get_logger()

TOGETHER = 25  # the most that Bluesky's getProfiles takes
LOOK_AHEAD = 500


class Introductions:
    """One network's. ``run`` until cancelled; ``wake`` when there may be strangers."""

    def __init__(
        self,
        ledger: Ledger,
        http: Http,
        adapter: Introducing,
        *,
        look_again_s: float = 60.0,
        first_s: float = 1.0,
        most_s: float = 300.0,
    ) -> None:
        """Who is not found is asked for again after ``most_s``."""
        self._ledger = ledger
        self._http = http
        self._adapter = adapter
        self._look_again_s = look_again_s
        self._backoff = Backoff(first_s=first_s, most_s=most_s)
        self._sources: list[Source] = []
        self._not_before: dict[str, float] = {}
        self._woken = asyncio.Event()

    def update(self, sources: Iterable[Source]) -> None:
        self._sources = [source for source in sources if source.kind == self._adapter.INFO.key]
        self.wake()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        while True:
            self._woken.clear()
            try:
                busy = await self._introduce()
            except SourceUnavailable as error:
                if not self._backoff.failures:
                    log.info("authors go without names for now", network=self._adapter.INFO.key, reason=error.reason)
                await asyncio.sleep(self._backoff.failed(error.retry_after_s))
            except Exception as error:
                log_fault("authors not looked up", error, network=self._adapter.INFO.key)
                await asyncio.sleep(self._backoff.failed())
            else:
                self._backoff.worked()
                if not busy:
                    await self._sleep()

    async def _introduce(self) -> bool:
        """Ask for those most wanted; whether there may be more."""
        if not self._sources:
            return False
        now = asyncio.get_running_loop().time()
        self._not_before = {uri: at for uri, at in self._not_before.items() if at > now}
        unknown = await self._ledger.unknown_authors(self._adapter.INFO.key, limit=LOOK_AHEAD)
        wanted = list(islice((uri for uri in unknown if uri not in self._not_before), TOGETHER))
        if not wanted:
            return False
        updates = await self._adapter.profiles(wanted, self._sources, self._http)
        found = {update.author.uri for update in updates}
        self._not_before |= {uri: now + self._backoff.most_s for uri in wanted if uri not in found}
        await self._ledger.accept(updates, source_ids=[source.id for source in self._sources])
        return True

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(self._look_again_s):
                await self._woken.wait()
        except TimeoutError:
            pass
