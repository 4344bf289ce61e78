"""Migrations make the tables that the code reads, and know their own age."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from storage import schema
from storage.engine import open_engine, sqlite_file
from storage.tables import metadata


def execute(url: str, statement: str) -> None:
    engine = open_engine(url, "write")
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def is_of_the_code(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table is described in tables.py; each database has an index of words of its own kind."""
    return kind != "table" or not (name or "").startswith("search")


@pytest.fixture
def own_url(database_url: str) -> Iterator[str]:
    """A migrated database whose revision a test may falsify."""
    yield database_url
    execute(database_url, f"UPDATE alembic_version SET version_num = '{schema.REVISIONS[-1]}'")


def test_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    engine = open_engine(database_url, "write")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_of_the_code})
        found = compare_metadata(context, metadata)
    engine.dispose()

    assert found == []


def test_a_database_knows_its_age(own_url: str, tmp_path: Path) -> None:
    assert schema.state(own_url) == "current"
    assert schema.state(f"sqlite:///{tmp_path / 'none.db'}") == "empty"
    assert not (tmp_path / "none.db").exists()
    schema.upgrade(own_url)
    assert schema.state(own_url) == "current"


def test_a_newer_database_is_refused_with_the_next_step(own_url: str) -> None:
    execute(own_url, "UPDATE alembic_version SET version_num = '9999'")

    assert schema.state(own_url) == "newer"
    with pytest.raises(schema.NewerSchema, match="install that version"):
        schema.upgrade(own_url)


def test_before_an_upgrade_the_file_is_copied_beside(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = sqlite_file(sqlite_url)
    assert file is not None
    execute(sqlite_url, "UPDATE alembic_version SET version_num = '0000'")
    monkeypatch.setattr(schema, "REVISIONS", ("0000", *schema.REVISIONS))
    monkeypatch.setattr(schema, "_run_migrations", lambda url: execute(url, "DELETE FROM events"))
    execute(
        sqlite_url,
        "INSERT INTO events VALUES (1, 'a', 'A', 'UTC', 0, 0, 0, 0, null, 'public', 'after', 'usual', null,"
        " 'file', null, null, 0, 0, 0, null, '', null, null, null, true)",
    )

    schema.upgrade(sqlite_url)

    [copy] = schema.copies(file)
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT slug FROM events").fetchall() == [("a",)]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    schema.drop_old_copies(sqlite_url)
    assert schema.copies(file) == [copy]
    schema.drop_old_copies(sqlite_url, older_than_s=0)
    assert schema.copies(file) == []


def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'folder' / 'new.db'}"

    schema.upgrade(url)

    assert stat.S_IMODE((tmp_path / "folder" / "new.db").stat().st_mode) == 0o600


def test_an_upgrade_knows_which_posts_were_in_sight_already(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine = open_engine(url, "write")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        event = "1, 'a', 'A', 'UTC', 0, 0, 0, 0, null, 'public', 'after', 'usual', null, 'file', null, null, 3, 0, 0"
        connection.execute(text(f"INSERT INTO events VALUES ({event})"))
        columns = "id, event_id, network, state, checked, late, first_seen_at, published_at, seq"
        for number, state in enumerate(("shown", "hidden", "held", "held"), start=1):
            item = f"{number}, 1, 'feed', '{state}', 0, 0, 7, 7, 1"
            connection.execute(text(f"INSERT INTO items ({columns}) VALUES ({item})"))
        connection.execute(text("INSERT INTO changes VALUES (1, 1, 'item.held', 3, 7), (1, 2, 'item.removed', 4, 7)"))
    engine.dispose()

    schema.upgrade(url)

    with closing(sqlite3.connect(tmp_path / "old.db")) as upgraded:
        assert upgraded.execute("SELECT id, shown_at FROM items").fetchall() == [(1, 7), (2, 7), (3, None), (4, 7)]
