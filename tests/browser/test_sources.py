"""The page of an event's sources, as staff have it open all day."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.async_playwright import Axe

from storage import sources
from tests.browser.hall import TOKEN
from tests.browser.page import DESKTOP, PHONE, TURN, settle, shifts
from timeline.network import Health

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PAGE = "desk/harbour26/sources"


async def fares(hall, kind, state, **more):
    now = datetime.now(UTC)
    health = Health(state=state, at=now, next_poll_at=now + timedelta(minutes=1), **more)
    await hall.store.write(sources.report, hall.source_ids[kind], health)


async def all_is_well(hall):
    for kind in hall.source_ids:
        await fares(hall, kind, "ok")


async def enter(visit, **more):
    page = await visit(PAGE, live=False, **more)
    await page.fill("#token", TOKEN)
    await page.click("form button:has-text('Sign in')")
    await page.wait_for_selector(".rows")
    return page


async def violations(page):
    found = await Axe().run(page)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found.response["violations"]]


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["light", "dark"])
async def test_axe_finds_nothing_at_the_desk(hall, visit, size, scheme):
    await all_is_well(hall)
    await fares(hall, "feed", "failing", error="feed.example answers 502", hint="Tell its host.")
    page = await visit(PAGE, live=False, size=size, scheme=scheme)
    assert await violations(page) == []
    await page.fill("#token", "wrong")
    await page.click("form button:has-text('Sign in')")
    assert await violations(page) == []
    visit.trouble.clear()  # a refusal is told in the console, too
    await page.fill("#token", TOKEN)
    await page.click("form button:has-text('Sign in')")
    await page.wait_for_selector(".row--fault")
    assert await violations(page) == []
    await page.click("text=All events")
    assert await violations(page) == []


async def test_a_fault_shows_by_itself_and_nothing_moves_under_the_reader(hall, visit):
    await all_is_well(hall)
    page = await enter(visit)
    await page.evaluate("document.fonts.ready")
    await shifts(page)
    await page.focus("text=Look again")
    await fares(hall, "bluesky", "failing", error="the host is gone", hint="Name another.")
    await page.wait_for_selector(".row--fault")

    assert await shifts(page) == []
    assert await page.text_content("[role=status]") == "1 of 3 sources needs a look: Bluesky."
    assert await page.evaluate("document.activeElement.textContent") == "Look again"


async def test_a_hidden_page_asks_for_nothing_and_at_once_when_it_is_seen_again(hall, visit):
    await all_is_well(hall)
    page = await enter(visit)
    await page.clock.install()
    await page.reload()
    asked = []
    page.on("request", lambda request: "fragment=" in request.url and asked.append(request.url))
    await page.evaluate(TURN, True)
    await page.clock.run_for(11_000)
    assert asked == []
    async with page.expect_request("**/*fragment=sources*"):
        await page.evaluate(TURN, False)


async def test_a_server_that_does_not_answer_is_told_until_it_does(hall, visit):
    await all_is_well(hall)
    page = await enter(visit)
    await page.clock.install()
    await page.reload()
    await page.route("**/*fragment=sources*", lambda route: route.abort())
    await page.clock.run_for(5_500)
    await page.wait_for_selector("text=No answer since")
    await page.unroute("**/*fragment=sources*")
    await page.clock.run_for(5_500)
    await page.wait_for_selector("text=As of")
    visit.trouble.clear()  # a broken connection is told in the console, too


async def test_without_scripts_it_reads_and_looks_again(hall, visit):
    await all_is_well(hall)
    page = await enter(visit, java_script_enabled=False)
    await page.click("text=Look again")

    assert re.fullmatch(r"As of \d\d:\d\d:\d\d", await page.text_content("[data-asof]"))
    assert await page.locator(".row--up").count() == 3


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
async def test_nothing_runs_off_the_side(hall, visit, width):
    await all_is_well(hall)
    await fares(hall, "feed", "failing", error="a" * 90, hint="Tell its host.")
    page = await enter(visit, size=(width, 800))
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    await settle(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
