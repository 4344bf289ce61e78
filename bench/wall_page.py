"""A projector wall that stays open while posts arrive: the browser's memory and the size of its document.

A real server writes ``POSTS`` checked posts into one page, whose clock runs ahead so that a card changes with every
batch. ``python -m bench.wall_page [POSTS]``.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import CDPSession, Page, async_playwright

from storage import events, schema, sources
from storage.store import Store
from tests.browser.conftest import SWITCHES, chromium
from tests.browser.hall import Hall
from tests.factories import NETWORKS, a_source

POSTS = 10_000
BATCH = 50
TOLD = 1_000
BEAT_MS = 12_000
_SEEN = "(id) => Number(document.querySelector('main').dataset.last ?? 0) >= id"
_WATCH = """
window.EventSource = class extends EventSource {
  constructor(address) {
    super(address)
    this.addEventListener('post', ({ lastEventId }) => {
      const main = document.querySelector('main')
      if (main) main.dataset.last = lastEventId
    })
  }
}
"""


async def main(posts: int = POSTS) -> None:
    """Open the wall, post, measure every ``TOLD`` posts."""
    with tempfile.TemporaryDirectory() as name:
        schema.upgrade(f"sqlite:///{name}/wall.db")
        store = await Store.open(f"sqlite:///{name}/wall.db")
        hall = await Hall.open(store, Path(name))
        told = [a_source(kind=kind, event_id=hall.event.id, trusted=True) for kind in NETWORKS]
        await store.write(sources.sync, hall.event.id, told, origin="command", at=hall.base)
        await hall.start()
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
                page = await browser.new_page(viewport={"width": 1920, "height": 1080})
                await page.add_init_script(_WATCH)
                await page.clock.install()
                await page.goto(hall / "e/harbour26/wall")
                await _run(hall, page, posts)
                await browser.close()
        finally:
            await hall.stop()
            await store.close()


async def _run(hall: Hall, page: Page, posts: int) -> None:
    devtools = await page.context.new_cdp_session(page)
    print(f"{'posts':>7} {'heap':>9} {'nodes':>7}")
    for start in range(0, posts, BATCH):
        await hall.says_each([f"Post {number} says something about tea" for number in range(start, start + BATCH)])
        seq = (await hall.store.read(events.by_slug, hall.event.slug)).seq
        await page.wait_for_function(_SEEN, arg=seq, timeout=30_000)
        await page.clock.run_for(BEAT_MS)
        if (start + BATCH) % TOLD == 0 or start == 0:
            print(f"{start + BATCH:7,} {await _heap_mb(devtools):6.1f} MB {await _nodes(devtools):7,}", flush=True)


async def _heap_mb(devtools: CDPSession) -> float:
    await devtools.send("HeapProfiler.collectGarbage")
    return float((await devtools.send("Runtime.getHeapUsage"))["usedSize"]) / 1e6


async def _nodes(devtools: CDPSession) -> int:
    """Nodes alive in the browser, in the document or not."""
    return int((await devtools.send("Memory.getDOMCounters"))["nodes"])


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else POSTS))
