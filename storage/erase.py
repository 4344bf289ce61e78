"""Words that were removed leave the raw files too.

The index of words is merged within seconds: until then FTS5 keeps a word of a removed post, though it finds nothing
by it. Then the files: SQLite zeroes what is deleted, but copies stay in its log, and on pages whose rows were moved
(measured: 2 of 1,600 removed rows). So the file is rewritten, and the log cut off: half a
second for 100,000 posts. PostgreSQL's VACUUM frees the space of removed rows and leaves bytes in it
(measured: of 58 rows in 200), so what holds people's words is rewritten there, too.
"""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import DBAPIError

from storage import indexing, schema
from storage.engine import open_engine
from storage.store import Store
from storage.tables import authors, chores, inbox, items, media, metadata, posts
from storage.writing import SCRUB, Writing

log = structlog.get_logger(__name__)

WITHIN_S = 300.0  # from the first removal on: the promise is ten minutes
RETRY_S = 5.0
PAUSE_S = 2.0  # before words leave the index, so that those of removals that come together leave together
REST = 20  # times as long as merging the index took it is left alone: a twentieth of the time at most goes into it
LOCK_WAIT_MS = 2_000  # PostgreSQL: whoever reads or writes meanwhile queues behind us no longer
_WORDS = {posts, authors, items, media, inbox}


class Scrubber:
    """Scrubs the files some time after a removal, together for all that came meanwhile.

    What a killed process left undone, the next one does.
    """

    def __init__(self, store: Store, *, within_s: float = WITHIN_S, retry_s: float = RETRY_S) -> None:
        self._store = store
        self._within_s = within_s
        self._retry_s = retry_s
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        store.on_erased(self._wanted.set)

    async def start(self) -> None:
        """Begin to watch for removals."""
        self._wanted.set()  # an earlier process may have left some
        self._task = asyncio.create_task(self._run(), name="scrub")

    async def stop(self) -> None:
        """Stop watching; what is not done yet stays noted for the next process."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._scrub_what_is_asked()
            except Exception as error:  # a full disk, a database that is away: the words have to go all the same
                log.warning("removed words are still in the raw files", error=type(error).__name__)
                await asyncio.sleep(self._retry_s)
                self._wanted.set()

    async def _scrub_what_is_asked(self) -> None:
        asked = await self._store.read(_asked)
        if asked is None:
            return
        since, latest = asked
        await self._merge_until(since + timedelta(seconds=self._within_s))
        while not await scrub(self._store):  # noqa: ASYNC110  others have to let go first
            await asyncio.sleep(self._retry_s)
        await self._store.write(_done, latest)
        self._wanted.set()  # for what came during the work

    async def _merge_until(self, due: datetime) -> None:
        """Take removed words out of the index, again whenever more were removed, until the files are due."""
        while (left := _seconds_to(due)) > 0:
            await asyncio.sleep(min(PAUSE_S, left))
            self._wanted.clear()
            began = time.monotonic()
            await merge(self._store)
            await asyncio.sleep(max(0.0, min(REST * (time.monotonic() - began), _seconds_to(due))))
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, _seconds_to(due))):
                    await self._wanted.wait()


async def merge(store: Store) -> None:
    """Take removed words out of the index of words now, in steps between which others write."""
    begin = True
    while await store.write(_merge, begin=begin):
        begin = False


async def scrub(store: Store) -> bool:
    """Take removed words out of the raw files now; False where others were in the way, and it is to be tried again."""
    await merge(store)
    return await asyncio.to_thread(_scrub, store.url)


def _seconds_to(due: datetime) -> float:
    return (due - datetime.now(UTC)).total_seconds()


def _merge(writing: Writing, *, begin: bool) -> bool:
    return indexing.merge(writing.connection, begin=begin)


def _scrub(url: str) -> bool:
    schema.drop_old_copies(url, older_than_s=0)
    engine = open_engine(url, "upkeep")
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET lock_timeout = {LOCK_WAIT_MS}")
                for table in metadata.sorted_tables:
                    connection.exec_driver_sql(f"VACUUM {'FULL ' if table in _WORDS else ''}{table.name}")
                connection.exec_driver_sql("VACUUM (FULL, ANALYZE) search")
                return True
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
            return not busy
    except DBAPIError as error:
        log.warning("removed words are still in the raw files", error=type(error.orig).__name__)
        return False
    finally:
        engine.dispose()


def _asked(reading: Connection) -> tuple[datetime, datetime] | None:
    row = reading.execute(select(chores.c.since, chores.c.latest).where(chores.c.name == SCRUB)).one_or_none()
    return (row.since, row.latest) if row is not None else None


def _done(writing: Writing, latest: datetime) -> None:
    """Take the chore off the list, unless more was removed since it was read."""
    here = chores.c.name == SCRUB
    if writing.execute(delete(chores).where(here, chores.c.latest == latest)).rowcount == 0:
        writing.execute(update(chores).where(here).values(since=chores.c.latest))
