"""What is agreed with hubs, from the asking to the leaving."""

from datetime import timedelta

import pytest

from storage import sources, subscriptions
from tests.factories import NETWORKS, NOON

HUB, TOPIC = "https://hub.example/", "https://meadow.example/news"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Desk:
    """One source and its subscription."""

    def __init__(self, store, source_id):
        self.store, self.source_id = store, source_id

    async def follow(self, hub=HUB, topic=TOPIC, at=NOON):
        await self.store.write(subscriptions.follow, self.source_id, hub=hub, topic=topic, at=at)
        return await self.now()

    async def now(self):
        return await self.store.read(subscriptions.of_source, self.source_id)

    async def due(self, at=NOON):
        found, later = await self.store.read(subscriptions.due, at, NETWORKS)
        return [(one.key, one.state) for one in found], later

    async def ask(self, key, at=NOON, *, leaving=False):
        await self.store.write(subscriptions.asked, key, leaving=leaving, at=at)

    async def confirm(self, key, at=NOON, *, subscribe=True, topic=TOPIC, lease=DAY):
        return await self.store.write(subscriptions.confirm, key, subscribe=subscribe, topic=topic, lease=lease, at=at)

    async def stand(self, at=NOON, lease=DAY):
        key = (await self.follow(at=at)).key
        await self.ask(key, at)
        assert await self.confirm(key, at, lease=lease)
        return key


@pytest.fixture
async def desk(scene):
    return Desk(scene.store, await scene.add_source())


async def test_a_hub_is_asked_and_agrees_for_as_long_as_it_says(desk):
    key = (await desk.follow()).key
    assert await desk.due() == ([(key, "wanted")], None)
    await desk.ask(key)
    assert await desk.due() == ([], NOON + MINUTE)  # again, should it not answer
    assert await desk.confirm(key, lease=2 * HOUR)
    stands = await desk.now()
    assert (stands.state, stands.since, stands.lease_until) == ("standing", NOON, NOON + 2 * HOUR)
    assert await desk.due(NOON + MINUTE) == ([], NOON + HOUR)


async def test_a_lease_is_renewed_at_its_half_and_stays_agreed_meanwhile(desk):
    key = await desk.stand(lease=4 * HOUR)
    half = NOON + 2 * HOUR
    assert await desk.due(half) == ([(key, "standing")], None)
    await desk.ask(key, half)
    assert (await desk.now()).state == "standing"
    assert await desk.confirm(key, half, lease=4 * HOUR)
    renewed = await desk.now()
    assert (renewed.since, renewed.lease_until) == (NOON, half + 4 * HOUR)


async def test_a_renewal_without_an_answer_is_tried_again_before_the_lease_ends(desk):
    key = await desk.stand(lease=timedelta(seconds=60))
    at, tries = NOON + timedelta(seconds=30), 0
    while at < NOON + timedelta(seconds=60):
        assert await desk.due(at) != ([], None)
        await desk.ask(key, at)
        _, at = await desk.due(at)
        tries += 1
    assert tries >= 4


async def test_a_hub_that_does_not_answer_is_asked_less_and_less(desk):
    key, at, waits = (await desk.follow()).key, NOON, []
    for _ in range(12):
        await desk.ask(key, at)
        _, later = await desk.due(at)
        waits.append((later - at) / MINUTE)
        at = later
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]


async def test_nobody_confirms_what_was_not_asked(desk):
    key = (await desk.follow()).key
    assert not await desk.confirm(key)  # not asked yet
    await desk.ask(key)
    assert not await desk.confirm(key, topic="https://meadow.example/other")
    assert not await desk.confirm(key, subscribe=False)
    assert not await desk.confirm("another")
    assert (await desk.now()).state == "asked"
    assert await desk.confirm(key)


async def test_a_hub_that_denies_is_asked_again_in_a_day(desk):
    key = await desk.stand()
    deny = subscriptions.deny
    assert not await desk.store.write(deny, key, topic="https://meadow.example/other", at=NOON)
    assert (await desk.now()).state == "standing"
    assert await desk.store.write(deny, key, topic=TOPIC, at=NOON)
    assert ((await desk.now()).state, (await desk.now()).since) == ("denied", None)
    assert await desk.due(NOON + DAY - MINUTE) == ([], NOON + DAY)
    assert await desk.due(NOON + DAY) == ([(key, "denied")], None)


async def test_a_feed_without_a_hub_leaves_it(desk):
    key = await desk.stand()
    assert (await desk.follow(hub="", topic="")).state == "leaving"
    assert await desk.due() == ([(key, "leaving")], None)
    await desk.ask(key, leaving=True)
    assert await desk.due(NOON + DAY) == ([], None)
    assert not await desk.confirm(key)
    assert await desk.confirm(key, subscribe=False)
    assert await desk.now() is None


async def test_a_hub_that_does_not_let_go_is_forgotten_in_an_hour(desk):
    key = await desk.stand()
    await desk.follow(hub="", topic="")
    await desk.ask(key, leaving=True)
    await desk.store.write(subscriptions.sweep, NOON + HOUR)
    assert (await desk.now()).state == "left"
    await desk.store.write(subscriptions.sweep, NOON + HOUR + MINUTE)
    assert await desk.now() is None


async def test_another_hub_gets_another_key_and_the_same_one_keeps_it(desk):
    key = await desk.stand()
    assert (await desk.follow()).key == key
    other = await desk.follow(hub="https://two.example/")
    assert (other.state, other.since) == ("wanted", None)
    assert other.key != key
    assert await desk.store.read(subscriptions.by_key, key) is None


async def test_a_source_that_is_collected_no_more_leaves_its_hub(desk, scene):
    key = await desk.stand()
    await scene.store.write(sources.sync, scene.event.id, [], origin="command", at=NOON)
    assert await desk.due() == ([(key, "leaving")], NOON + DAY / 2)


async def test_what_was_never_asked_of_a_hub_is_not_asked_for_a_source_that_is_gone(desk, scene):
    await desk.follow()
    await scene.store.write(sources.sync, scene.event.id, [], origin="command", at=NOON)
    assert (await desk.due())[0] == []


@pytest.mark.parametrize("lease", [timedelta(seconds=1), MINUTE, HOUR, 10 * DAY, 400 * DAY])
async def test_whatever_a_hub_grants_it_is_asked_again_before_that_ends(desk, lease):
    await desk.stand(lease=lease)
    _, later = await desk.due()
    stands = await desk.now()
    assert NOON < later < stands.lease_until <= NOON + min(lease, subscriptions.LEASE_MOST)


async def test_a_hub_that_asks_us_to_wait_is_not_asked_before(desk):
    key = (await desk.follow()).key
    await desk.ask(key)
    await desk.store.write(subscriptions.put_off, key, NOON + HOUR)
    await desk.store.write(subscriptions.put_off, key, NOON + MINUTE)
    assert await desk.due() == ([], NOON + HOUR)
