"""The highlights and the page on privacy in a browser: for everybody, true while open, good on paper."""

from datetime import UTC, datetime

import pytest
from axe_playwright_python.async_playwright import Axe
from sqlalchemy import update

from storage.tables import items
from tests.browser.page import DESKTOP, PHONE, slow_answers

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SHOWN = "() => [...document.querySelectorAll('[data-of]')].map((one) => Number(one.dataset.of))"
TOLD = """() => new Promise((done) => {
  const told = []
  document.addEventListener('securitypolicyviolation', (event) => told.push(event.violatedDirective))
  setTimeout(() => done([told, document.querySelectorAll('script[type="application/ld+json"]').length]), 100)
})"""

_COUNT_BACK = """(gone) => {
  window.back = 0
  const look = () => { back += document.querySelectorAll(gone).length }
  new MutationObserver(look).observe(document.querySelector('main'), { subtree: true, childList: true })
}"""


async def pick(hall, *ids, phrase=None):
    picked = update(items).where(items.c.id.in_(ids)).values(highlighted_at=datetime.now(UTC), phrase=phrase)
    await hall.store.write(lambda writing: writing.execute(picked) and None)


async def violations(page):
    found = await Axe().run(page)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found.response["violations"]]


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["light", "dark"])
async def test_axe_finds_nothing_in_highlights_and_on_privacy(hall, visit, size, scheme):
    page = await visit("e/harbour26/highlights", size=size, scheme=scheme, live=False)
    assert "Highlights will collect here." in await page.inner_text("main")
    assert await violations(page) == []

    await hall.says("Three of them were in the same building")
    await hall.says("loss", content_warning="Talk of loss")
    await hall.says("An article", network="feed", title="Notes", url="https://blog.example/notes")
    await pick(hall, 1, 2, 3)
    await pick(hall, 1, phrase="the same building")
    await page.reload()
    await page.get_by_text("The whole post").click()
    assert await violations(page) == []
    await page.goto(hall / "about/privacy")
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]


async def test_an_open_page_follows_what_is_picked_and_what_goes(hall, visit):
    refs = await hall.says_each(["first to go", "that stays", "picked later"])
    await pick(hall, 1)
    await pick(hall, 2, phrase="stays")
    page = await visit("e/harbour26/highlights", live=False)
    await page.get_by_text("The whole post").click()
    assert await page.evaluate(SHOWN) == [2, 1]

    await hall.removes(refs[0])
    await page.wait_for_selector("[data-of='1']", state="detached")
    await pick(hall, 3)
    await hall.says("picked, and edited", ref=refs[2], edited_at=datetime.now(UTC))
    await page.wait_for_selector("text=picked, and edited")
    assert await page.evaluate(SHOWN) == [3, 2]
    assert await page.locator("[data-of='2'] details").get_attribute("open") is not None


async def test_what_goes_while_the_list_is_on_its_way_does_not_come_back_with_it(hall, visit):
    [goes, stays] = await hall.says_each(["goes", "stays"])
    await pick(hall, 1, 2)
    page = await visit("e/harbour26/highlights", live=False)
    async with slow_answers(page, "**/highlights?fragment=list") as answered:
        await hall.says("stays, mended", ref=stays, edited_at=datetime.now(UTC))
        await answered.wait()
        await hall.removes(goes)
        await page.wait_for_selector("[data-of='1']", state="detached")
        await page.evaluate(_COUNT_BACK, "[data-of='1']")

    await page.wait_for_selector("text=stays, mended")
    assert await page.evaluate("back") == 0


async def test_structured_data_is_no_script_to_our_content_policy(hall, visit):
    await hall.says("worth finding")
    for path in ("e/harbour26", "p/1"):
        page = await visit(path, live=path.startswith("e/"))
        assert await page.evaluate(TOLD) == [[], 1]


async def test_on_paper_the_words_stand_alone_and_whole(hall, visit):
    await hall.says("Before it. The phrase. And all the rest")
    await pick(hall, 1, phrase="The phrase.")
    page = await visit("e/harbour26/highlights", live=False)
    assert not await page.get_by_text("And all the rest").is_visible()
    await page.emulate_media(media="print")
    assert await page.locator(".pick__whole").bounding_box()
    for name in (".tool", ".foot", ".pick__more summary"):
        assert not await page.locator(name).first.is_visible()


async def test_an_open_page_of_a_post_follows_its_edits_and_its_end(hall, visit):
    ref = await hall.says("as first said")
    page = await visit("p/1", live=False)
    await hall.says("as edited", ref=ref, edited_at=datetime.now(UTC))
    await page.wait_for_selector("text=as edited")
    assert "as first said" not in await page.content()

    await hall.removes(ref)
    await page.wait_for_selector("text=This post has been removed")
    assert "as edited" not in await page.content()
    visit.trouble[:] = [told for told in visit.trouble if "410" not in told]
