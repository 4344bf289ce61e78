"""Reads and writes: plain functions over a connection, run in threads.

A few threads read, each call in one snapshot. One thread writes: what arrives together is
committed together, every function in a savepoint of its own, so that a failing one fails
alone. A commit hands its numbered changes to whoever asked to hear of them.
"""

from __future__ import annotations

import asyncio
import functools
import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from storage.engine import open_engine, sqlite_file
from storage.writing import TransactionLost, Writing, number, worth_another_try
from timeline.errors import BackchannelError

P = ParamSpec("P")
T = TypeVar("T")
Numbers = Mapping[int, int]
"""The last change number of each event that a commit changed."""

READERS = 3
GROUP_S = 0.05  # work of one group commit: nobody's answer waits for more than this and one function
TRIES = 6  # after a deadlock or a lost connection

log = structlog.get_logger(__name__)


class NotConfirmed(BackchannelError):
    """A commit got no answer."""


@dataclass(slots=True, kw_only=True)
class _Job:
    """A function waiting for the writer, and the caller waiting for it."""

    run: Callable[[Writing], Any]
    done: Future[Any] = field(default_factory=Future)


class Store:
    """The database of one process. Made by ``open``, which runs no migrations."""

    def __init__(self, url: str, *, readers: int) -> None:
        self.url = url
        self.dialect = "sqlite" if sqlite_file(url) else "postgresql"
        self._reading = open_engine(url, "read", connections=readers)
        self._writing = open_engine(url, "write")
        self._threads = ThreadPoolExecutor(readers, thread_name_prefix="read")
        self._mine = threading.local()
        self._open: list[Connection] = []
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._callbacks: list[Callable[[Numbers], None]] = []
        self._erased: list[Callable[[], None]] = []
        self._closing = False
        self._writer = threading.Thread(target=self._write_until_closed, name="write", daemon=True)

    @classmethod
    async def open(cls, url: str, *, readers: int = READERS) -> Store:
        """Open the database at ``url``; its schema must be up to date (storage/schema.py)."""
        store = cls(url, readers=readers)
        store._writer.start()
        return store

    async def read(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function(reading, …)`` in one snapshot."""
        return await self._loop.run_in_executor(self._threads, functools.partial(self._read, function, *args, **kwargs))

    async def write(self, function: Callable[Concatenate[Writing, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function(writing, …)``; returns once it is committed for good.

        It may run more than once, where the database asks for it, and leaves traces of the last run alone.
        """
        if self._closing:
            raise RuntimeError("the store is closed")
        job = _Job(run=functools.partial(_call, function, args, kwargs))
        self._jobs.put(job)
        result: T = await asyncio.wrap_future(job.done)
        return result

    def on_commit(self, callback: Callable[[Numbers], None]) -> None:
        """Call ``callback`` on the loop after each commit of this process, with its last numbers by event."""
        self._callbacks.append(callback)

    def on_erased(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` on the loop after a commit that removed somebody's words."""
        self._erased.append(callback)

    async def close(self) -> None:
        """Commit what was accepted, then let go of the database."""
        if not self._closing:
            self._closing = True
            self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._open:
            connection.close()
        self._reading.dispose()
        self._writing.dispose()

    def _read(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        connection = self._own_connection()
        try:
            with connection.begin():
                return function(connection, *args, **kwargs)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        with connection.begin():  # on a new connection: a read may as well be done again
            return function(connection, *args, **kwargs)

    def _own_connection(self) -> Connection:
        """The calling thread's connection; taking one from the pool for each read costs a tenth of a page."""
        found: Connection | None = getattr(self._mine, "connection", None)
        if found is None:
            found = self._mine.connection = self._reading.connect()
            self._open.append(found)
        return found

    def _write_until_closed(self) -> None:
        while (job := self._jobs.get()) is not None:
            waiting = [job]
            while waiting:
                waiting = self._commit(waiting)

    def _commit(self, waiting: list[_Job]) -> list[_Job]:
        """Run and commit what is waiting and what arrives meanwhile; the rest, if time runs out, is returned."""
        for attempt in range(1, TRIES + 1):
            try:
                return self._group(waiting)
            except DBAPIError as error:
                if attempt < TRIES and worth_another_try(error):
                    time.sleep(random.uniform(0, 0.02) * 2**attempt)
                    continue
                failure: Exception = error
            except Exception as error:
                failure = error
            for job in waiting:
                _settle(job.done, _Failed(failure))
            return []
        return []

    def _group(self, waiting: list[_Job]) -> list[_Job]:
        outcomes: list[tuple[_Job, Any]] = []
        with self._writing.connect() as connection:
            transaction = connection.begin()
            writing = Writing(connection)
            until = time.monotonic() + GROUP_S
            ran = 0
            while ran < len(waiting) and (ran == 0 or time.monotonic() < until):
                outcomes.append((waiting[ran], _attempt(writing, waiting[ran])))
                ran += 1
                if ran == len(waiting):
                    self._gather(waiting)
            numbers = number(writing)
            try:
                transaction.commit()
            except DBAPIError as error:
                raise NotConfirmed("the database did not confirm a commit: it may or may not have happened") from error
        self._announce(numbers, erased=writing.erased)
        for job, outcome in outcomes:
            _settle(job.done, outcome)
        return waiting[ran:]

    def _gather(self, waiting: list[_Job]) -> None:
        """Add what has arrived since to ``waiting``; the end of the store stays in the queue."""
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)
                return
            waiting.append(job)

    def _announce(self, numbers: Numbers, *, erased: bool) -> None:
        with suppress(RuntimeError):  # the loop may have ended before the last commit
            for callback in self._callbacks:
                self._loop.call_soon_threadsafe(callback, numbers)
            for told in self._erased if erased else ():
                self._loop.call_soon_threadsafe(told)


def _call(function: Callable[..., T], args: Any, kwargs: Any, writing: Writing) -> T:
    return function(writing, *args, **kwargs)


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a function raised: told apart from an exception that it returned."""

    error: Exception


def _attempt(writing: Writing, job: _Job) -> Any:
    try:
        with writing.savepoint():
            return job.run(writing)
    except TransactionLost:
        raise
    except DBAPIError as error:
        if worth_another_try(error):
            raise  # the whole group again: a deadlock's locks are older than this savepoint
        return _Failed(error)
    except Exception as error:
        return _Failed(error)


def _settle(done: Future[Any], outcome: Any) -> None:
    if not done.set_running_or_notify_cancel():
        return  # nobody waits any more
    if isinstance(outcome, _Failed):
        done.set_exception(outcome.error)
    else:
        done.set_result(outcome)
