"""Pages lose nothing and repeat nothing, whatever comes in meanwhile."""

import random
import uuid
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import items
from tests.factories import HOUR, NOON, a_sighting
from tests.storage.conftest import Scene
from timeline.item import Item, Place

PROPERTY = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def leaf_up(scene: Scene, *, limit: int) -> list[Item]:
    """From the oldest on."""
    found: list[Item] = []
    after: Place | None = None
    while True:
        page = await scene.store.read(items.page, scene.event.id, after=after, oldest=True, limit=limit)
        found += page.items[::-1]
        if page.newer is None:
            return found
        after = Place.decode(page.newer.encode())


async def leaf_through(scene: Scene, *, limit: int) -> list[Item]:
    found: list[Item] = []
    before: Place | None = None
    while True:
        page = await scene.store.read(items.page, scene.event.id, before=before, limit=limit)
        assert len(page.items) <= limit
        found += page.items
        if page.next is None:
            return found
        before = Place.decode(page.next.encode())


@PROPERTY
@given(moments=st.lists(st.integers(0, 3), max_size=25), limit=st.integers(1, 9))
async def test_leafing_through_shows_everything_once_in_order(scene: Scene, moments: list[int], limit: int) -> None:
    run = uuid.uuid4()
    event = await scene.add_event(slug=f"event-{run}")
    source = await scene.add_source(event)
    sightings = [
        a_sighting(f"{run}-{n}", published_at=NOON - timedelta(microseconds=moment)) for n, moment in enumerate(moments)
    ]
    await scene.offer(*sightings, by=source)
    scene.event = event

    found = await leaf_through(scene, limit=limit)

    assert await leaf_up(scene, limit=limit) == found[::-1]
    assert [item.place for item in found] == sorted(
        (item.place for item in found), key=lambda place: (place.published_at, place.id), reverse=True
    )
    assert sorted(item.post.uri for item in found) == sorted(one.post.uri for one in sightings)


async def test_a_page_and_the_stream_after_it_show_everything_once(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(*(a_sighting(f"early{n}") for n in range(5)), by=source)
    page = await scene.store.read(items.page, scene.event.id, limit=50)

    await scene.offer(*(a_sighting(f"later{n}") for n in range(5)), by=source)

    streamed = [step.item.post.uri for step in await scene.steps(after=page.seq) if step.item]
    assert len(page.items) == 5
    assert sorted(uri.rsplit("/")[-1] for uri in streamed) == [f"later{n}" for n in range(5)]


@PROPERTY
@given(seed=st.integers(0, 2**32))
async def test_a_post_is_kept_once_however_often_and_in_whatever_order_it_is_offered(scene: Scene, seed: int) -> None:
    run = uuid.uuid4()  # a new event for each example: the database is the test's
    event = await scene.add_event(slug=f"event-{run}")
    line = [await scene.add_source(event), await scene.add_source(event, address="https://other.example")]
    offered = [(a_sighting(f"{run}-{n}"), source) for n in range(8) for source in line] * 2
    random.Random(seed).shuffle(offered)

    for sighting, source in offered:
        await scene.offer(sighting, by=source)

    shown = await scene.shown(event)
    steps = [step.change for step in await scene.steps(after=1, event=event)]
    assert sorted(item.post.uri.rsplit("/")[-1] for item in shown) == sorted(f"{run}-{n}" for n in range(8))
    assert sorted(step.subject or 0 for step in steps) == sorted(item.id for item in shown)


async def test_activity_counts_posts_by_part_of_a_day(scene: Scene) -> None:
    source = await scene.add_source()
    times = (0, 0, 59, 60, 100, 119, 120)
    await scene.offer(
        *(a_sighting(f"p{n}", published_at=NOON - HOUR * 3 + timedelta(minutes=m)) for n, m in enumerate(times)),
        by=source,
    )

    counted = await scene.store.read(items.activity, scene.event.id, start=NOON - 3 * HOUR, end=NOON - HOUR, buckets=4)

    assert counted == [2, 1, 1, 2]
