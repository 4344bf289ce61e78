"""What reading costs: counted once a post and day, kept over restarts, a stop where it is spent."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from storage import intake, sources, spending
from tests.factories import NETWORKS, NOON, a_source
from timeline.network import Field, Gap

DAY = timedelta(days=1)
METERED = replace(
    NETWORKS["mastodon"],
    budget="posts_a_day",
    fields=(*NETWORKS["mastodon"].fields, Field(name="posts_a_day", label="Posts a day", kind="number", default=10)),
)
WITH_BUDGET = {**NETWORKS, "mastodon": METERED}


async def read(scene, by, *refs, at=NOON):
    return await scene.store.write(intake.accept, (), source_ids=[by], networks=WITH_BUDGET, read=refs, at=at)


async def test_a_post_read_twice_in_a_day_is_charged_once(scene):
    source = await scene.add_source(settings={"posts_a_day": 5})
    assert (await read(scene, source, "a", "b", "a")).left == 3
    assert (await read(scene, source, "b", "c")).left == 2
    assert (await read(scene, source, "b", at=NOON + DAY)).left == 4
    assert (await read(scene, source, "b", at=NOON + DAY)).left == 4


async def test_reading_more_than_is_left_leaves_nothing_rather_than_less(scene):
    source = await scene.add_source(settings={"posts_a_day": 2})
    assert (await read(scene, source, "a", "b", "c")).left == 0
    assert await scene.store.read(intake.allowance, [source], WITH_BUDGET, NOON) == 0


async def test_reading_at_once_is_counted_whole(scene):
    source = await scene.add_source(settings={"posts_a_day": 100})
    await asyncio.gather(*(read(scene, source, f"a{number}", f"b{number}") for number in range(20)))
    assert await scene.store.read(intake.allowance, [source], WITH_BUDGET, NOON) == 60


async def test_sources_that_share_a_token_share_what_they_are_given(scene):
    other = await scene.add_event(slug="other26")
    one = await scene.add_source(settings={"posts_a_day": 2})
    await scene.add_source(other, settings={"posts_a_day": 3})
    assert (await read(scene, one, "a")).left == 4


async def test_what_past_and_coming_events_were_given_is_not_spent_on_the_one_that_is_on(scene):
    past = await scene.add_event(slug="past26", collect_until=NOON - DAY)
    coming = await scene.add_event(slug="coming26", collect_from=NOON + DAY)
    one = await scene.add_source(settings={"posts_a_day": 2})
    over = await scene.add_source(past, settings={"posts_a_day": 3})
    await scene.add_source(coming, settings={"posts_a_day": 4})
    assert (await read(scene, one, "a")).left == 1
    assert await scene.store.read(intake.allowance, [over], WITH_BUDGET, NOON) == 1


async def test_once_no_event_is_on_the_largest_budget_is_what_may_be_looked_at_again(scene):
    for slug, given in (("past25", 3), ("past26", 5)):
        event = await scene.add_event(slug=slug, collect_until=NOON - DAY)
        source = await scene.add_source(event, settings={"posts_a_day": given})
    assert await scene.store.read(intake.allowance, [source], WITH_BUDGET, NOON) == 5


async def test_a_source_that_names_no_budget_has_the_networks_own_and_others_have_none(scene):
    source = await scene.add_source()
    assert (await read(scene, source, "a")).left == 9
    assert await scene.store.read(intake.allowance, [source], NETWORKS, NOON) is None


async def test_health_tells_the_budget_and_the_latest_gap(scene):
    source = await scene.add_source(settings={"posts_a_day": 5})
    lost = Gap(since=NOON - DAY, until=NOON, reason="the host keeps nothing from so long ago")
    await scene.store.write(intake.accept, (), source_ids=[source], networks=WITH_BUDGET, gaps={source: lost}, at=NOON)
    await read(scene, source, "a")
    [status] = await scene.store.read(sources.of_event, scene.event.id, WITH_BUDGET, at=NOON)
    assert status.gap == lost
    assert (status.budget.limit, status.budget.spent, status.budget.left) == (5, 1, 4)
    assert status.budget.resets_at.isoformat().endswith("T00:00:00+00:00")
    [silent] = await scene.store.read(sources.of_event, scene.event.id)
    assert silent.budget is None


def test_an_account_is_a_kind_and_an_address():
    assert spending.account_of(a_source(kind="x", address="env TOKEN")) == "x env TOKEN"
