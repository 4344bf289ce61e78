"""How many posts sources bring, and how soon."""

from storage import pace
from tests.factories import HOUR, MINUTE, NOON, SECOND, a_sighting


async def test_the_lag_is_the_median_from_published_to_first_seen(scene):
    source = await scene.add_source()
    for number, lag in enumerate((2, 4, 90)):
        await scene.offer(a_sighting(str(number), published_at=NOON - lag * SECOND), by=source, at=NOON)

    assert await scene.store.read(pace.lags, scene.event.id, at=NOON + MINUTE) == {source: 4.0}


async def test_what_a_backfill_fetched_does_not_count_and_what_came_late_does(scene):
    source = await scene.add_source()
    old = [a_sighting(str(number), published_at=NOON - 30 * MINUTE) for number in range(3)]
    await scene.offer(*old, by=source, at=NOON, backfill=True)
    assert await scene.store.read(pace.lags, scene.event.id, at=NOON) == {}

    await scene.offer(a_sighting("late", published_at=NOON - 20 * MINUTE), by=source, at=NOON)
    assert await scene.store.read(pace.lags, scene.event.id, at=NOON) == {source: 1_200.0}


async def test_each_source_has_its_own_lag_and_each_event_its_own_posts(scene):
    other = await scene.add_event(slug="other")
    one = await scene.add_source()
    two = await scene.add_source(kind="bluesky")
    elsewhere = await scene.add_source(other)
    await scene.offer(a_sighting("a", published_at=NOON - 2 * SECOND), by=one, at=NOON)
    await scene.offer(a_sighting("b", network="bluesky", published_at=NOON - SECOND), by=two, at=NOON)
    await scene.offer(a_sighting("c", published_at=NOON - 9 * SECOND), by=elsewhere, at=NOON)

    assert await scene.store.read(pace.lags, scene.event.id, at=NOON) == {one: 2.0, two: 1.0}


async def test_posts_of_the_last_hour_are_counted_in_parts_of_it(scene):
    source = await scene.add_source()
    for number, ago in enumerate((0, 1, 4, 56, 70)):
        await scene.offer(a_sighting(str(number), published_at=NOON - ago * MINUTE), by=source, at=NOON)

    at = NOON + MINUTE
    counted = await scene.store.read(pace.arrivals, scene.event.id, at=at, buckets=20)
    again = await scene.store.read(pace.arrivals, scene.event.id, at=at + SECOND, buckets=20)

    assert counted == {source: [1] + [0] * 16 + [1, 1, 1]}
    assert again == counted


async def test_nothing_is_counted_of_another_hour(scene):
    source = await scene.add_source()
    await scene.offer(a_sighting("old", published_at=NOON - 2 * HOUR), by=source, at=NOON)

    assert await scene.store.read(pace.arrivals, scene.event.id, at=NOON, buckets=20) == {}
    assert await scene.store.read(pace.lags, scene.event.id, at=NOON) == {}
