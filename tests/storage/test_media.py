"""Pictures: wanted, fetched once, seen only beside a shown post, let go of in time."""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from storage import media
from storage.shelf import Shelf
from storage.store import Store
from tests.factories import DAY, HOUR, MINUTE, NOON, a_picture, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.post import AuthorUpdate, Card, Removal

KEPT: dict[str, Any] = {
    "content_hash": "f00d", "content_type": "image/webp", "width": 640, "height": 480, "size_bytes": 1000,
    "at": NOON + MINUTE,
}  # fmt: skip


async def pending(store: Store) -> list[media.PendingMedia]:
    return await store.read(media.pending, 10, NOON)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "media", limit_bytes=10_000)


async def test_pictures_of_the_newest_posts_are_fetched_first(scene: Scene) -> None:
    source = await scene.add_source()
    old = a_picture(source_url="https://files.example/old.jpg")
    new = a_picture(source_url="https://files.example/new.jpg")

    await scene.offer(a_sighting("new", media=(new,)), by=source)
    await scene.offer(a_sighting("old", media=(old,), published_at=NOON - DAY), by=source, backfill=True)

    assert [one.source_url for one in await pending(scene.store)] == [new.source_url, old.source_url]


async def test_a_picture_that_is_kept_follows_as_a_change(scene: Scene) -> None:
    source = await scene.add_source()
    card = Card(url="https://example.org/", title="Talk", image=a_picture(source_url="https://files.example/card.png"))
    await scene.offer(a_sighting("one", media=(a_picture(),), card=card), by=source)
    [item] = await scene.shown()
    assert [one.key for one in item.post.media] == [None]
    seq = await scene.seq()

    for one in await pending(scene.store):
        await scene.store.write(media.keep, one.key, **KEPT)

    [item] = await scene.shown()
    assert item.post.card is not None
    assert item.post.card.image is not None
    [picture] = item.post.media
    assert (picture.width, picture.height) == (640, 480)
    assert None not in (picture.key, item.post.card.image.key)
    assert await pending(scene.store) == []
    assert [kind for kind, _ in await scene.kinds(after=seq)] == ["item.changed"]


async def test_a_picture_is_seen_only_while_a_shown_post_uses_it(scene: Scene) -> None:
    draft = await scene.add_event(slug="draft", visibility="draft")
    source, hidden = await scene.add_source(), await scene.add_source(draft)
    await scene.offer(a_sighting("one", media=(a_picture(),)), by=source)
    await scene.offer(a_sighting("two", media=(a_picture(),)), by=hidden)
    keys = [one.key for one in await pending(scene.store)]
    for key in keys:
        await scene.store.write(media.keep, key, **KEPT)

    found = [await scene.store.read(media.find, key) for key in keys]
    assert [one is not None for one in found].count(True) == 1
    assert await scene.store.read(media.find, "no such key") is None
    assert all([await scene.store.read(media.find, key, staff=True) for key in keys])

    await scene.offer(Removal(ref="one"), by=source)
    assert [await scene.store.read(media.find, key) for key in keys] == [None, None]


async def test_a_picture_that_fails_is_tried_again_and_in_the_end_given_up(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one", media=(a_picture(),)), by=source)
    [one] = await pending(scene.store)
    seq = await scene.seq()

    await scene.store.write(media.fail, one.key, retry_at=NOON + HOUR, at=NOON)
    assert await pending(scene.store) == []
    [again] = await scene.store.read(media.pending, 10, NOON + HOUR)
    assert (again.attempts, await scene.seq()) == (1, seq)

    await scene.store.write(media.fail, one.key, retry_at=None, at=NOON + HOUR)
    [item] = await scene.shown()
    assert [picture.failed for picture in item.post.media] == [True]
    assert [kind for kind, _ in await scene.kinds(after=seq)] == ["item.changed"]


async def test_a_picture_nobody_wants_any_more_is_not_kept(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one", media=(a_picture(),)), by=source)
    [one] = await pending(scene.store)

    await scene.offer(Removal(ref="one"), by=source)

    assert await scene.store.write(media.keep, one.key, **KEPT) is False


async def test_pictures_carried_inside_an_address_are_refused(scene: Scene) -> None:
    source = await scene.add_source()

    await scene.offer(a_sighting("one", media=(a_picture(source_url="data:image/png;base64,AAAA"),)), by=source)

    [item] = await scene.shown()
    assert [(one.source_url, one.failed) for one in item.post.media] == [(None, True)]


async def test_a_new_avatar_takes_the_old_ones_place_once_it_is_here(scene: Scene) -> None:
    source = await scene.add_source()
    first = an_author(avatar="https://files.example/first.jpg")
    await scene.offer(a_sighting("one", author=first), by=source)
    [one] = await pending(scene.store)
    assert one.shape == "avatar"
    await scene.store.write(media.keep, one.key, **KEPT)
    assert [item.post.author.avatar_key for item in await scene.shown()] == [one.key]
    assert await scene.store.read(media.find, one.key) is not None

    await scene.offer(AuthorUpdate(author=an_author(avatar="https://files.example/second.jpg")), by=source)
    assert [item.post.author.avatar_key for item in await scene.shown()] == [one.key]
    [two] = await pending(scene.store)
    await scene.store.write(media.keep, two.key, **KEPT)

    assert [item.post.author.avatar_key for item in await scene.shown()] == [two.key]
    assert await scene.store.read(media.find, one.key) is None
    await scene.offer(AuthorUpdate(author=an_author(avatar=None)), by=source)
    assert [item.post.author.avatar_key for item in await scene.shown()] == [None]


class TestShelf:
    """Bytes on disk."""

    def test_bytes_are_kept_once_by_their_content(self, shelf: Shelf) -> None:
        names = {shelf.put(b"quay"), shelf.put(b"quay"), shelf.put(b"boat")}

        assert names == {hashlib.sha256(b"quay").hexdigest(), hashlib.sha256(b"boat").hexdigest()}
        assert sorted(shelf.path(name).read_bytes() for name in names) == [b"boat", b"quay"]
        assert len([path for path in shelf.folder.rglob("*") if path.is_file()]) == 2

    def test_what_nobody_wants_goes_after_a_time_of_grace(self, shelf: Shelf) -> None:
        wanted, old, fresh = shelf.put(b"wanted"), shelf.put(b"old"), shelf.put(b"fresh")
        for name in (wanted, old):
            os.utime(shelf.path(name), (0, 0))
        part = shelf.path(old).with_name(".part")
        part.write_bytes(b"cut off")
        os.utime(part, (0, 0))

        assert shelf.sweep({wanted}, grace_s=60) == 2

        assert [shelf.path(name).exists() for name in (wanted, old, fresh)] == [True, False, True]
        assert not part.exists()

    def test_copies_of_what_nobody_wants_go_at_once(self, shelf: Shelf) -> None:
        wanted, gone = shelf.put(b"wanted"), shelf.put(b"gone")
        copies = [shelf.copy_path(name, "320.webp") for name in (wanted, gone)]
        for copy in copies:
            copy.write_bytes(b"smaller")
        os.utime(shelf.path(gone), (0, 0))

        assert shelf.sweep({wanted}, grace_s=60) == 2

        assert [copy.exists() for copy in copies] == [True, False]
        assert shelf.copies_bytes() == len(b"smaller")

    def test_another_machine_may_be_quicker_to_delete(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        name = shelf.put(b"quay")
        shelf.copy_path(name, "320.webp").write_bytes(b"smaller")
        listed = [path for path in shelf.folder.rglob("*") if path.is_file()]
        for path in listed:
            path.unlink()
        monkeypatch.setattr(Path, "glob", lambda *_: iter(listed))

        assert shelf.copies_bytes() == 0
        shelf.sweep(set(), grace_s=0)

    async def test_the_pictures_of_a_removed_post_leave_the_disk(self, scene: Scene, shelf: Shelf) -> None:
        source = await scene.add_source()
        await scene.offer(a_sighting("one", media=(a_picture(),)), by=source)
        [one] = await pending(scene.store)
        content_hash = await asyncio.to_thread(shelf.put, b"quay")
        await scene.store.write(media.keep, one.key, **KEPT | {"content_hash": content_hash})
        assert await media.tidy(scene.store, shelf, at=NOON, grace_s=0) == 0

        await scene.offer(Removal(ref="one"), by=source)

        assert await media.tidy(scene.store, shelf, at=NOON, grace_s=0) == 1
        assert not shelf.path(content_hash).exists()

    async def test_over_the_limit_the_oldest_go_and_their_posts_say_so(self, scene: Scene, shelf: Shelf) -> None:
        source = await scene.add_source()
        for n in range(3):
            picture = a_picture(source_url=f"https://files.example/{n}.jpg")
            await scene.offer(a_sighting(f"post{n}", media=(picture,)), by=source)
            [one] = await pending(scene.store)
            content_hash = await asyncio.to_thread(shelf.put, bytes([n]) * 4_000)
            kept = {"content_hash": content_hash, "size_bytes": 4_000, "at": NOON + n * MINUTE}
            await scene.store.write(media.keep, one.key, **KEPT | kept)
        seq = await scene.seq()

        assert await media.tidy(scene.store, shelf, at=NOON, grace_s=0) == 1

        shown = {item.post.uri[-5:]: item.post.media[0].failed for item in await scene.shown()}
        assert shown == {"post0": True, "post1": False, "post2": False}
        assert [kind for kind, _ in await scene.kinds(after=seq)] == ["item.changed"]
