"""The timeline in a page of somebody else's."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio
from aiohttp import web
from sqlalchemy import update

from storage.tables import events
from tests.browser.page import some

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere():
    """A page of another origin, with whatever is put between its words."""
    pages = {}

    async def show(request):
        return web.Response(text=f"<!doctype html><p>Ours</p>{pages['body']}<p>too</p>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", show)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]

    def serve(body):
        pages["body"] = body
        return f"http://localhost:{port}/"

    yield serve
    await runner.cleanup()


async def test_a_script_puts_a_timeline_of_its_own_height_there_that_follows(hall, browser, elsewhere):
    await hall.says_each(some(3))
    address = elsewhere(
        f'<script async src="{hall / "embed.js"}" data-event="harbour26" data-height="auto" data-posts="4" '
        'data-label="What people say"></script>'
    )
    page = await browser.new_page(viewport={"width": 800, "height": 900})
    await page.goto(address)
    frame = page.frame_locator("iframe[title='What people say']")
    await frame.locator("article").first.wait_for()
    assert await frame.locator("article").count() == 3
    higher = "(before) => document.querySelector('iframe').clientHeight > before"
    await page.wait_for_function(higher, arg=400)
    before = await page.evaluate("document.querySelector('iframe').clientHeight")

    await hall.says("Said while it is open")
    await frame.get_by_text("Said while it is open").wait_for()
    await page.wait_for_function(higher, arg=before)
    ref = await hall.says("Taken back")
    await frame.get_by_text("Taken back").wait_for()
    assert await frame.locator("article").count() == 4
    await hall.removes(ref)
    await frame.get_by_text("Taken back").wait_for(state="detached")
    inside = page.frames[1]
    assert await inside.evaluate("document.documentElement.scrollHeight <= innerHeight")
    await page.close()


@pytest.mark.parametrize("path", ["e/harbour26/embed", "e/harbour26/search?q=quay", "p/1"])
async def test_nothing_of_an_event_that_is_withdrawn_stays_on_any_page_of_it(hall, visit, path):
    await hall.says("Meet me at the quay")
    page = await visit(path, live=False)
    await page.wait_for_function("streams.some((one) => one.readyState === EventSource.OPEN)")

    def withdraw(writing):
        writing.execute(update(events).where(events.c.id == hall.event.id).values(visibility="draft"))
        writing.record("event.changed", hall.event.id, None, datetime.now(UTC))

    await hall.store.write(withdraw)
    await page.get_by_text("Meet me at the quay").wait_for(state="detached")
    visit.trouble.clear()  # the 404 itself
