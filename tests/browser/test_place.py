"""What becomes of the list, and of the reader's place in it, when changes cross each other."""

import asyncio

import pytest

from tests.browser.page import DESKTOP, PHONE, TOPMOST, scroll, settle, slow_answers, some, tell, words
from tests.factories import SECOND

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
both_sizes = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])

SECOND_CARD = """() => {
  const card = document.querySelectorAll('[data-feed] > article')[1]
  return [card.id.slice('item-'.length), card.outerHTML.replace(/data-seq="[0-9]+"/, 'data-seq="999"')]
}"""
FIRST_CARD = "[data-feed] > article:first-child"
BUSY = "[data-feed][aria-busy]"
IDLE = "[data-feed]:not([aria-busy])"


async def test_a_post_that_goes_and_comes_back_at_once_is_there(hall, visit):
    await hall.says_each(["one", "two", "three"])
    page = await visit("e/harbour26")
    [number, html] = await page.evaluate(SECOND_CARD)

    await tell(page, ("remove", f'{{"id": "{number}"}}', 998), ("post", html, 999))
    await page.wait_for_selector("[data-seq='999']")

    assert await words(page) == ["three", "two", "one"]


async def test_what_happens_while_older_posts_load_is_not_lost(hall, visit):
    refs = await hall.says_each(some(60))
    page = await visit("e/harbour26")
    async with slow_answers(page, "**/*fragment=posts*") as answered:
        asked = page.wait_for_event("request", lambda request: "fragment=posts" in request.url)
        await asyncio.gather(asked, scroll(page, 99_999))
        await answered.wait()
        await hall.removes(refs[36])
        await hall.says("mended", ref=refs[35], published_at=hall.at(35), edited_at=hall.at(60))
        await hall.says("latecomer", published_at=hall.at(30) + SECOND / 2)
        await hall.says("heard last")
        await page.wait_for_selector("text=1 new post")
    await page.wait_for_selector("text=mended", state="attached")

    said = [one.split()[:2] for one in (await words(page))[20:]]
    expected = [["Post", str(number)] for number in range(39, 19, -1)]
    expected.remove(["Post", "36"])
    expected[expected.index(["Post", "35"])] = ["mended"]
    expected.insert(expected.index(["Post", "30"]), ["latecomer"])
    assert said[: len(expected)] == expected


async def test_what_goes_while_both_ends_load_comes_back_with_neither(hall, visit):
    refs = await hall.says_each(some(80))
    page = await visit("e/harbour26")
    older = await page.get_by_role("link", name="Older posts").get_attribute("href")
    await page.goto(hall / older.removeprefix("/"))
    await page.wait_for_selector("[data-state=live]")
    async with slow_answers(page, "**/*after=*fragment=posts*") as above:
        await page.get_by_role("link", name="Newer posts").click()
        await above.wait()
        async with slow_answers(page, "**/*before=*fragment=posts*") as below:
            await scroll(page, 99_999)
            await below.wait()
            await hall.removes(refs[70])
            await hall.removes(refs[30])
            await hall.says("heard last")
            await page.wait_for_selector("text=1 new post")
        await page.wait_for_selector("text=Post 20 ", state="attached")
    await page.wait_for_selector("text=Post 79 ", state="attached")

    shown = [int(said.split()[1]) for said in await words(page) if said != "heard last"]
    assert shown == [number for number in range(79, 19, -1) if number not in (70, 30)]


async def test_a_warning_added_later_is_closed(hall, visit):
    [ref, kept] = await hall.says_each(["long words " * 80, "other words " * 80])
    page = await visit("e/harbour26")
    for number in range(2):
        await page.locator(".more summary").nth(number).click()

    await hall.says(
        "quite long " * 80, ref=ref, published_at=hall.at(0), edited_at=hall.at(60), content_warning="Grief"
    )
    await hall.says("still long " * 80, ref=kept, published_at=hall.at(1), edited_at=hall.at(60))
    await page.wait_for_selector("text=quite long", state="attached")
    await page.wait_for_selector("text=still long")

    assert await page.evaluate("document.querySelector('.warned').open") is False
    assert await page.evaluate("document.querySelector('.card .more').open") is True


async def test_every_card_says_where_it_stands(hall, visit):
    await hall.says("the first")
    page = await visit("e/harbour26")
    await hall.says("the second")
    await page.wait_for_selector("text=the second")

    stands = "() => [...document.querySelectorAll('.card')].map((card) => [card.ariaPosInSet, card.ariaSetSize])"
    assert await page.evaluate(stands) == [["1", "-1"], ["2", "-1"]]


@both_sizes
async def test_a_page_read_again_leaves_the_reader_where_they_were(hall, visit, size):
    await hall.says_each(some(80))
    page = await visit("e/harbour26", size=size)
    while await page.locator(".card").count() < 60:
        await scroll(page, 99_999)
        await page.wait_for_selector(IDLE)
    await scroll(page, 4_000)
    await page.wait_for_selector(IDLE)
    before = await page.evaluate(TOPMOST)
    await page.evaluate(f"document.getElementById('{before[0]}').focus({{ preventScroll: true }})")

    await tell(page, ("reset", "1", 1))
    await page.wait_for_function("() => streams.length > 1 && streams.at(-1).readyState === 1")
    await settle(page)

    assert await page.evaluate(TOPMOST) == before
    assert await page.evaluate("document.activeElement.id") == before[0]
    await hall.says("the newest")
    await page.click("text=1 new post")
    await page.wait_for_selector(f"{FIRST_CARD} >> text=the newest")  # "Back to the newest posts" says so too
    assert (await words(page))[0] == "the newest"
    assert await page.evaluate("document.activeElement === document.querySelector('.card')")


async def test_a_list_scrolled_far_down_is_cut_above_and_leads_back(hall, visit):
    await hall.says_each(some(280))
    page = await visit("e/harbour26")
    while await page.locator("text=Post 40 ").count() == 0:
        await scroll(page, 999_999)
        await page.wait_for_selector(IDLE)
        await settle(page)

    assert await page.locator(".card").count() <= 200
    assert await page.evaluate("document.querySelector('.column').scrollTop") > 2_000
    await page.click("text=Newest posts")
    await page.wait_for_selector("text=Post 279")
    assert (await words(page))[0].startswith("Post 279")
