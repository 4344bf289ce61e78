"""Removed words leave the raw files."""

import asyncio
import random
import sqlite3
import string
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, func, select
from structlog.testing import capture_logs
from structlog.typing import EventDict

from storage import erase, schema
from storage.engine import sqlite_file
from storage.erase import Scrubber
from storage.store import Store
from storage.tables import chores
from tests.conftest import DATABASES
from tests.factories import MINUTE, NOON, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.post import Heard, Removal


def raw(url: str) -> bytes:
    """Everything SQLite has on disk for this database, or PostgreSQL in the files of its tables and indexes."""
    file = sqlite_file(url)
    if file is None:
        return _raw_tables(url)
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))


def _raw_tables(url: str) -> bytes:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        return b"".join(
            content
            for (content,) in connection.execute(
                "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class WHERE relkind IN ('r', 't', 'i')"
                " AND relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace) AND relfilenode > 0"
            )
        )


def words(generator: random.Random) -> str:
    return "".join(generator.choices(string.ascii_letters, k=24))


async def all_scrubbed(store: Store) -> None:
    def left(reading: Connection) -> int:
        return reading.scalar(select(func.count()).select_from(chores)) or 0

    while await store.read(left):
        await asyncio.sleep(0.02)


async def logged(logs: list[EventDict]) -> None:
    while not logs:
        await asyncio.sleep(0.02)


async def test_removed_words_are_gone_from_the_raw_files_in_time(database_url: str) -> None:
    """Many posts of many lengths, edited and removed in disorder, so that pages are split and joined."""
    store = await Store.open(database_url)
    scrubber = Scrubber(store, within_s=0, retry_s=0.05)
    scene = Scene(store)
    scene.event = await scene.add_event()
    source = await scene.add_source()
    generator = random.Random(20261121)
    said: dict[str, str] = {f"post{n}": words(generator) for n in range(300)}
    heard: list[Heard] = [a_sighting(name, html=f"<p>{secret} {'x' * generator.randrange(900)}</p>", title=secret,
                          author=an_author(words(generator), uri=f"https://a.example/{name}"))
                          for name, secret in said.items()]  # fmt: skip
    gone = generator.sample(sorted(said), 200)
    heard += [Removal(ref=name) for name in gone]
    for start in range(0, len(heard), 50):
        await scene.offer(*heard[start : start + 50], by=source)
    before = raw(database_url)
    assert any(said[name].encode() in before for name in gone)

    await scrubber.start()
    await asyncio.wait_for(all_scrubbed(store), 20)

    left = raw(database_url)
    assert [name for name in gone if said[name].encode() in left] == []
    assert [name for name in gone if said[name].lower().encode() in left.lower()] == []  # as search had them
    assert all(said[name].encode() in left for name in said.keys() - set(gone))
    assert len(await scene.shown()) == 100
    await scrubber.stop()
    await store.close()


async def test_removed_words_leave_the_index_long_before_the_files_are_written_anew(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase, "PAUSE_S", 0.05)
    store = await Store.open(sqlite_url)
    scrubber = Scrubber(store, within_s=600)
    await scrubber.start()
    scene = Scene(store)
    scene.event = await scene.add_event()
    source = await scene.add_source()

    for name in ("first", "second"):
        await scene.offer(a_sighting("kept"), a_sighting(name, title=f"Unforgettable{name}"), by=source)
        assert f"unforgettable{name}".encode() in await store.read(index)
        await scene.offer(Removal(ref=name), by=source)

        async with asyncio.timeout(20):
            while f"forgettable{name}".encode() in await store.read(index):  # words that begin alike share it
                await asyncio.sleep(0.02)

    await scrubber.stop()
    await store.close()


def index(reading: Connection) -> bytes:
    """What SQLite has in the tables of the index."""
    blocks = reading.exec_driver_sql("SELECT block FROM search_data").scalars()
    return b"".join([*blocks, *map(str.encode, reading.exec_driver_sql("SELECT c0 FROM search_content").scalars())])


async def test_a_reader_in_the_way_only_delays_it(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url)
    scene = Scene(store)
    scene.event = await scene.add_event()
    source = await scene.add_source()
    await scene.offer(a_sighting("one", title="Unforgettable"), by=source)
    with closing(sqlite3.connect(sqlite_file(sqlite_url) or "", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM posts").fetchone()
        await scene.offer(Removal(ref="one"), by=source)
        assert await erase.scrub(store) is False
        assert b"Unforgettable" in raw(sqlite_url)

    assert await erase.scrub(store) is True
    assert b"unforgettable" not in raw(sqlite_url).lower()
    await store.close()


@pytest.mark.skipif("postgresql" not in DATABASES, reason="there is no PostgreSQL here")
async def test_a_reader_in_the_way_is_not_made_to_wait_either(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is rewritten is nobody else's meanwhile: we give way, and try again."""
    monkeypatch.setattr(erase, "LOCK_WAIT_MS", 50)
    store = await Store.open(postgresql_url)
    with psycopg.connect(postgresql_url) as reader:
        reader.execute("SELECT count(*) FROM posts")
        assert await erase.scrub(store) is False

    assert await erase.scrub(store) is True
    await store.close()


async def test_what_a_killed_process_left_is_scrubbed_by_the_next(database_url: str) -> None:
    store = await Store.open(database_url)
    scene = Scene(store)
    scene.event = await scene.add_event()
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), Removal(ref="one"), by=source, at=NOON + MINUTE)
    await store.close()

    again = await Store.open(database_url)
    scrubber = Scrubber(again, within_s=0)
    await scrubber.start()

    await asyncio.wait_for(all_scrubbed(again), 20)
    await scrubber.stop()
    await again.close()


async def test_an_error_of_the_database_only_delays_it(sqlite_url: str) -> None:
    """The list of chores is out of reach for a while, as on a full disk; a service stops in order even then."""
    store = await Store.open(sqlite_url)
    scene = Scene(store)
    scene.event = await scene.add_event()
    source = await scene.add_source()
    await scene.offer(a_sighting("one", title="Unforgettable"), Removal(ref="one"), by=source, at=NOON + MINUTE)
    file = sqlite_file(sqlite_url) or ""

    with closing(sqlite3.connect(file, isolation_level=None)) as other, capture_logs() as logs:
        other.execute("ALTER TABLE chores RENAME TO out_of_reach")
        stopped = Scrubber(store, within_s=0, retry_s=60)
        await stopped.start()
        await asyncio.wait_for(logged(logs), 20)
        await stopped.stop()
        scrubber = Scrubber(store, within_s=0, retry_s=0.05)
        await scrubber.start()
        logs.clear()
        await asyncio.wait_for(logged(logs), 20)
        other.execute("ALTER TABLE out_of_reach RENAME TO chores")

    await asyncio.wait_for(all_scrubbed(store), 20)
    assert b"Unforgettable" not in raw(sqlite_url)
    await scrubber.stop()
    await store.close()


async def test_the_first_erasing_takes_the_copies_before_upgrades_along(sqlite_url: str) -> None:
    file = sqlite_file(sqlite_url)
    assert file is not None
    copy = Path(f"{file}.before-0001")
    copy.write_bytes(b"old words")
    assert schema.copies(file) == [copy]
    store = await Store.open(sqlite_url)

    assert await erase.scrub(store)

    assert not copy.exists()
    await store.close()
