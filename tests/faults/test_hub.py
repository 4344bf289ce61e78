"""A hub that goes wrong: it only ever makes us quicker, so the polls still bring everything, exactly once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from dashboard import keys
from dashboard.turnstile import Turnstile
from dashboard.views import websub
from storage import inbox
from tests.fakes.trouble import Fault
from tests.faults.hall import Hall
from tests.faults.rigs import FeedPushed

Trouble = Callable[[FeedPushed], Awaitable[None]]
FORGED = {"title": "forged", "link": "https://meadow.example/forged"}


@asynccontextmanager
async def reached_by_hubs(hall: Hall) -> AsyncIterator[None]:
    """Where the dashboard hears of them."""
    app = web.Application()
    app[keys.STORE], app[keys.TURNSTILE] = hall.store, Turnstile()
    app.add_routes([web.get("/websub/{key}", websub.verify), web.post("/websub/{key}", websub.receive)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hall.ledger.reached_at(f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        yield
    finally:
        await runner.cleanup()


async def dies(rig: FeedPushed) -> None:
    await rig.hub.die()


async def forgets_us(rig: FeedPushed) -> None:
    rig.hub.subscribers.clear()
    rig.hub.refuses = 500


async def forges(rig: FeedPushed) -> None:
    assert await rig.hub.push(rig.page(FORGED), signature="sha256=" + "0" * 64) == [202]


async def repeats_itself(rig: FeedPushed) -> None:
    assert await rig.hub.push(rig.page(*rig.entries[:1]), times=5) == [202] * 5


async def cuts_short(rig: FeedPushed) -> None:
    page = rig.page(*rig.entries[:1])
    for much in (2, 4, 8):
        assert await rig.hub.push(page[: len(page) // much]) == [202]


async def comes_late(rig: FeedPushed) -> None:
    assert await rig.hub.push(rig.page(*rig.entries[:1])) == [202]


async def goes_wild(rig: FeedPushed) -> None:
    """More than is let in a minute, many at once, each something else."""
    pages = [rig.page(*rig.entries[:1]) + f"<!-- {number} -->" for number in range(100)]
    statuses = [status for some in await asyncio.gather(*map(rig.hub.push, pages)) for status in some]
    assert set(statuses) == {202, 429}


TROUBLES = (dies, forgets_us, forges, repeats_itself, cuts_short, comes_late, goes_wild)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
async def test_a_hub_in_trouble_costs_no_entry_and_brings_none_twice(hall_of, trouble: Trouble):
    rig = FeedPushed()
    hall = await hall_of([rig])
    async with reached_by_hubs(hall), hall.collecting():
        hall.say("before")
        edited = hall.say("before it was edited")
        await hall.until_level()
        await rig.hub.until_subscribed()
        await trouble(rig)
        hall.say("during")
        hall.edit(edited, "edited meanwhile")
        await hall.until_level()
        await trouble(rig)
        hall.say("after")
        while await hall.store.read(inbox.sources_waiting):  # what was brought has been read, too
            await asyncio.sleep(0.02)
        await hall.until_level()
        await hall.until_health(lambda health: health.state == "ok" and health.error is None)


async def test_what_a_hub_brings_while_the_feed_is_away_is_there_once(hall_of):
    rig = FeedPushed()
    hall = await hall_of([rig])
    async with reached_by_hubs(hall), hall.collecting():
        hall.say("before")
        await hall.until_level()
        await rig.hub.until_subscribed()
        await rig.way.breaks(Fault(name="down", down=True))
        await hall.until_health(lambda health: health.state == "failing")
        hall.say("pushed")
        await rig.hub.push(rig.page(*rig.entries))
        await hall.until_level()
        await rig.way.mend()
        hall.say("after")
        await hall.until_level()
