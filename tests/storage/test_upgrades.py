"""A database of an earlier version, with posts in it, is brought up to date and shows them in every new place."""

from contextlib import AsyncExitStack
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert

from storage import events, feeds, items, schema, search, walls
from storage.engine import open_engine
from storage.store import Store
from storage.tables import authors, posts
from storage.tables import events as event_rows
from storage.tables import items as item_rows
from tests.factories import DAY, NOON
from timeline.event import PLAIN
from timeline.query import Query, Term
from timeline.view import Filter

WORDS = Filter(query=Query(terms=(Term(("quay",)),)))


def fill(writing: Connection) -> None:
    """An event with a highlight, a post that waits, and one that was checked, in the oldest columns."""
    writing.execute(
        insert(event_rows).values(
            id=1, slug="harbour26", title="Harbour", timezone="UTC", starts_at=NOON - DAY, ends_at=NOON + DAY,
            collect_from=NOON - DAY, collect_until=NOON + DAY, hashtags=["harbour26"], visibility="public",
            moderation="after", consent="usual", origin="file", seq=3, floor=0, created_at=NOON - DAY,
        )
    )  # fmt: skip
    author = {"network": "mastodon", "uri": "https://a.example/ada", "name": "Ada", "handle": "@ada"}
    writing.execute(insert(authors).values(id=1, profile_at=NOON, known=True, organisation=False, **author))
    for number, (state, more) in enumerate((("shown", {"highlighted_at": NOON}), ("held", {}), ("shown", {})), start=1):
        said = {"network": "mastodon", "uri": f"https://a.example/{number}", "text": f"On the quay, number {number}"}
        tallies = {"sensitive": False, "replies": 0, "boosts": 0, "likes": 0}
        writing.execute(insert(posts).values(id=number, author_id=1, published_at=NOON, html="", **said, **tallies))
        seen = {"first_seen_at": NOON, "published_at": NOON, "shown_at": NOON if state == "shown" else None}
        writing.execute(
            insert(item_rows).values(
                id=number, event_id=1, post_id=number, network="mastodon", state=state, checked=number == 3, late=False,
                seq=number, **seen, **more,
            )
        )  # fmt: skip


def made_by(version: str, url: str) -> None:
    """A database as that version left it."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    engine = open_engine(url, "write")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        fill(connection)
    engine.dispose()


async def test_posts_of_an_earlier_version_are_found_and_may_stand_on_walls(new_url: str) -> None:
    made_by("0002", new_url)

    schema.upgrade(new_url)

    async with AsyncExitStack() as stack:
        store = await Store.open(new_url)
        stack.push_async_callback(store.close)
        event = await store.read(events.by_slug, "harbour26")
        found = await store.read(items.page, event.id, limit=9, where=WORDS)
        standing = await store.read(walls.standing, event.id, limit=9)
        picked = await store.read(feeds.highlights, event.id, limit=9)
        assert (event.look, event.indexed, event.venue, event.url, event.walls_cleared_at) == (
            PLAIN,
            True,
            "",
            None,
            None,
        )
        assert [item.id for item in found.items] == [3, 1]
        assert await store.read(search.count, event.id, WORDS) == 2
        assert [item.id for item in standing.items] == [3, 1]
        assert [item.id for item in picked] == [1]
