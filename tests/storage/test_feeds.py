"""What feeds, hubs and search engines are told, on both databases."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from storage import changes, feeds, media, sources
from storage.tables import items as item_rows
from storage.tables import media as media_rows
from tests.factories import MINUTE, NOON, SECOND, a_picture, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.consent import NOT_INDEXED
from timeline.post import Removal


async def set_on(scene: Scene, which: int, **values: Any) -> None:
    change = update(item_rows).where(item_rows.c.id == which).values(**values)
    await scene.store.write(lambda writing: writing.execute(change) and None)


async def posts(scene: Scene) -> tuple[int, ...]:
    """The ids of what is shown, the oldest first."""
    return tuple(sorted(item.id for item in await scene.shown()))


@pytest.fixture
async def source(scene: Scene) -> int:
    """A source that has brought three posts, a second apart; the second with a picture, the third by a shy author."""
    source = await scene.add_source()
    shy = replace(an_author("Shy Person"), labels=(NOT_INDEXED,))
    for number, more in enumerate(({}, {"media": (a_picture(),)}, {"author": shy})):
        heard = a_sighting(f"post-{number}", published_at=NOON - MINUTE + number * SECOND, **more)
        await scene.offer(heard, by=source)
    return source


async def test_what_stands_in_a_feed_differs_when_it_does(scene: Scene, source: int) -> None:
    async def stands(*, highlighted: bool = False) -> tuple[tuple[int, int], ...]:
        return await scene.store.read(feeds.newest, scene.event.id, limit=2, highlighted=highlighted)

    _, second, third = await posts(scene)
    before = await stands()
    assert [item_id for item_id, _ in before] == [third, second]
    assert await stands() == before
    await scene.offer(Removal(ref="post-0"), by=source)
    assert await stands() == before
    await scene.offer(Removal(ref="post-2"), by=source)
    assert [item_id for item_id, _ in await stands()] == [second]
    assert await stands(highlighted=True) == ()


async def test_highlights_stand_by_their_picking_and_the_map_leaves_the_shy_out(scene: Scene, source: int) -> None:
    first, second, third = await posts(scene)
    for minutes, which in enumerate((second, third, first)):
        await set_on(scene, which, highlighted_at=NOON + minutes * MINUTE)
    told = await scene.store.read(feeds.highlights, scene.event.id, limit=2)
    assert [item.id for item in told] == [first, third]

    found = await scene.store.read(feeds.picked, [scene.event.id], limit=9, without=frozenset({"x"}))
    assert found == [(first, scene.event.id, NOON + 2 * MINUTE), (second, scene.event.id, NOON)]
    assert await scene.store.read(feeds.picked, [scene.event.id], limit=9, without=frozenset({"mastodon"})) == []
    assert await scene.store.read(feeds.picked, [], limit=9, without=frozenset()) == []


async def test_what_went_is_told_with_its_moment_as_far_back_as_asked(scene: Scene, source: int) -> None:
    first, second, _ = await posts(scene)
    await scene.offer(Removal(ref="post-1"), by=source, at=NOON + MINUTE)
    await scene.offer(Removal(ref="post-0"), by=source, at=NOON + 2 * MINUTE)

    gone = await scene.store.read(changes.removals, scene.event.id, after=0, limit=9)
    assert list(gone.items()) == [(first, NOON + 2 * MINUTE), (second, NOON + MINUTE)]
    assert list(await scene.store.read(changes.removals, scene.event.id, after=0, limit=1)) == [first]
    seq = await scene.seq()
    assert await scene.store.read(changes.removals, scene.event.id, after=seq, limit=9) == {}
    assert await scene.store.read(changes.last_at, scene.event.id) == NOON + 2 * MINUTE


async def test_kept_pictures_have_a_length(scene: Scene, source: int) -> None:
    [picture] = next(item for item in await scene.shown() if item.post.media).post.media
    told = [picture.key] if picture.key else []
    assert await scene.store.read(media.lengths, told) == {}
    kept = update(media_rows).values(state="kept", key="k", content_hash="h", kept_bytes=99)
    await scene.store.write(lambda writing: writing.execute(kept) and None)
    assert await scene.store.read(media.lengths, ["k", "none"]) == {"k": 99}


async def test_networks_are_in_use_where_readers_may_see_them(scene: Scene, source: int) -> None:
    draft = await scene.add_event(slug="draft", visibility="draft")
    await scene.add_source(draft, kind="bluesky")
    every = ["mastodon", "bluesky", "feed"]
    assert await scene.store.read(sources.networks_in_use, every) == {"mastodon"}
    first, *_ = await posts(scene)
    await set_on(scene, first, network="feed")
    assert await scene.store.read(sources.networks_in_use, every) == {"mastodon", "feed"}
