"""A real Chromium, once for all tests here, before a real server on loopback."""

import os
import shutil

import pytest_asyncio
from playwright.async_api import async_playwright

from storage.store import Store
from tests.browser.hall import Hall

SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
_WATCH = """
window.streams = []
window.EventSource = class extends EventSource { constructor(address) { super(address); streams.push(this) } }
window.shifts = []
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries())
    window.shifts.push([value, sources.map(({ node }) => node?.className || node?.nodeName)])
}).observe({ type: 'layout-shift', buffered: true })
"""


def chromium():
    """The one on PATH; None for Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("BACKCHANNEL_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def hall(sqlite_url, tmp_path):
    """An event without posts, served."""
    store = await Store.open(sqlite_url)
    hall = await Hall.open(store, tmp_path)
    await hall.start()
    yield hall
    await hall.stop()
    await store.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser, hall):
    """``await visit(path, …)`` opens a page as a new reader. Errors and requests to other hosts fail the test."""
    contexts, trouble = [], []

    async def open_page(path, *, size=(1440, 900), scheme="light", live=True, **more):
        more = {"service_workers": "block", **more}
        context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, **more)
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(30_000)  # a machine may be busy
        await page.add_init_script(_WATCH)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda told: told.type == "error" and trouble.append(told.text))
        page.on("request", lambda asked: f":{hall.port}/" not in asked.url and trouble.append(asked.url))
        await page.goto(hall / path)
        if live:
            await page.wait_for_selector("[data-state=live]")
            await page.evaluate("document.fonts.ready")
        return page

    open_page.trouble = trouble
    yield open_page
    for context in contexts:
        await context.close()
    assert trouble == []
