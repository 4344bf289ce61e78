"""Databases for tests: every test has one of its own, on SQLite and on PostgreSQL alike."""

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import structlog

from storage import schema
from storage.store import Store
from storage.tables import metadata

POSTGRESQL = os.environ.get("BACKCHANNEL_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
_EMPTY = ";".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)).encode()


def _reachable() -> bool:
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg.OperationalError:
        if os.environ.get("CI"):
            raise
        return False
    return True


# Tracebacks with every local in colour take seconds; what the service writes has its own tests.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)
DATABASES = ["sqlite", "postgresql"] if _reachable() else ["sqlite"]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("template") / "template.db"
    schema.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgresql_database() -> Iterator[str]:
    """The address of a migrated PostgreSQL database of this run, emptied before each test."""
    with new_postgresql() as url:
        schema.upgrade(url)
        yield url


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty, migrated database; the test runs once on each kind."""
    fixture = "sqlite_url" if request.param == "sqlite" else "postgresql_url"
    return request.getfixturevalue(fixture)  # type: ignore[no-any-return]


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty, migrated SQLite file."""
    shutil.copy(sqlite_template, tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def postgresql_url(postgresql_database: str) -> str:
    """The address of an empty, migrated PostgreSQL database."""
    with psycopg.connect(postgresql_database, autocommit=True) as connection:
        connection.execute(_EMPTY)  # a hundred times as fast as a database for each test
    return postgresql_database


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store on an empty database, on either kind in turn."""
    opened = await Store.open(database_url)
    yield opened
    await opened.close()


@contextmanager
def new_postgresql() -> Iterator[str]:
    """The address of a database without tables, under a name nobody else has; dropped in the end."""
    name = f"bc_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
        try:
            yield POSTGRESQL.rsplit("/", 1)[0] + f"/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload]
