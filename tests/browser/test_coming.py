"""An event that is to come, as a browser draws it: its page, its poster, the list of all."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.async_playwright import Axe

from storage import events
from tests.browser.page import DESKTOP, PHONE, settle, shifts
from tests.factories import DAY, an_event
from timeline.event import Look

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def announce(hall, ahead, **more):
    """An event that starts in so long."""
    starts = datetime.now(UTC) + ahead
    usual = {"slug": "boats26", "title": "Boats 2026", "hashtags": ("boats26",)}
    dates = {"starts_at": starts, "ends_at": starts + DAY, "collect_from": starts - 20 * DAY}
    told = an_event(**usual | dates | more)
    return await hall.store.write(events.save, told, origin="command", at=datetime.now(UTC))


async def violations(page):
    found = await Axe().run(page)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found.response["violations"]]


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["light", "dark"])
async def test_axe_finds_nothing_before_an_event(hall, visit, size, scheme):
    await announce(hall, 17 * DAY, look=Look(accent_hue=90), venue="Leeds")
    page = await visit("e/boats26", size=size, scheme=scheme)
    assert await page.text_content(".soon__count") == "in 17 days"
    assert await violations(page) == []
    for path in ("e/boats26/poster", ""):
        await page.goto(hall / path)
        assert await violations(page) == []


@pytest.mark.parametrize("width", [320, 768, 1440])
async def test_nothing_of_it_runs_off_the_side(hall, visit, width):
    await announce(hall, 17 * DAY, title="Harbours, boats and everything that floats: the long conference of 2026")
    page = await visit("e/boats26", size=(width, 800))
    for path in ("e/boats26", "e/boats26/poster", ""):
        await page.goto(hall / path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path


async def test_the_last_day_is_counted_down_and_nothing_moves(hall, visit):
    await announce(hall, timedelta(seconds=8))
    page = await visit("e/boats26")
    await page.wait_for_function("/^in 00:00:0\\d$/.test(document.querySelector('.soon__count').textContent)")
    await shifts(page)

    await page.wait_for_selector("text=It has started.")
    await settle(page)

    assert await shifts(page) == []


async def test_who_wants_less_to_move_counts_by_the_minute(hall, visit):
    await announce(hall, timedelta(hours=5, minutes=2))
    page = await visit("e/boats26", reduced_motion="reduce")
    await page.wait_for_selector("text=/^in 05:0[12]$/")


async def test_a_poster_is_one_sheet_and_has_a_button_to_print_it(hall, visit):
    await announce(hall, 17 * DAY)
    page = await visit("e/boats26/poster", live=False, scheme="dark")
    await page.evaluate("window.print = () => { window.printed = true }")
    await page.click("text=Print")

    assert await page.evaluate("window.printed")
    printed = await page.pdf(prefer_css_page_size=True)
    assert re.findall(rb"/Count (\d+)", printed) == [b"1"]
    assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12]", printed)  # A4 in points


@pytest.mark.parametrize("title", ["Boats", "Harbours and boats, and everything that floats", "Harbour towns " * 14])
async def test_everything_fits_on_the_sheet(hall, visit, title):
    await announce(hall, 17 * DAY, title=title.strip(), venue="The Old Customs House, Harbour Street, Northmarch")
    page = await visit("e/boats26/poster", live=False)
    parts = "[...document.querySelectorAll('.sheet > *')].map((one) => one.getBoundingClientRect())"
    sheet = "document.querySelector('.sheet').getBoundingClientRect().bottom"
    tops_and_bottoms = await page.evaluate(f"{parts}.flatMap(({{ top, bottom }}) => [top, bottom]).concat({sheet})")
    assert tops_and_bottoms == sorted(tops_and_bottoms)


async def test_the_sheet_is_light_in_the_dark_and_its_words_are_in_the_hue(hall, visit):
    await announce(hall, 17 * DAY, look=Look(accent_hue=20))
    page = await visit("e/boats26/poster", live=False, scheme="dark")
    colours = "(name) => getComputedStyle(document.querySelector(name))"
    assert await page.evaluate(f"({colours})('.sheet').backgroundColor") == "rgb(255, 255, 255)"
    assert await page.evaluate(f"({colours})('.sheet__tag').fill") == "oklch(0.41 0.071 20)"


async def test_without_scripts_the_words_stay_as_they_were_written(hall, visit):
    await announce(hall, timedelta(hours=5))
    page = await visit("e/boats26", live=False, java_script_enabled=False)
    assert await page.text_content(".soon__count") in ("today", "tomorrow")
    await page.goto(hall / "e/boats26/poster")
    assert await page.locator("text=Print this page").is_visible()
    assert not await page.locator("[data-print]").is_visible()


async def test_nothing_is_said_to_be_live_before_anything_is_collected(hall, visit):
    await announce(hall, 17 * DAY, collect_from=datetime.now(UTC) + DAY)
    page = await visit("e/boats26", live=False)
    await page.wait_for_selector("[data-connection][data-state=live]", state="attached")
    assert not await page.locator("[data-connection]").is_visible()
