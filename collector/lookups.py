"""What posts leave to be asked for apart, such as their authors: looked up together, by one loop a network and kind."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable

import structlog

from collector.adapter import Adapter
from collector.backoff import Backoff
from collector.health import log_fault
from timeline.errors import SourceUnavailable
from timeline.network import Source

log = structlog.get_logger()


class Lookups(ABC):
    """``run`` until cancelled; ``wake`` when there may be something to look up."""

    what: str  # is looked up, for the log

    def __init__(self, adapter: Adapter, *, look_again_s: float, pace_s: float, backoff: Backoff) -> None:
        """``pace_s`` lies between two questions at least; without being woken one is asked every ``look_again_s``."""
        self._network = adapter.INFO.key
        self._look_again_s = look_again_s
        self._pace_s = pace_s
        self._backoff = backoff
        self._sources: list[Source] = []
        self._woken = asyncio.Event()

    @abstractmethod
    async def _ask(self) -> bool:
        """Ask for those most wanted; whether there may be more. Raises SourceUnavailable."""

    def update(self, sources: Iterable[Source]) -> None:
        self._sources = [source for source in sources if source.kind == self._network]
        self.wake()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        while True:
            self._woken.clear()
            try:
                busy = bool(self._sources) and await self._ask()
            except SourceUnavailable as error:
                if not self._backoff.failures:
                    log.info(f"{self.what} are not fetched for now", network=self._network, reason=error.reason)
                await asyncio.sleep(self._backoff.failed(error.retry_after_s))
            except Exception as error:
                log_fault(f"{self.what} not fetched", error, network=self._network)
                await asyncio.sleep(self._backoff.failed())
            else:
                self._backoff.worked()
                await asyncio.sleep(self._pace_s)
                if not busy:
                    await self._sleep()

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(self._look_again_s):
                await self._woken.wait()
        except TimeoutError:
            pass
