"""Sources of one host are asked as one guest would: two at a time, and none while one was told to wait."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from timeline.network import Secret, Source

AT_ONCE = 2  # and as many of those that were slow or silent: together what the door has room for
SLOW_S = 5.0  # who takes longer waits with the slow ones next time, so that these never keep the others waiting
NEIGHBOURS_S = 900.0  # of a longer wish only so much holds for the others: many a host is home to strangers
APART_S = 30.0  # over which those that waited are spread


class Hosts:
    """What is known of the hosts of all sources."""

    def __init__(self) -> None:
        self._rooms: WeakValueDictionary[tuple[str, bool], asyncio.Semaphore] = WeakValueDictionary()
        self._until: dict[str, datetime] = {}

    @asynccontextmanager
    async def room(self, source: Source, *, slow: bool) -> AsyncIterator[None]:
        """Wait until its host has room for one more, among those that are as quick."""
        room = self._rooms.setdefault((host_of(source), slow), asyncio.Semaphore(AT_ONCE))
        async with room:
            yield

    def told_to_wait(self, source: Source, now: datetime, wait_s: float) -> None:
        """The host of ``source`` asked us to wait, and means all that comes from us."""
        self._until = {host: until for host, until in self._until.items() if until > now}
        self._until[host_of(source)] = now + timedelta(seconds=min(wait_s, NEIGHBOURS_S))

    def not_before(self, source: Source, now: datetime) -> datetime | None:
        """When its host may be asked again; None where it may be now."""
        until = self._until.get(host_of(source))
        if until is None or until <= now:
            return None
        return until + timedelta(seconds=random.uniform(0, APART_S))


def host_of(source: Source) -> str:
    """Whom the source asks, and in whose name: a server counts what each token does apart."""
    for name in ("url", "server"):
        if isinstance(address := source[name], str):
            parts = urlsplit(address)
            token = source["token"]
            return f"{parts.scheme}://{parts.netloc} {token.fingerprint if isinstance(token, Secret) else ''}".lower()
    return f"source {source.id}"
