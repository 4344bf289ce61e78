"""One service to a database file: the lock is the kernel's, so it goes with the process, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backchannel.terminal import Refused


def database_file(url: str) -> Path | None:
    """The file of an SQLite database, None for a database that is a server."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


@contextmanager
def sole_service(url: str) -> Iterator[None]:
    """Be the only service on the database at ``url`` while inside. Raises Refused."""
    file = database_file(url)
    if file is None:
        yield
        return
    beside = file.with_name(f"{file.name}.lock")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        held = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refused(f"cannot write beside the database {file}: {error.strerror}; mend its folder") from error
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            who = os.pread(held, 20, 0).decode("ascii", "replace").strip()
            raise Refused(
                f"a running backchannel{f' (process {who})' if who else ''} already uses {file}: "
                "stop it first, or give this one another [storage] url"
            ) from error
        os.ftruncate(held, 0)
        os.pwrite(held, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(held)  # the file stays: taking it away would let two hold locks on two files of one name
