"""How SQLite answers what every page asks of a full database: by an index and in its order."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.engine import Engine

from storage import feeds, indexing, items, rechecks, threads, walls
from storage.engine import sqlite_file
from storage.store import Store
from storage.tables import items as item_rows
from tests.factories import MASTODON, NOON, a_sighting
from tests.storage.conftest import Scene
from timeline.post import Sighting
from timeline.view import Filter

ENTRY = "https://feed.example/posts/entry"
# What ANALYZE finds among 100,000 posts of 2,000 authors and two networks, of which 10,000 are comments.
FULL = {
    "items_timeline": "100000 100000 100000 1 1", "sqlite_autoindex_items_1": "100000 1 1",
    "items_by_network": "100000 100000 100000 50000 1 1", "posts_author_id": "100000 50 1",
    "posts_network": "100000 50000 1", "sqlite_autoindex_posts_1": "100000 50000 1",
    "sqlite_autoindex_authors_1": "2000 2000 1", "items_highlights": "500 500 500 1 1",
    "items_vouched": "2000 2000 1 1",
}  # fmt: skip


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@contextmanager
def overheard() -> Iterator[list[tuple[str, Any]]]:
    """The questions that are asked meanwhile."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def steps(store: Store, function: Any, *args: Any, **more: Any) -> str:
    """What SQLite would do for a read if the database were full."""
    with overheard() as asked:
        await store.read(function, *args, **more)
    file = sqlite_file(store.url)
    assert asked
    assert file is not None
    with closing(sqlite3.connect(file)) as database:
        database.execute("ANALYZE")
        of_comments = "SELECT sql LIKE '% WHERE %' FROM sqlite_schema WHERE name = 'items_parent_id'"
        [alone] = database.execute(of_comments).fetchone()
        for name, stat in (FULL | {"items_parent_id": "10000 1" if alone else "100000 10"}).items():
            database.execute("UPDATE sqlite_stat1 SET stat = ? WHERE idx = ?", (stat, name))
        database.commit()
    with closing(sqlite3.connect(file)) as database:
        found = [database.execute(f"EXPLAIN QUERY PLAN {one}", given).fetchall() for one, given in asked]
    return "\n".join(row[3] for rows in found for row in rows)


async def test_a_page_is_read_in_order_whatever_is_said_under_entries_and_quoted(scene: Scene) -> None:
    source = await scene.add_source(kind="feed")
    posts = [
        a_sighting(name, network="feed", quotes=f"{ENTRY}-{name}", in_reply_to=f"{ENTRY}-{name}")
        for name in ("entry", "one", "two")
    ]
    said = a_sighting("said", network="feed")
    await scene.offer(*posts, Sighting(ref="said", post=said.post, about=ENTRY), by=source)

    page = await steps(scene.store, items.page, scene.event.id, limit=20)
    oldest = await steps(scene.store, items.page, scene.event.id, limit=20, oldest=True)
    seen = await steps(scene.store, items.page, scene.event.id, limit=20, where=Filter(media=True))
    cards = await steps(scene.store, items.by_ids, range(1, 4))

    for read in (page, oldest, seen):
        assert "items_timeline" in read
        assert "TEMP B-TREE FOR ORDER BY" not in read
    assert "SCAN media" not in seen
    for table in ("posts", "authors", "tombstones"):
        assert f"SCAN {table}" not in page + cards


async def test_what_may_stand_on_a_wall_is_found_among_those_somebody_answers_for(scene: Scene) -> None:
    source = await scene.add_source(trusted=True)
    await scene.offer(*(a_sighting(name) for name in ("one", "two")), by=source)

    asked = await steps(scene.store, walls.standing, scene.event.id, limit=20)

    assert "items_vouched" in asked
    assert "TEMP B-TREE FOR ORDER BY" not in asked


async def test_highlights_are_found_among_highlights(scene: Scene) -> None:
    source = await scene.add_source(trusted=True)
    await scene.offer(*(a_sighting(name) for name in ("one", "two")), by=source)
    some = update(item_rows).where(item_rows.c.id == 1).values(highlighted_at=NOON)
    await scene.store.write(lambda writing: writing.execute(some) and None)

    by_day = await steps(scene.store, items.page, scene.event.id, limit=20, where=Filter(highlighted=True))
    by_picking = await steps(scene.store, feeds.newest, scene.event.id, limit=20, highlighted=True)

    assert "items_highlights" in by_day
    assert "TEMP B-TREE FOR ORDER BY" not in by_day
    assert "items_highlights" in by_picking


async def test_the_index_of_words_is_made_in_the_order_of_the_items(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), by=source)

    part = await steps(scene.store, lambda reading: reading.execute(indexing.PART, {"after": 0}).all())

    assert "SEARCH items USING INTEGER PRIMARY KEY" in part
    assert "TEMP B-TREE FOR ORDER BY" not in part


async def test_a_thread_is_followed_by_what_answers_what(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), a_sighting("two", in_reply_to=a_sighting("one").post.uri), by=source)
    [second, _] = await scene.shown()

    taken = await steps(scene.store, threads.own, second, most=9)

    assert "SEARCH posts USING INDEX posts_answering (network=? AND in_reply_to=?)" in taken
    assert "items_timeline" not in taken


async def test_what_stands_on_walls_is_looked_at_again_without_looking_at_all_there_is(scene: Scene) -> None:
    source = await scene.add_source(trusted=True)
    await scene.offer(*(a_sighting(name) for name in ("one", "two")), by=source)

    asked = await steps(scene.store, rechecks.due, MASTODON, {source: None}, seldom=False, limit=9, at=NOON)

    assert "SCAN events" in asked
    assert "SCAN items" not in asked
