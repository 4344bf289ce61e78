"""The schema's age: which revision a database is at, and how it is brought up to date."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from storage import indexing
from storage.engine import open_engine, sqlite_file
from timeline.errors import BackchannelError

SchemaState = Literal["empty", "current", "older", "newer"]

KEEP_COPY_S = 7 * 86_400
LOCK_WAIT_MS = 5_000  # a migration on PostgreSQL gives up rather than queue everybody behind it

_MIGRATIONS = Path(__file__).parent / "migrations"
REVISIONS = tuple(sorted(file.stem.split("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py")))


class NewerSchema(BackchannelError):
    """The database was made by a later version of this program."""


class DatabaseUnreachable(BackchannelError):
    """There is no database at the address, or none that lets us in."""


def state(url: str) -> SchemaState:
    """How old the database at ``url`` is beside this program. Makes nothing. Raises DatabaseUnreachable."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return "empty"
    engine = open_engine(url, "read")
    try:
        with engine.connect() as connection, connection.begin():
            return _state(_revision(connection))
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0]  # names host and user, never the password
        raise DatabaseUnreachable(f"the database cannot be opened ({reason}): check [storage] url") from error
    finally:
        engine.dispose()


def upgrade(url: str, *, backup: bool = True) -> None:
    """Bring the database up to date, on SQLite after a copy beside it. Raises NewerSchema."""
    found = state(url)
    if found == "newer":
        raise NewerSchema(
            "this database was made by a newer version of Backchannel: install that version, "
            "or restore a backup made with this one"
        )
    if found == "current":
        return
    file = sqlite_file(url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        if backup and found == "older":
            keep(url, REVISIONS[-1])
    _run_migrations(url)
    if file is not None:
        file.chmod(0o600)


def keep(url: str, before: str) -> Path | None:
    """Copy a SQLite database beside itself, named by what it is made ``before``; None on PostgreSQL."""
    file = sqlite_file(url)
    if file is None:
        return None
    beside = file.with_name(f"{file.name}.before-{before}")
    unfinished = beside.with_name(f"{beside.name}.part")
    unfinished.touch(mode=0o600)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    shutil.move(unfinished, beside)
    return beside


def copies(file: Path) -> list[Path]:
    """The copies made of ``file`` before upgrades and restores."""
    return sorted(file.parent.glob(f"{file.name}.before-*"))


def drop_old_copies(url: str, *, older_than_s: float = KEEP_COPY_S) -> None:
    """Delete the copies made before upgrades and restores: they hold words that may have been removed since."""
    file = sqlite_file(url)
    for copy in copies(file) if file is not None else ():
        if time.time() - copy.stat().st_mtime >= older_than_s:
            copy.unlink(missing_ok=True)


def revision(connection: Connection) -> str | None:
    """The revision a database is at; None for an empty one."""
    return _revision(connection)


def _state(revision: str | None) -> SchemaState:
    if revision is None:
        return "empty"
    if revision == REVISIONS[-1]:
        return "current"
    return "older" if revision in REVISIONS else "newer"


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _run_migrations(url: str) -> None:
    from alembic import command  # over a second to import, and needed once per version
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    engine = open_engine(url, "write")
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # One process migrates; those that wait find it done.
                connection.execute(text("SELECT pg_advisory_xact_lock(7285133)"))
                connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            indexing.rebuild_if_asked(connection)
    finally:
        engine.dispose()
