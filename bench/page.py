"""An open timeline under load: 50 posts a second into a real browser, the reader in the middle of reading.

Prints the longest frame, how far the reader's place moved, and the page's memory before and after.
``make bench-page`` runs it for a minute. A frame's time is the machine's as much as ours: run it on one with nothing
else to do. It fails where the place moves, cards pile up or a frame takes too long.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import CDPSession, Page, async_playwright

from storage import schema
from storage.store import Store
from tests.browser.conftest import SWITCHES, chromium
from tests.browser.hall import Hall
from tests.browser.page import TOPMOST, scroll, some

A_SECOND = 50
BATCHES = 10  # a second
LONGEST_MS = 100
_WATCH = """() => {
  window.frames_ = []
  let last = performance.now()
  const next = (now) => { frames_.push(now - last); last = now; requestAnimationFrame(next) }
  requestAnimationFrame(next)
  window.tasks_ = []
  new PerformanceObserver((list) => tasks_.push(...list.getEntries().map((one) => one.duration)))
    .observe({ type: 'long-animation-frame' })
}"""


async def measured(session: CDPSession) -> tuple[int, float]:
    """What the page's scripts and nodes hold after a collection, in KB, and the seconds that it has computed."""
    await session.send("HeapProfiler.collectGarbage")
    told = {one["name"]: one["value"] for one in (await session.send("Performance.getMetrics"))["metrics"]}
    return int(told["JSHeapUsedSize"] / 1024), told["TaskDuration"]


async def speak(hall: Hall, seconds: int) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    for batch in range(seconds * BATCHES):
        await hall.says_each(some(A_SECOND // BATCHES, 1000 + batch * A_SECOND // BATCHES))
        await asyncio.sleep(max(0.0, start + (batch + 1) / BATCHES - loop.time()))


async def run(page: Page, hall: Hall, seconds: int, *, reading: bool) -> bool:
    """One reader, at the top or in the middle of reading, for so long; whether all is as it should be."""
    await page.goto(hall / "e/harbour26")
    await page.wait_for_selector("[data-state=live]")
    if reading:
        await scroll(page, 1200)
    await speak(hall, 5)  # warm
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.enable")
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before, (held, began) = await page.evaluate(TOPMOST), await measured(session)
    await page.evaluate(_WATCH)
    await speak(hall, seconds)
    frames = await page.evaluate("frames_")
    slow = await page.evaluate("tasks_")
    after, (now_held, ended) = await page.evaluate(TOPMOST), await measured(session)
    cards = await page.locator(".card").count()
    moved = reading and before != after
    longest = max(slow, default=0.0)
    print(f"{'In the middle of reading' if reading else 'At the top'}, {seconds} s at {A_SECOND} posts a second:")
    print(f"  longest frame {longest:.0f} ms, {sum(one > LONGEST_MS for one in slow)} above {LONGEST_MS} ms")
    print(f"  longest time between two frames {max(frames):.0f} ms")
    print(f"  {1000 * (ended - began) / seconds:.0f} ms of computing a second")
    print(
        f"  {cards} cards; memory {held} KB, then {now_held} KB; the place {'moved' if moved else 'held'}", flush=True
    )
    return not moved and longest <= LONGEST_MS and cards <= 200


async def measure(seconds: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        schema.upgrade(url)
        store = await Store.open(url)
        hall = await Hall.open(store, Path(folder))
        await hall.says_each(some(60))
        await hall.start()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
            good = True
            for reading in (True, False):
                page = await browser.new_page(viewport={"width": 390, "height": 844})
                good &= await run(page, hall, seconds, reading=reading)
                await page.close()
            await browser.close()
        await hall.stop()
        await store.close()
    return good


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=60)
    sys.exit(not asyncio.run(measure(options.parse_args().seconds)))
