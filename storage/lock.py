"""Who may work on a database: one service to a SQLite file, and a restore only when nobody else does."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from storage.engine import libpq_url, sqlite_file
from storage.schema import DatabaseUnreachable
from timeline.errors import BackchannelError

LOCK = 7285134  # PostgreSQL's advisory lock: shared by those who serve, for a restore alone


class AlreadyServed(BackchannelError):
    """Another process serves this database."""


@contextmanager
def serving(url: str) -> Iterator[None]:
    """Hold the database for a service: alone on SQLite, beside other services on PostgreSQL. Raises AlreadyServed."""
    file = sqlite_file(url)
    with _alone_with(file) if file else _connected(url, "pg_try_advisory_lock_shared", "it is being restored"):
        yield


@contextmanager
def nobody_else(url: str) -> Iterator[None]:
    """Hold the database against every service. Raises AlreadyServed."""
    file = sqlite_file(url)
    with _alone_with(file) if file else _connected(url, "pg_try_advisory_lock", "a service is running on it"):
        yield


@contextmanager
def _alone_with(file: Path) -> Iterator[None]:
    """The system lets go of the lock when the process ends, however it ends; the file beside the database stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.lock")
    handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(handle, 32).decode(errors="replace").strip()
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise AlreadyServed(
                f"{who} is already serving {file}: stop it first, or give this one a database of its own"
            ) from error
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
        os.truncate(handle, 0)
    finally:
        os.close(handle)


@contextmanager
def _connected(url: str, ask: str, otherwise: str) -> Iterator[None]:
    """PostgreSQL lets go of the lock with the connection."""
    try:
        connection = psycopg.connect(
            libpq_url(url), autocommit=True, application_name="backchannel lock", connect_timeout=10
        )
    except psycopg.OperationalError as error:
        reason = str(error).partition("\n")[0]
        raise DatabaseUnreachable(f"the database cannot be opened ({reason}): check [storage] url") from error
    with connection:
        held = connection.execute(f"SELECT {ask}({LOCK})").fetchone()
        if held != (True,):
            raise AlreadyServed(f"the database is in use, {otherwise}: try again when that has ended")
        yield
