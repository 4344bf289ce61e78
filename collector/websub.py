"""Asks hubs to push what we follow, again before a lease ends, and to stop when we no longer do.

What a hub answers to that, and what it brings, comes in by the dashboard; this side only asks.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from collector.health import log_fault
from collector.http import Http
from collector.ledger import Ledger, Request
from timeline.errors import SourceUnavailable

log = structlog.get_logger()

LEASE_S = 864_000  # wished for: ten days, which hubs lower or raise as they like
LOOK_S = 60.0  # sleeping no longer than this, a wall clock that was set is noticed
TIMEOUT_S = 15.0
AT_ONCE = 8


class Subscriber:
    """``run`` asks until cancelled."""

    def __init__(self, ledger: Ledger, http: Http, *, pause_s: float = 0.2) -> None:
        """``pause_s``: with every commit something to ask is possible; this often is enough."""
        self._ledger = ledger
        self._http = http
        self._pause_s = pause_s
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        while True:
            changed = asyncio.ensure_future(self._ledger.sources_changed())
            try:
                due, later = await self._ledger.requests()
                async with asyncio.TaskGroup() as group:
                    for request in due:
                        group.create_task(self._ask(request))
                if not due:
                    wait_s = (later - datetime.now(UTC)).total_seconds() if later else LOOK_S
                    await asyncio.wait({changed}, timeout=min(max(wait_s, 0.0), LOOK_S))
            finally:
                changed.cancel()
            await asyncio.sleep(self._pause_s)

    async def _ask(self, request: Request) -> None:
        try:
            await self._ledger.asking(request)
            async with self._slots:
                await self._http.post(
                    request.hub.url, form=form(request), timeout_s=TIMEOUT_S, accept=range(200, 300), limit_bytes=65_536
                )
        except SourceUnavailable as error:
            log.info(
                "a hub did not take our request", hub=request.hub.url, leaving=request.leaving, reason=error.reason
            )
            if error.retry_after_s is not None:
                await self._ledger.put_off(request, datetime.now(UTC) + timedelta(seconds=error.retry_after_s))
        except Exception as error:
            log_fault("a hub could not be asked", error)


def form(request: Request) -> list[tuple[str, str]]:
    """What the hub is sent (section 5.1)."""
    told = [
        ("hub.mode", "unsubscribe" if request.leaving else "subscribe"),
        ("hub.topic", request.hub.topic),
        ("hub.callback", request.callback),
    ]
    if not request.leaving:
        told += [("hub.lease_seconds", str(LEASE_S)), ("hub.secret", request.secret)]
    return told
