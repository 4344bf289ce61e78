"""Connections: how SQLite and PostgreSQL are opened for reading, for writing and for upkeep."""

import sqlite3
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event, make_url

BUSY_MS = 10_000  # a second process may hold the file for the length of one group commit or one VACUUM
UPKEEP_BUSY_MS = 1_000  # upkeep comes again: nobody waits for it, and it for nobody
IDLE_MS = 60_000  # PostgreSQL ends a reader that forgot its transaction: it would hold back VACUUM

# PostgreSQL: a server that is gone without a word is noticed within half a minute.
_ALIVE = {"connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4}

Purpose = Literal["read", "write", "upkeep"]


def open_engine(url: str, purpose: Purpose, *, connections: int = 1) -> Engine:
    """An engine whose transactions are of one kind.

    ``read``: one snapshot, and nothing can be changed. ``write``: the whole file from the
    start on SQLite, READ COMMITTED on PostgreSQL. ``upkeep``: no transactions at all, for VACUUM.
    """
    if file := sqlite_file(url):
        return _sqlite(file, purpose, connections)
    return _postgresql(url, purpose, connections)


def sqlite_file(url: str) -> Path | None:
    """The database's file, or None where it is not SQLite."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        raise ValueError("the database must be a file: several threads and processes read it")
    return Path(parsed.database)


def libpq_url(url: str) -> str:
    """A PostgreSQL address as psycopg itself takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _sqlite(file: Path, purpose: Purpose, connections: int) -> Engine:
    busy_ms = UPKEEP_BUSY_MS if purpose == "upkeep" else BUSY_MS
    engine = create_engine(
        f"sqlite:///{file}",
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # people's words stay out of logs and reports
        # The driver begins transactions by itself only for some statements; we do it for all.
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": busy_ms / 1000},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # docs/decisions/0002: power loss takes nothing that was acknowledged
            "foreign_keys = ON",
            "secure_delete = ON",
            "cache_size = -32768",
            f"query_only = {'ON' if purpose == 'read' else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()
        # SQLite's own lower() knows ASCII alone.
        connection.create_function("lower", 1, _lower, deterministic=True)

    if purpose != "upkeep":
        begin = "BEGIN" if purpose == "read" else "BEGIN IMMEDIATE"

        @event.listens_for(engine, "begin")
        def emit_begin(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine


def _lower(words: str | None) -> str | None:
    return None if words is None else words.lower()


def _postgresql(url: str, purpose: Purpose, connections: int) -> Engine:
    options = "-c timezone=UTC"
    if purpose != "upkeep":
        options += f" -c idle_in_transaction_session_timeout={IDLE_MS}"
    isolation = {"read": "REPEATABLE READ", "write": "READ COMMITTED", "upkeep": "AUTOCOMMIT"}[purpose]
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # people's words stay out of logs and reports
        pool_pre_ping=True,
        isolation_level=isolation,
        execution_options={"postgresql_readonly": True} if purpose == "read" else {},
        connect_args={"options": options, "application_name": f"backchannel {purpose}", **_ALIVE},
    )
