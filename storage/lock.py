"""One service to a SQLite file: a second one would collect everything twice."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from storage.engine import sqlite_file
from timeline.errors import BackchannelError


class AlreadyServed(BackchannelError):
    """Another process serves this database."""


@contextmanager
def only_one(url: str) -> Iterator[None]:
    """Hold the database for this process. Raises AlreadyServed, which names the other.

    The system lets go of the lock when the process ends, however it ends; the file beside the
    database stays. On PostgreSQL several processes share the work, and nothing is held.
    """
    file = sqlite_file(url)
    if file is None:
        yield
        return
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
