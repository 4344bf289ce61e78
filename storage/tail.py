"""Who follows an event waits here for its next change, whichever process commits it.

The tail carries numbers alone; what happened is read from the log. Commits of this process
are heard at once. Those of other processes: on SQLite by asking four times a second whether
the file has changed, on PostgreSQL by LISTEN.
"""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing

import psycopg
import structlog
from sqlalchemy import Connection, select

from storage.engine import libpq_url, sqlite_file
from storage.store import Store
from storage.tables import events
from storage.writing import CHANNEL, MANY

log = structlog.get_logger(__name__)

LOOK_S = 0.25  # SQLite: how late another process's commit may be heard
SILENCE_S = 15.0  # PostgreSQL: how long a listening connection is trusted without a word
RECONNECT_S = 1.0


class Tail:
    """The last change numbers of all events, as they rise."""

    def __init__(
        self,
        store: Store,
        *,
        look_s: float = LOOK_S,
        silence_s: float = SILENCE_S,
        reconnect_s: float = RECONNECT_S,
    ) -> None:
        self._store = store
        self._look_s = look_s
        self._silence_s = silence_s
        self._reconnect_s = reconnect_s
        self._latest: dict[int, int] = {}
        self._waiting: dict[int, set[asyncio.Future[None]]] = defaultdict(set)
        self._anything: set[asyncio.Future[None]] = set()
        self._task: asyncio.Task[None] | None = None
        store.on_commit(self._heard)

    async def start(self) -> None:
        """Learn where every event stands, then follow the other processes."""
        follow = self._follow_postgresql if self._store.dialect == "postgresql" else self._follow_sqlite
        ready = asyncio.Event()
        self._task = asyncio.create_task(follow(ready), name="tail")
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._task.done():
            self._task.result()  # it could not begin, and says why

    async def stop(self) -> None:
        """Follow no more. Those who wait go on waiting: their own tasks end them."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    def latest(self, event_id: int) -> int:
        """The last change heard of; 0 for an event not heard of."""
        return self._latest.get(event_id, 0)

    async def wait(self, event_id: int, after: int) -> int:
        """The event's last change number, once it is above ``after``."""
        while self.latest(event_id) <= after:
            await _wait(self._waiting[event_id])
        return self.latest(event_id)

    async def anything(self) -> None:
        """Return after the next commit of any kind, here or in another process."""
        await _wait(self._anything)

    def _heard(self, numbers: Mapping[int, int]) -> None:
        _wake(self._anything)
        for event_id, seq in numbers.items():
            if seq > self._latest.get(event_id, -1):
                self._latest[event_id] = seq
                _wake(self._waiting.pop(event_id, set()))

    async def _catch_up(self) -> None:
        self._heard(await self._store.read(_numbers))

    async def _follow_sqlite(self, ready: asyncio.Event) -> None:
        file = sqlite_file(self._store.url)
        with closing(sqlite3.connect(file or "", check_same_thread=False, isolation_level=None)) as connection:
            seen = await _asked(connection)
            await self._catch_up()
            ready.set()
            while True:
                await asyncio.sleep(self._look_s)
                try:
                    version = await _asked(connection)
                    if version != seen:
                        await self._catch_up()
                        seen = version
                except Exception as error:  # readers wait for as long as the process lives
                    log.warning("cannot see whether the database has changed", error=type(error).__name__)

    async def _follow_postgresql(self, ready: asyncio.Event) -> None:
        while True:
            try:
                await self._listen(ready)
            except Exception as error:
                if not ready.is_set():
                    raise
                log.warning("lost the connection that listens for changes", error=type(error).__name__)
                await asyncio.sleep(self._reconnect_s)

    async def _listen(self, ready: asyncio.Event) -> None:
        """Hear of commits until the connection is lost. What was missed before is caught up first."""
        connection = await psycopg.AsyncConnection.connect(
            libpq_url(self._store.url), autocommit=True, application_name="backchannel tail", connect_timeout=10
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            await self._catch_up()
            ready.set()
            while True:
                async for notice in connection.notifies(timeout=self._silence_s):
                    if notice.payload == MANY:
                        await self._catch_up()
                    else:
                        self._heard(_numbers_in(notice.payload))
                # A connection may be dead without saying so.
                await asyncio.wait_for(connection.execute("SELECT 1"), self._silence_s)


async def _wait(waiting: set[asyncio.Future[None]]) -> None:
    future = asyncio.get_running_loop().create_future()
    waiting.add(future)
    try:
        await future
    finally:
        waiting.discard(future)


def _wake(waiting: set[asyncio.Future[None]]) -> None:
    for future in waiting:
        if not future.done():
            future.set_result(None)


def _numbers(reading: Connection) -> dict[int, int]:
    return {row.id: row.seq for row in reading.execute(select(events.c.id, events.c.seq))}


def _numbers_in(payload: str) -> dict[int, int]:
    return {int(event_id): int(seq) for event_id, _, seq in (word.partition(":") for word in payload.split())}


async def _asked(connection: sqlite3.Connection) -> int:
    """The file's version. Whoever cancels this waits for its thread: closing a connection in use ends the process."""
    asking = asyncio.create_task(asyncio.to_thread(_data_version, connection))
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        await asking
        raise


def _data_version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return version
