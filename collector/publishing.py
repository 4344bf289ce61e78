"""Tells WebSub hubs that feeds of ours have changed, so that they fetch them and push them on.

How a publisher tells is left open by https://www.w3.org/TR/websub/#publishing; hubs take what PubSubHubbub said:
a form with ``hub.mode=publish`` and ``hub.url``, any 2xx as the answer.
"""

import asyncio
from collections.abc import Iterable

import structlog

from collector.backoff import Backoff
from collector.health import log_fault
from collector.http import Http
from timeline.errors import SourceUnavailable

log = structlog.get_logger()

GAP_S = 10.0  # a hub is told once in this time at most, of everything that changed meanwhile
MOST_S = 600.0
TIMEOUT_S = 15.0


class Publisher:
    """``changed`` notes what is to be told, ``run`` tells it until cancelled; what a hub did not take is told again."""

    def __init__(self, http: Http, hubs: Iterable[str], *, gap_s: float = GAP_S) -> None:
        self._http = http
        self._gap_s = gap_s
        self._untold: dict[str, set[str]] = {hub: set() for hub in hubs}
        self._woken = {hub: asyncio.Event() for hub in self._untold}

    def changed(self, topics: Iterable[str]) -> None:
        """Whoever follows these feeds is to be pushed them."""
        told = set(topics)
        for hub, untold in self._untold.items():
            untold |= told
            if untold:
                self._woken[hub].set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for hub in self._untold:
                group.create_task(self._serve(hub))

    async def _serve(self, hub: str) -> None:
        backoff = Backoff(first_s=self._gap_s, most_s=MOST_S)
        while True:
            await self._woken[hub].wait()
            self._woken[hub].clear()
            trouble = await self._tell(hub)
            if trouble is None and backoff.failures:
                log.info("a hub takes our news again", hub=hub)
            elif trouble is not None and not backoff.failures:
                log.warning("a hub does not take our news; it is told again", hub=hub, reason=trouble.reason)
            wait_s = self._gap_s
            if trouble is None:
                backoff.worked()
            else:
                self._woken[hub].set()
                wait_s = max(wait_s, backoff.failed(trouble.retry_after_s, trouble.pace))
            await asyncio.sleep(wait_s)

    async def _tell(self, hub: str) -> SourceUnavailable | None:
        """Tell one hub all that waits; what stops it."""
        untold = self._untold[hub]
        for topic in sorted(untold):
            untold.discard(topic)  # before: what changes meanwhile is news
            try:
                await self._http.post(
                    hub, form=[("hub.mode", "publish"), ("hub.url", topic)],
                    timeout_s=TIMEOUT_S, accept=range(200, 300), limit_bytes=65_536,
                )  # fmt: skip
            except SourceUnavailable as error:
                untold.add(topic)
                return error
            except Exception as error:
                log_fault("a hub could not be told", error)
        return None
