"""What a reader has without a connection, and what becomes of it."""

import asyncio
import re

import pytest
import pytest_asyncio

from dashboard.keys import RENDERER
from tests.browser.page import PHONE, some, words
from timeline.post import Media

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
DAY_MS = 86_400_000
_SAID = re.compile(r'class="words".*?<p>(.*?) [<#]', re.DOTALL)

_KEPT = """async () => {
  const base = await new Promise((done) => {
    const asked = indexedDB.open('backchannel', 1)
    asked.onupgradeneeded = () => { asked.transaction.abort() }
    asked.onsuccess = () => done(asked.result)
    asked.onerror = () => done(null)
  })
  if (!base) return null
  const all = (name) => new Promise((done) => {
    const asked = base.transaction(name).objectStore(name).getAll()
    asked.onsuccess = () => done(asked.result)
  })
  const [events, cards] = [await all('events'), await all('cards')]
  base.close()
  return { events, cards }
}"""
_AGE = """(by) => new Promise((done) => {
  const asked = indexedDB.open('backchannel', 1)
  asked.onsuccess = () => {
    const transaction = asked.result.transaction('events', 'readwrite')
    const events = transaction.objectStore('events')
    const older = (one) => events.put({ ...one, saved: one.saved - by })
    events.getAll().onsuccess = ({ target }) => target.result.forEach(older)
    transaction.oncomplete = () => { asked.result.close(); done() }
  }
})"""


@pytest_asyncio.fixture(loop_scope="session")
async def reader(hall, visit):
    """``await reader(path)`` opens a page in a browser that may keep things, and gives it its worker."""

    async def open_page(path="e/harbour26", **more):
        page = await visit(path, service_workers="allow", **more)
        await page.wait_for_function("() => navigator.serviceWorker.controller")
        return page

    yield open_page
    visit.trouble.clear()  # the browser's own words about a server that was away


async def kept(page):
    """The words of the posts that are kept, newest first; None where there is no copy."""
    found = await page.evaluate(_KEPT)
    if not found or not found["events"]:
        return None
    cards = sorted(found["cards"], key=lambda card: -card["at"])
    return [_SAID.search(card["html"])[1] for card in cards]


async def until_kept(page, wanted):
    async with asyncio.timeout(20):
        while await kept(page) != wanted:
            await asyncio.sleep(0.05)


async def test_a_page_opens_from_the_copy_and_catches_up_when_the_server_is_back(hall, reader):
    await hall.says_each(["the first", "the second"])
    page = await reader(size=PHONE)
    await until_kept(page, ["the second", "the first"])
    await hall.stop()

    await page.goto(hall / "e/harbour26")

    notice = page.locator(".notice:visible")
    await notice.wait_for()
    assert (await notice.text_content()).startswith("No connection to this site. Showing 2 posts saved at ")
    assert await page.inner_text("[data-connection]") == "Offline"
    assert await words(page) == ["the second", "the first"]
    await hall.says("while nobody could hear")
    await hall.start()
    await page.wait_for_selector("text=while nobody could hear", timeout=30_000)
    await page.wait_for_selector("[data-state=live]")
    assert await words(page) == ["while nobody could hear", "the second", "the first"]
    assert await notice.count() == 0


async def test_the_last_180_posts_are_kept_whatever_comes_and_a_device_without_network_shows_them(hall, reader):
    await hall.says_each(some(200))
    page = await reader()
    last = [f"Post {number}" for number in range(199, 19, -1)]

    async def numbers():
        return [" ".join(said.split()[:2]) for said in await kept(page) or []]

    async with asyncio.timeout(20):
        while await numbers() != last:
            await asyncio.sleep(0.05)
    await hall.says("Post 200 comes")
    async with asyncio.timeout(20):
        while await numbers() != ["Post 200", *last[:-1]]:
            await asyncio.sleep(0.05)

    await page.context.set_offline(True)
    await page.goto(hall / "e/harbour26")

    notice = page.locator(".notice:visible")
    await notice.wait_for()
    assert (await notice.text_content()).startswith("You are offline. Showing 180 posts saved at ")
    assert len(await words(page)) == 180


async def test_the_copy_loses_what_is_removed_as_soon_as_it_is_told(hall, reader):
    [_, goes, changes] = await hall.says_each(["stays", "goes", "changes"])
    page = await reader()
    await until_kept(page, ["changes", "goes", "stays"])

    await hall.removes(goes)
    await hall.says("changed", ref=changes, published_at=hall.at(2))

    await until_kept(page, ["changed", "stays"])


async def test_a_tab_that_is_behind_puts_no_older_words_into_the_copy(hall, reader):
    ref = await hall.says("as first said")
    page = await reader()
    await until_kept(page, ["as first said"])
    first = await page.evaluate("document.querySelector('[data-feed] > article').outerHTML")
    await hall.says("mended", ref=ref, published_at=hall.at(0), edited_at=hall.at(60))
    await until_kept(page, ["mended"])

    behind = {"address": "/e/harbour26", "kind": "post", "data": first, "from": 0, "number": 1}
    await page.evaluate("(told) => navigator.serviceWorker.controller.postMessage(told)", behind)

    await hall.says("afterwards")
    await until_kept(page, ["afterwards", "mended"])


async def test_what_was_removed_while_the_page_was_closed_is_not_shown_again(hall, reader):
    [_, goes] = await hall.says_each(["stays", "goes"])
    page = await reader()
    await until_kept(page, ["goes", "stays"])
    await page.goto("about:blank")
    await hall.removes(goes)
    await hall.says("came")

    await page.goto(hall / "e/harbour26")
    await page.wait_for_selector("[data-state=live]")
    assert await words(page) == ["came", "stays"]
    await page.wait_for_function("() => navigator.serviceWorker.controller")
    await until_kept(page, ["came", "stays"])


async def test_after_seven_days_the_copy_is_forgotten(hall, reader):
    await hall.says("long ago")
    page = await reader()
    await until_kept(page, ["long ago"])
    await page.goto(hall / "p/1")
    await hall.stop()
    await page.evaluate(_AGE, 6 * DAY_MS)
    await page.goto(hall / "e/harbour26")
    assert await words(page) == ["long ago"]
    assert "saved at " in await page.text_content(".notice:visible")
    assert ", " in (await page.text_content(".notice:visible")).split("saved at ")[1]  # not today: the day is said

    await page.evaluate(_AGE, 2 * DAY_MS)
    await page.goto(hall / "e/harbour26")

    assert await page.inner_text("h1") == "You are offline"
    assert await page.is_hidden("[data-kept]")
    assert await kept(page) is None


async def test_an_event_that_is_not_public_any_more_leaves_the_device(hall, reader):
    await hall.says("no longer for everybody")
    page = await reader()
    await until_kept(page, ["no longer for everybody"])

    async def gone(route):
        await route.fulfill(status=404, body="There is no event here")

    await page.context.route("**/e/harbour26", gone)
    await page.goto(hall / "e/harbour26")

    assert await kept(page) is None


async def test_without_network_a_kept_post_has_its_page_and_the_front_says_what_is_kept(hall, reader):
    picture = Media(kind="image", source_url="https://files.example/a.jpg", alt="The quay at noon", width=4, height=3)
    await hall.says("with a picture", media=(picture,))
    page = await reader()
    await until_kept(page, ["with a picture"])
    await page.context.set_offline(True)

    await page.goto(hall / "p/1")
    await page.wait_for_selector("[data-post] .words")
    assert (await page.text_content("[data-post] .words")).startswith("with a picture")

    await page.goto(hall / "")
    row = page.locator("[data-events] a")
    await row.wait_for()
    assert "1 post saved at " in await row.text_content()
    await row.click()
    await page.wait_for_selector("[data-feed] > article")
    await page.goto(hall / "p/999")
    assert await page.inner_text("h1") == "You are offline"
    assert await page.is_visible("[data-absent]")


async def test_pages_for_staff_and_walls_are_never_answered_by_the_worker(hall, reader):
    await hall.says("hello")
    page = await reader()
    await until_kept(page, ["hello"])
    for path in ("desk", "desk/harbour26", "e/harbour26/wall", "e/harbour26?fragment=posts", "api/v1/events"):
        answer = await page.goto(hall / path)
        assert not answer.from_service_worker, path
    answer = await page.goto(hall / "e/harbour26")
    assert answer.from_service_worker


async def test_a_new_version_takes_over_and_the_copy_of_the_old_one_still_opens(hall, reader):
    await hall.says("before the new version")
    page = await reader()
    await until_kept(page, ["before the new version"])
    hall.runner.app[RENDERER].assets.digest = "0123456789"  # as if a file had changed
    await page.evaluate("navigator.serviceWorker.ready.then((registration) => registration.update())")
    await page.wait_for_function("async () => String(await caches.keys()) === 'shell-0123456789'")
    await page.context.set_offline(True)

    await page.goto(hall / "e/harbour26")

    await page.wait_for_selector(".notice:visible")
    assert await words(page) == ["before the new version"]
    assert await page.evaluate("getComputedStyle(document.querySelector('.card')).display") == "grid"


async def test_a_network_that_takes_too_long_is_not_waited_for(hall, reader):
    await hall.says("kept")
    page = await reader()
    await until_kept(page, ["kept"])
    slow = asyncio.Event()

    async def hang(route):
        await slow.wait()
        await route.continue_()

    await page.context.route("**/e/harbour26", hang)
    await page.goto(hall / "e/harbour26")
    assert await words(page) == ["kept"]
    assert await page.locator("main[data-saved]").count() == 1
    await hall.says("come since")
    slow.set()

    await page.wait_for_selector("main[data-live]:not([data-saved])")
    await page.wait_for_selector("text=come since")
    assert await words(page) == ["come since", "kept"]


async def test_an_event_without_posts_leaves_no_copy(hall, reader):
    page = await reader()
    await page.wait_for_function("async () => (await caches.keys()).length")
    await hall.stop()

    await page.goto(hall / "e/harbour26")

    assert await page.inner_text("h1") == "You are offline"
