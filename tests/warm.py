"""Commands run from a process that has read its packages already: most of what a command costs is reading them.

Each still has a process, arguments, an environment and a folder of its own. Services, and commands at a terminal, are
begun by ``tests/service.py`` as people begin them.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_READ_BEFORE = (
    "backchannel.cli", "backchannel.check", "backchannel.service", "backchannel.opml", "backchannel.upkeep",
    "backchannel.events", "backchannel.why", "storage.schema", "alembic.command", "alembic.config",
    "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg",
)  # fmt: skip
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(list(_READ_BEFORE))


def command(
    words: Sequence[str], *, folder: Path, environment: Mapping[str, str], out: Path, err: Path, timeout_s: float
) -> int:
    """``backchannel WORDS`` in ``folder``, to its end; its exit status. Raises TimeoutError."""
    process = _processes.Process(target=_run, args=(tuple(words), folder, dict(environment), out, err), daemon=False)
    process.start()
    process.join(timeout_s)
    if process.is_alive():
        process.kill()
        process.join()
        raise TimeoutError(f"backchannel {' '.join(words)} takes more than {timeout_s:.0f} s")
    assert process.exitcode is not None
    return process.exitcode


def _run(words: Sequence[str], folder: Path, environment: Mapping[str, str], out: Path, err: Path) -> None:
    from backchannel.cli import main

    for number, file, flags in ((0, Path(os.devnull), os.O_RDONLY), (1, out, os.O_WRONLY), (2, err, os.O_WRONLY)):
        opened = os.open(file, flags | (os.O_CREAT if number else 0), 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in ((0, "r"), (1, "w"), (2, "w")))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["backchannel", *words]
    main()
