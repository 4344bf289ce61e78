"""Search as somebody types, with the keyboard, and as posts go."""

import pytest

from tests.browser.page import DESKTOP, PHONE, settle, shifts, slow_answers
from tests.browser.test_quality import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CARDS = "[data-feed] > article"


async def said(page):
    return [text.split(" #")[0] for text in await page.locator(f"{CARDS} .words").all_text_contents()]


async def test_typing_finds_and_the_address_follows(hall, visit):
    await hall.says_each(["Open data", "Opening hours", "Closed"])
    page = await visit("e/harbour26")
    await page.keyboard.press("/")
    await page.wait_for_url("**/search")

    await page.keyboard.type("open")
    await page.wait_for_selector("text=2 posts")
    assert await said(page) == ["Opening hours", "Open data"]
    assert await page.locator(".hit").all_inner_texts() == ["Opening", "Open"]
    await page.keyboard.type(" dat")
    await page.wait_for_selector("text=1 post")
    assert page.url.endswith("/search?q=open+dat")
    await page.reload()
    assert await said(page) == ["Open data"]

    await page.keyboard.press("/")
    await page.keyboard.type("nobody said this")
    await page.wait_for_selector("text=Nothing found for “nobody said this”.")
    assert await page.text_content("[data-status]") == "No posts"
    await page.fill("#q", "closed")
    await page.wait_for_selector("text=1 post")
    await page.keyboard.press("ArrowDown")
    assert await page.evaluate("document.activeElement.matches('article')")
    await page.keyboard.press("k")
    assert await page.evaluate("document.activeElement.id") == "q"


async def test_back_leads_to_what_was_asked_before(hall, visit):
    await hall.says_each(["Open data", "Closed"])
    page = await visit("e/harbour26/search?q=closed", live=False)
    await page.fill("#q", "data")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(f"{CARDS} >> text=data")

    await page.go_back()

    await page.wait_for_selector(f"{CARDS} >> text=Closed")
    assert await page.input_value("#q") == "closed"


async def test_what_is_taken_back_leaves_an_open_search_and_what_is_further_down_comes_below(hall, visit):
    refs = await hall.says_each([f"Quay {number}" for number in range(25)])
    page = await visit("e/harbour26/search?q=quay", live=False)

    await page.get_by_role("link", name="Older posts").click()
    await page.wait_for_selector(f"{CARDS}:nth-child(25)")
    await hall.removes(refs[3])
    await page.wait_for_selector("#item-4", state="detached")

    assert await said(page) == [f"Quay {number}" for number in range(24, -1, -1) if number != 3]


async def test_what_changes_while_an_answer_is_on_its_way_is_as_it_is_now(hall, visit):
    [goes, changes, _] = await hall.says_each(["Quay one", "Quay two", "Quay three"])
    page = await visit("e/harbour26/search", live=False)
    await page.wait_for_function("() => streams.at(-1)?.readyState === 1")
    await page.evaluate("window.told = 0; streams.at(-1).addEventListener('post', () => { told += 1 })")
    async with slow_answers(page, "**/search?q=quay*") as answered:
        await page.fill("#q", "quay")
        await answered.wait()
        await hall.removes(goes)
        await hall.says("Quay mended", ref=changes, published_at=hall.at(1), edited_at=hall.at(60))
        await page.wait_for_function("() => told")

    await page.wait_for_selector(f"{CARDS} >> text=Quay three")
    assert await said(page) == ["Quay three", "Quay mended"]


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["light", "dark"])
async def test_everybody_can_search(hall, visit, size, scheme):
    await hall.says_each([f"Quay {number}" for number in range(25)])
    page = await visit("e/harbour26/search?q=quay", live=False, size=size, scheme=scheme)
    await page.evaluate("document.fonts.ready")
    await settle(page)

    assert sum(moved for moved, _ in await shifts(page)) < 0.001
    for asked in ("quay", "", "day:someday", "nothing"):
        await page.goto(hall / f"e/harbour26/search?q={asked}")
        assert await violations(page) == []
    await page.set_viewport_size({"width": 320, "height": 800})
    await page.goto(hall / "e/harbour26/search")
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320


async def test_search_works_without_scripts(hall, visit):
    await hall.says_each([f"Quay {number}" for number in range(25)])
    page = await visit("e/harbour26/search", java_script_enabled=False, live=False)

    await page.fill("#q", "quay")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("link", name="Older posts").click()

    assert await said(page) == [f"Quay {number}" for number in range(4, -1, -1)]
    assert await page.text_content("[data-status]") == "25 posts"
