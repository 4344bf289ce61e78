"""A backup holds everything; a restore brings back nothing that was removed."""

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import changes, events, intake, items, media, schema, sources, spending
from storage.backup import backup
from storage.engine import sqlite_file
from storage.restore import MAX_LINE, BadBackup, restore, sizes
from storage.shelf import Shelf
from storage.store import Store
from storage.tables import spending as spending_rows
from tests.factories import DAY, HOUR, MINUTE, NETWORKS, NOON, a_picture, a_sighting, a_source
from tests.storage.conftest import Scene
from tests.storage.spoiling import (
    altered,
    lacking_a_value,
    of_a_newer_schema,
    of_the_first_schema,
    put_in,
    with_a_link,
    with_member,
)
from timeline.errors import ErasedItem
from timeline.post import Poll, PollOption, Removal
from timeline.query import Query, Term
from timeline.view import Filter


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    store = await Store.open(url)
    try:
        yield store
    finally:
        await store.close()


async def a_full_scene(scene: Scene, shelf: Shelf) -> int:
    """A source that brought posts, one with a picture that is kept, one of them removed."""
    await scene.store.write(sources.sync, scene.event.id, [a_source(settings={"n": [1]})], origin="file", at=NOON)
    source = (await scene.store.read(sources.of_event, scene.event.id))[0].source.id
    poll = Poll(options=(PollOption(text="Yes", votes=2),), closes_at=NOON + DAY)
    await scene.offer(
        a_sighting("one", media=(a_picture(),), poll=poll, edited_at=NOON + MINUTE), a_sighting("two"),
        a_sighting("gone"), Removal(ref="gone"), by=source, cursors={(source, ""): {"min_id": "7"}}, at=NOON + HOUR,
    )  # fmt: skip
    [one] = await scene.store.read(media.pending, 9, NOON + HOUR)
    await scene.store.write(
        media.keep, one.key, content_hash=shelf.put(b"quay"), content_type="image/webp", width=4, height=3,
        size_bytes=4, at=NOON,
    )  # fmt: skip
    return source


async def test_a_backup_restores_into_either_database(scene: Scene, new_url: str, tmp_path: Path) -> None:
    shelf, file = Shelf(tmp_path / "media", 10_000), tmp_path / "backup.tar"
    source = await a_full_scene(scene, shelf)

    manifest = await backup(scene.store, shelf.folder, file, version="1.2", at=NOON)
    assert schema.state(new_url) == "empty"
    restored, _ = restore(new_url, tmp_path / "elsewhere", file, at=NOON + DAY)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert restored == manifest
    assert (manifest.rows["posts"], manifest.pictures, manifest.version) == (2, 1, "1.2")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    async with opened(new_url) as store:
        there = Scene(store)
        there.event = await store.read(events.by_slug, "harbour26")
        assert await there.shown() == await scene.shown()
        where = Filter(query=Query(terms=(Term(("words", "of", "two")),)))
        assert len((await store.read(items.page, there.event.id, limit=9, where=where)).items) == 1
        [picture] = (await there.shown())[1].post.media + (await there.shown())[0].post.media
        found = await store.read(media.find, picture.key or "")
        assert found is not None
        assert Shelf(tmp_path / "elsewhere", 0).path(found.content_hash).read_bytes() == b"quay"
        assert await store.read(sources.cursors, [source]) == {(source, ""): {"min_id": "7"}}
        accepted = await there.offer(a_sighting("one"), a_sighting("gone"), a_sighting("new"), by=source)
        assert (accepted.added, accepted.dropped) == (1, {"removed before": 1})
        assert await there.texts() == [
            "Words of new at #harbour26", "Words of two at #harbour26", "Words of one at #harbour26",
        ]  # fmt: skip


async def test_what_was_removed_since_the_backup_stays_removed(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    async with opened(database_url) as store:
        scene = Scene(store)
        scene.event = await scene.add_event()
        source = await a_full_scene(scene, Shelf(tmp_path / "media", 10_000))
        await backup(store, tmp_path / "media", file, version="1", at=NOON)
        await scene.offer(Removal(ref="one"), Removal(ref="unseen"), a_sighting("three"), by=source, at=NOON + HOUR)
        last_id = (await scene.shown())[0].id
        reader_at = await scene.seq()

    restore(database_url, tmp_path / "media", file, at=NOON + DAY)

    async with opened(database_url) as store:
        scene.store = store
        assert await scene.texts() == ["Words of two at #harbour26"]
        again = await scene.offer(a_sighting("one"), a_sighting("x", ref="unseen"), a_sighting("new"), by=source)
        assert again.dropped == {"removed before": 2}
        assert (await scene.shown())[0].id > last_id
        window = await store.read(changes.window, scene.event.id, after=reader_at, limit=10)
        assert reader_at < window.floor < window.latest


async def test_what_an_older_version_saved_is_restored(scene: Scene, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), a_sighting("two"), by=source)
    await backup(scene.store, tmp_path / "media", file, version="0.1", at=NOON)

    restore(database_url, tmp_path / "media", of_the_first_schema(file), at=NOON + DAY)

    assert len(await scene.texts()) == 2
    erased = (await scene.shown())[0].id
    await scene.offer(Removal(ref="two"), Removal(ref="one"), by=source, at=NOON + DAY)
    with pytest.raises(ErasedItem):
        await scene.store.read(items.by_id, erased)


async def test_what_was_spent_today_stays_spent(database_url: str, tmp_path: Path) -> None:
    file, source = tmp_path / "backup.tar", a_source(id=0)
    async with opened(database_url) as store:
        await store.write(spending.charge, source, ["one", "two"], at=NOON)
        await backup(store, tmp_path / "media", file, version="1", at=NOON)
        await store.write(spending.charge, source, ["three"], at=NOON)  # since the backup

    restore(database_url, tmp_path / "media", file, at=NOON + HOUR)

    async with opened(database_url) as store:
        await store.write(spending.charge, source, ["one"], at=NOON)
        told = await store.read(lambda reading: reading.scalar(select(spending_rows.c.posts)))
    assert told == 3


async def test_what_a_restore_replaces_is_kept_beside_it(sqlite_url: str, tmp_path: Path) -> None:
    file, database = tmp_path / "backup.tar", sqlite_file(sqlite_url)
    assert database is not None
    async with opened(sqlite_url) as store:
        scene = Scene(store)
        scene.event = await scene.add_event()
        await backup(store, tmp_path / "media", file, version="1", at=NOON)
        await scene.offer(a_sighting("one"), by=await scene.add_source())

    assert sizes(sqlite_url) == {"harbour26": 1}
    _, kept = restore(sqlite_url, tmp_path / "media", file, at=NOON + DAY)
    _, again = restore(sqlite_url, tmp_path / "media", file, at=NOON + DAY + HOUR)

    assert (sizes(sqlite_url), again) == ({"harbour26": 0}, None), "nothing is lost with an empty one"
    assert kept is not None
    assert schema.copies(database) == [kept]
    assert sizes(f"sqlite:///{kept}") == {"harbour26": 1}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


async def test_a_backup_is_one_moment_while_posts_come_in(scene: Scene, tmp_path: Path) -> None:
    new_url = f"sqlite:///{tmp_path / 'new.db'}"
    source = await scene.add_source()

    async def keep_offering() -> None:
        for n in range(40):
            await scene.store.write(
                intake.accept, [a_sighting(f"post{n}")], source_ids=[source], networks=NETWORKS, at=NOON
            )

    offering = asyncio.create_task(keep_offering())
    while not await scene.shown():
        await asyncio.sleep(0)
    manifest = await backup(scene.store, tmp_path / "media", tmp_path / "backup.tar", version="1", at=NOON)
    await offering

    restore(new_url, tmp_path / "media", tmp_path / "backup.tar", at=NOON)
    async with opened(new_url) as store:
        page = await store.read(items.page, scene.event.id, limit=500)
    assert len(page.items) == manifest.rows["posts"] == manifest.rows["items"] == manifest.rows["sightings"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: with_member(file, "../../escaped"),
        lambda file: with_member(file, "/etc/passwd"),
        lambda file: with_member(file, "tables/alembic_version.jsonl"),
        with_a_link,
        of_a_newer_schema,
        lacking_a_value,
        lambda file: altered(file, "posts", published_at="yesterday"),
        lambda file: altered(file, "posts", published_at=7),
        lambda file: altered(file, "posts", author_id=None),
        lambda file: altered(file, "posts", author_id=2**70),
        lambda file: altered(file, "posts", text={"no": "text"}),
        lambda file: altered(file, "posts", html="x" * MAX_LINE),
        lambda file: altered(file, "media", content_type="text/html"),
        lambda file: altered(file, "media", content_hash="../../../../etc/passwd"),
        lambda file: altered(
            file, "events", look={"logo": {"content_hash": "../../../etc/passwd", "content_type": "image/png"}}
        ),
        lambda file: put_in(file, f"media/{'0' * 64}", b"another picture"),
        lambda file: file.write_bytes(b"no tar file"),
        lambda file: file.write_bytes(file.read_bytes()[:2_000]),
    ],
)
async def test_what_is_no_backup_of_ours_is_refused_and_nothing_touched(
    scene: Scene, database_url: str, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    file = tmp_path / "backup.tar"
    await a_full_scene(scene, Shelf(tmp_path / "media", 10_000))
    await backup(scene.store, tmp_path / "media", file, version="1", at=NOON)
    spoil(file)

    with pytest.raises(BadBackup):
        restore(database_url, tmp_path / "media", file, at=NOON)

    assert len(await scene.shown()) == 2
    assert not (tmp_path.parent / "escaped").exists()


async def test_what_a_backup_brings_onto_a_page_is_cleaned_again(scene: Scene, tmp_path: Path) -> None:
    new_url, file = f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "backup.tar"
    await scene.offer(a_sighting("one"), by=await scene.add_source())
    await backup(scene.store, tmp_path / "media", file, version="1", at=NOON)
    trap = "javascript:alert(1)"
    card = {"url": trap, "title": "Click", "description": ""}
    html = f"<p onclick='alert(1)'>Words<script>alert(1)</script> <a href='{trap}'>here</a></p>"
    altered(file, "posts", html=html, url=trap, links=[trap, "https://harbour.example/"], card=card)
    altered(file, "authors", url=trap)

    restore(new_url, tmp_path / "media", file, at=NOON)

    async with opened(new_url) as store:
        [item] = (await store.read(items.page, scene.event.id, limit=9)).items
    assert "alert" not in repr(item)
    assert item.post.links == ("https://harbour.example/",)
