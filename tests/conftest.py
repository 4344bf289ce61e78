"""Databases for tests: every test has one of its own, on SQLite and on PostgreSQL alike."""

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from storage import schema
from storage.store import Store

POSTGRESQL = os.environ.get("BACKCHANNEL_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")


def _reachable() -> bool:
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg.OperationalError:
        if os.environ.get("CI"):
            raise
        return False
    return True


DATABASES = ["sqlite", "postgresql"] if _reachable() else ["sqlite"]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("template") / "template.db"
    schema.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgresql_template() -> Iterator[str]:
    """The name of a migrated PostgreSQL database, to be cloned."""
    name = f"bc_test_{uuid.uuid4().hex[:12]}"
    _administer(f'CREATE DATABASE "{name}"')
    try:
        schema.upgrade(_on_postgresql(name))
        yield name
    finally:
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


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
def postgresql_url(postgresql_template: str) -> Iterator[str]:
    """The address of an empty, migrated PostgreSQL database."""
    name = f"{postgresql_template}_{uuid.uuid4().hex[:8]}"
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{postgresql_template}"')
    yield _on_postgresql(name)
    _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store on an empty database, on either kind in turn."""
    opened = await Store.open(database_url)
    yield opened
    await opened.close()


def _on_postgresql(name: str) -> str:
    return POSTGRESQL.rsplit("/", 1)[0] + f"/{name}"


def _administer(statement: str) -> None:
    with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
