"""Posts are due again until somebody has looked, by their age and by what their network announces."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from storage import events, rechecks, sources
from storage.tables import items, posts
from storage.writing import Writing
from tests.factories import DAY, HOUR, MASTODON, MINUTE, NOON, SECOND, a_sighting
from tests.storage.conftest import Scene
from timeline.network import Gap, NetworkInfo
from timeline.post import Removal

METERED = NetworkInfo(key="mastodon", label="Charged for", fields=(), budget="budget_posts_per_day")
LONG_AGO = datetime.min.replace(tzinfo=UTC)


async def due(scene: Scene, at: datetime, since: dict[int, Any], **how: Any) -> dict[int, list[str]]:
    asked = {"seldom": False, "limit": 100} | how
    network = asked.pop("network", MASTODON)
    return await scene.store.read(rechecks.due, network, since, at=at, **asked)


@pytest.mark.parametrize(
    ("age", "every", "seldom"),
    [(10 * MINUTE, 5 * MINUTE, False), (10 * HOUR, HOUR, False), (5 * DAY, 30 * DAY, True)],
)
async def test_a_post_is_due_after_its_interval_until_it_is_looked_at(
    scene: Scene, age: timedelta, every: timedelta, seldom: bool
) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one", ref="77", published_at=NOON - age), by=source, at=NOON)
    assert await due(scene, NOON + every - SECOND, {source: None}, seldom=seldom) == {}

    later = NOON + every + SECOND
    assert await due(scene, later, {source: None}, seldom=seldom) == {source: ["77"]}
    await scene.store.write(rechecks.looked_at, ["77"], source_id=source, at=later)

    assert await due(scene, later + SECOND, {source: None}, seldom=seldom) == {}


async def test_what_a_poll_shows_again_counts_as_looked_at(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), a_sighting("two"), by=source, at=NOON)

    await scene.offer(a_sighting("one"), by=source, at=NOON + 4 * MINUTE)

    assert await due(scene, NOON + 6 * MINUTE, {source: None}) == {source: ["two"]}


async def test_a_post_is_asked_of_one_source_the_one_whose_words_we_hold(scene: Scene) -> None:
    second = await scene.add_source(address="https://other.example")
    first = await scene.add_source()
    await scene.offer(a_sighting("one", ref="77"), by=first, at=NOON)
    await scene.offer(a_sighting("one", ref="88"), by=second, at=NOON)

    later = NOON + 10 * MINUTE
    assert await due(scene, later, {first: None, second: None}) == {first: ["77"]}
    assert await due(scene, later, {second: None}) == {second: ["88"]}
    assert await due(scene, later, {}) == {}


async def test_newest_are_first_and_no_more_than_asked_for(scene: Scene) -> None:
    source = await scene.add_source()
    for minutes in range(5):
        said = a_sighting(str(minutes), published_at=NOON - minutes * MINUTE)
        await scene.offer(said, by=source, at=NOON)

    assert await due(scene, NOON + 6 * MINUTE, {source: None}, limit=3) == {source: ["0", "1", "2"]}


async def test_what_is_announced_is_due_only_after_a_break_or_a_gap(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), by=source, at=NOON)
    later = NOON + 20 * MINUTE
    assert await due(scene, later, {source: LONG_AGO}) == {}
    assert await due(scene, later, {source: NOON + 10 * MINUTE}) == {source: ["one"]}

    gap = Gap(since=NOON, until=NOON + 2 * MINUTE, reason="too far back")
    await scene.store.write(sources.note_gaps, {source: gap})

    assert await due(scene, later, {source: LONG_AGO}) == {source: ["one"]}
    await scene.store.write(rechecks.looked_at, ["one"], source_id=source, at=later)
    assert await due(scene, later + HOUR, {source: LONG_AGO}) == {}


async def test_a_highlight_is_looked_at_often_while_its_event_is_on(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one", published_at=NOON - 3 * DAY), a_sighting("two"), by=source, at=NOON)
    later = NOON + DAY + HOUR
    assert await due(scene, later, {source: None}) == {}

    await scene.store.write(_highlight)
    assert (await due(scene, later, {source: None}))[source] == ["two", "one"]

    await scene.store.write(events.archive, "harbour26", at=later)
    assert await due(scene, later, {source: None}) == {}


async def test_where_reading_is_charged_for_posts_are_due_once_a_utc_day_while_their_event_collects(
    scene: Scene,
) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one", published_at=NOON - 3 * DAY), by=source, at=NOON)
    evening, tomorrow = NOON + 11 * HOUR, NOON + 13 * HOUR
    assert await due(scene, evening, {source: None}, network=METERED, seldom=True) == {}
    assert await due(scene, tomorrow, {source: None}, network=METERED, seldom=True) == {source: ["one"]}

    await scene.store.write(events.archive, "harbour26", at=evening)

    assert await due(scene, tomorrow, {source: None}, network=METERED, seldom=True) == {}
    assert await due(scene, NOON + 31 * DAY, {source: None}, network=METERED, seldom=True) == {source: ["one"]}


async def test_what_was_removed_is_never_due(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), Removal(ref="one"), by=source, at=NOON)

    assert await due(scene, NOON + HOUR, {source: None}) == {}


async def test_sources_of_past_events_last_and_stopped_ones_do_not(scene: Scene) -> None:
    kept = await scene.add_source()
    await scene.store.write(events.archive, "harbour26", at=NOON)
    assert [source.id for source in await scene.store.read(sources.lasting)] == [kept]

    await scene.store.write(sources.sync, scene.event.id, [], origin="command", at=NOON)

    assert await scene.store.read(sources.lasting) == []


async def test_posts_kept_before_there_were_rechecks_are_due(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), by=source, at=NOON)
    await scene.store.write(_forget_when)

    assert await due(scene, NOON + SECOND, {source: None}) == {source: ["one"]}


def _highlight(writing: Writing) -> None:
    """What a person does on the desk."""
    writing.execute(update(items).values(highlighted_at=NOON))


def _forget_when(writing: Writing) -> None:
    writing.execute(update(posts).values(looked_at=None))


async def test_what_a_source_calls_posts_leads_to_what_everybody_calls_them(scene: Scene) -> None:
    first, second = await scene.add_source(), await scene.add_source(address="https://other.example")
    one, two = a_sighting("one", ref="77"), a_sighting("two", ref="77")
    await scene.offer(one, by=first, at=NOON)
    await scene.offer(two, by=second, at=NOON)

    assert await scene.store.read(rechecks.uris, ["77", "88"], source_id=first) == {"77": one.post.uri}
    assert await scene.store.read(rechecks.uris, ["77"], source_id=second) == {"77": two.post.uri}
