"""A reader who comes back: to the place they had, to what came since, to what is pinned."""

import pytest
from sqlalchemy import update

from storage.tables import items
from tests.browser.page import DESKTOP, PHONE, TOPMOST, scroll, settle, shifts, some, words

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
both_sizes = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])

IDLE = "[data-feed]:not([aria-busy])"
AWAY = "() => document.cookie.match(/seen=([^.]+)/)[1]"


async def pin(hall, item_id, at):
    """The desk's pin on a post; None takes it off."""

    def write(writing):
        writing.execute(update(items).where(items.c.id == item_id).values(pinned_at=at))
        writing.record("item.changed", hall.event.id, item_id, at=hall.at(0))

    await hall.store.write(write)


@both_sizes
async def test_the_place_in_the_list_survives_reload_back_and_forward(hall, visit, size):
    await hall.says_each(some(90))
    page = await visit("e/harbour26", size=size)
    while await page.locator(".card").count() < 60:
        await scroll(page, 99_999)
        await page.wait_for_selector(IDLE)
    await scroll(page, 4_000)
    [card, _] = before = await page.evaluate(TOPMOST)
    await page.wait_for_function(f"() => history.state?.places[0].id === '{card}'")
    same = f"""() => {{
      const card = document.getElementById('{card}')
      return card && Math.abs(card.getBoundingClientRect().top - {before[1]}) <= 1
    }}"""

    await page.reload()
    await page.wait_for_function(same)
    await page.goto(hall / "p/1")
    await page.go_back()
    await page.wait_for_function(same)
    await settle(page)

    assert await page.evaluate(TOPMOST) == before


async def test_a_first_visit_is_told_the_story_so_far_and_a_later_one_what_came_since(hall, visit):
    await hall.says_each(some(40))
    page = await visit("e/harbour26", size=PHONE)
    assert await page.get_by_role("heading", name="The story so far").is_visible()
    assert await shifts(page) == []
    await page.get_by_role("button", name="Put away").click()
    seen = await page.evaluate(AWAY)

    await page.context.add_cookies(
        [{"name": "seen", "value": f"{seen}.0", "domain": "127.0.0.1", "path": "/e/harbour26"}]
    )
    await hall.says_each(["one since", "two since"])
    await page.reload()
    said = page.locator(".since")
    assert " ".join((await said.inner_text()).split()).startswith("2 posts since you were here at 1 January")
    await page.get_by_role("link", name="Show from there").click()

    assert await words(page) == ["one since", "two since"]


async def test_times_are_the_readers_own_on_demand(hall, visit):
    await hall.says("here", published_at=hall.base)
    page = await visit("e/harbour26", timezone_id="Asia/Tokyo", locale="en-GB")
    time = page.locator(".card__time").last
    there = await time.text_content()
    await page.get_by_role("button", name="Your time").click()
    own = await time.text_content()
    await hall.says("and live")
    await page.wait_for_selector("text=and live")

    assert own != there
    assert await time.get_attribute("title") == f"{own} in Tokyo, {there} in London"
    assert "in Tokyo" in await page.locator(".card__time").first.get_attribute("aria-label")
    await page.reload()
    await page.wait_for_function(
        f"() => document.querySelector('.card:last-child .card__time').textContent === '{own}'"
    )


async def test_a_pinned_post_stands_above_the_list_as_long_as_it_is_pinned(hall, visit):
    await hall.says_each(["Tea has moved. Take the ramp.", *some(3)])
    page = await visit("e/harbour26")
    pinned = page.get_by_role("complementary", name="Pinned post")

    await pin(hall, 1, hall.at(0))
    await pinned.wait_for()
    assert (await pinned.locator("b").text_content()).strip() == "Tea has moved."
    assert len(await words(page)) == 4
    await pin(hall, 1, None)
    await pinned.wait_for(state="detached")
    await pin(hall, 1, hall.at(1))
    await pinned.get_by_role("button", name="Put away").click()
    await page.reload()
    await settle(page)

    assert await pinned.count() == 0
