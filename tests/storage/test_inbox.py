"""What was pushed, until it is taken in."""

from datetime import timedelta

import pytest

from storage import inbox, subscriptions
from storage.inbox import Parcel
from tests.factories import NOON, a_sighting

RSS = "application/rss+xml"


@pytest.fixture
async def source_id(scene):
    return await scene.add_source()


async def put(store, source_id, body, *, at=NOON):
    return await store.write(inbox.put, source_id, content_type=RSS, body=body, at=at)


async def test_what_is_put_in_comes_out_in_order_and_once(scene, source_id):
    for body in (b"one", b"two", b"one"):
        assert await put(scene.store, source_id, body)
    assert await scene.store.read(inbox.sources_waiting) == {source_id}
    first = await scene.store.read(inbox.oldest, source_id)
    assert first == Parcel(id=first.id, content_type=RSS, body=b"one")
    await scene.store.write(inbox.take, [first.id])
    second = await scene.store.read(inbox.oldest, source_id)
    assert second.body == b"two"
    await scene.store.write(inbox.take, [second.id])
    assert await scene.store.read(inbox.oldest, source_id) is None
    assert await scene.store.read(inbox.sources_waiting) == set()


async def test_a_push_leaves_the_inbox_with_the_commit_of_its_posts(scene, source_id):
    await put(scene.store, source_id, b"one")
    push = await scene.store.read(inbox.oldest, source_id)
    await scene.offer(a_sighting(html="<p>hello</p>", published_at=NOON), by=source_id, pushes=[push.id])
    assert await scene.texts() == ["hello"]
    assert await scene.store.read(inbox.oldest, source_id) is None


async def test_a_commit_that_fails_leaves_it_where_it_was(scene, source_id):
    await put(scene.store, source_id, b"one")
    push = await scene.store.read(inbox.oldest, source_id)
    with pytest.raises(Exception):  # noqa: B017 whatever the database says to a cursor of nobody
        await scene.offer(by=source_id, pushes=[push.id], cursors={(10**6, ""): {}})
    assert await scene.store.read(inbox.oldest, source_id) == push


async def test_it_takes_so_many_for_a_source_and_no_more(scene, source_id):
    other = await scene.add_source(address="another")
    took = [await put(scene.store, source_id, f"{number}".encode()) for number in range(inbox.OF_SOURCE + 1)]
    assert took == [True] * inbox.OF_SOURCE + [False]
    assert await put(scene.store, other, b"hello")


async def test_it_takes_so_much_for_a_source_and_for_all_and_no_more(scene, source_id, monkeypatch):
    other = await scene.add_source(address="another")
    monkeypatch.setattr(inbox, "OF_SOURCE_BYTES", 10)
    monkeypatch.setattr(inbox, "OF_ALL_BYTES", 15)
    assert await put(scene.store, source_id, b"12345678")
    assert not await put(scene.store, source_id, b"123")
    assert not await put(scene.store, other, b"12345678")
    assert await put(scene.store, other, b"1234567")


async def test_what_nobody_takes_is_dropped_in_minutes(scene, source_id):
    await put(scene.store, source_id, b"old")
    await put(scene.store, source_id, b"new", at=NOON + timedelta(minutes=2))
    erased = []
    scene.store.on_erased(lambda: erased.append(True))
    await scene.store.write(inbox.sweep, NOON + timedelta(minutes=4))
    assert not erased
    await scene.store.write(inbox.sweep, NOON + timedelta(minutes=6))
    assert erased
    assert (await scene.store.read(inbox.oldest, source_id)).body == b"new"


async def test_a_push_is_a_sign_of_life_of_its_hub(scene, source_id):
    await scene.store.write(subscriptions.follow, source_id, hub="https://h.example/", topic="t", at=NOON)
    await put(scene.store, source_id, b"one", at=NOON + timedelta(seconds=9))
    assert (await scene.store.read(subscriptions.of_source, source_id)).heard_at == NOON + timedelta(seconds=9)
