"""The page on which staff see the walls, and empty them."""

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.async_playwright import Axe

from storage import screenings, sources
from tests.browser.hall import TOKEN
from tests.browser.page import settle
from tests.factories import NETWORKS, a_source
from timeline.screen import Screen

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def enter(visit, **more):
    page = await visit("desk/harbour26/walls", live=False, **more)
    await page.fill("#token", TOKEN)
    await page.click("form button:has-text('Sign in')")
    await page.wait_for_selector(".clearing__clear")
    return page


async def a_silent_wall(hall):
    """One that said something a minute ago, with a name as long as names may be."""
    at = datetime.now(UTC) - timedelta(minutes=1)
    screen = Screen(
        id="tower-of-the-hall", name="W" * 40, layout="masonry", mode="timeline", width=1080, height=1920,
        showing=(1, 2), since=at, heard_at=at,
    )  # fmt: skip
    assert await hall.store.write(screenings.report, hall.event.id, screen)


async def test_staff_see_a_wall_and_empty_it_and_take_that_back(hall, visit):
    told = [a_source(kind=kind, event_id=hall.event.id, trusted=True) for kind in NETWORKS]
    await hall.store.write(sources.sync, hall.event.id, told, origin="command", at=hall.base)
    await hall.says_each(["stands one", "stands two"])
    wall = await visit("e/harbour26/wall?name=Foyer", live=False, size=(1920, 1080))
    await wall.wait_for_selector(".wall__column .slip")
    desk = await enter(visit)
    row = desk.locator(".row--wall", has_text="Foyer")
    await row.get_by_text("stands two").wait_for()  # by itself, once the wall has said so

    await desk.click(".clearing__clear")
    await wall.wait_for_selector(".wall__blank")
    await hall.says("comes later")
    await wall.wait_for_selector(".wall__column .slip")
    assert "stands" not in await wall.inner_text("main")

    await desk.click(".clearing__undo")
    await wall.wait_for_function("() => document.querySelectorAll('.wall__column .slip').length === 3")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark"), (320, "light")])
async def test_everybody_can_read_which_walls_there_are(hall, visit, width, scheme):
    await hall.says_each(["one", "a longer one " * 9])
    await a_silent_wall(hall)
    page = await enter(visit, size=(width, 900), scheme=scheme)

    assert "Not heard of since" in await page.inner_text(".row--fault")
    found = await Axe().run(page)
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found.response["violations"]] == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    await settle(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
