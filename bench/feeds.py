"""A thousand feeds every five minutes, none of which answers 304, against feedparser alone on the same bodies.

The whole road is run: a server in another process, the door, the reader's workers, the polls,
the database. Its first round is not counted; then a thousand polls follow each other at
``PACE`` times the speed of life, and the processor time of the service and its workers is
set against the time in which life would have done the same.
"""

import asyncio
import multiprocessing
import os
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import mean, quantiles

import feedparser
import structlog
from aiohttp import web

from backchannel.ledger import StoreLedger
from backchannel.plan import Lent
from bench import feedmill
from collector.health import Reports
from collector.http import Http
from collector.networks import feeds
from collector.polls import Polls
from storage import events, schema, sources
from storage.shelf import Shelf
from storage.store import Store
from storage.tail import Tail
from timeline.event import Event
from timeline.network import Health, Source

FEEDS = 200
POLLS = 1_000
EVERY_S, OF_LIFE = 300.0, 1_000  # what is promised: so many feeds, each so often
PACE = 6.0
NEWS, EDITS = 0.25, 0.1  # of polls that find a new entry, or a corrected one; all find another body
ALONE = 60  # bodies that feedparser is given


async def main(polls: int = POLLS) -> None:
    """Poll, and say what it cost."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    parent, child = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(child,), daemon=True)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            cpu_s, workers_s, lag = await _polled(Path(folder), parent.recv(), polls)
    finally:
        server.terminate()
    bodies = [press.body() for press in feedmill.presses(FEEDS)]
    alone_s = _alone(bodies[:ALONE])
    print(
        f"feeds, {OF_LIFE} every {EVERY_S:.0f} s, bodies of {mean(map(len, bodies)) / 1000:.0f} KB on average: "
        f"{_share(cpu_s):.1%} of a core ({1000 * cpu_s:.1f} ms a poll, {1000 * workers_s:.1f} of it in the workers), "
        f"loop lag p50 {lag[49]:.1f} ms, p99 {lag[98]:.1f} ms at {PACE:.0f} times that rate"
    )
    print(f"feeds, feedparser alone on the same bodies: {_share(alone_s):.1%} of a core, ratio {cpu_s / alone_s:.2f}")


def _share(poll_s: float) -> float:
    return poll_s * OF_LIFE / EVERY_S


async def _polled(folder: Path, address: str, polls: int) -> tuple[float, float, list[float]]:
    """Processor seconds a poll, those of them spent in workers, and percentiles of the loop's lag in ms."""
    url = f"sqlite:///{folder / 'bench.db'}"
    schema.upgrade(url)
    store = await Store.open(url)
    tail = Tail(store)
    await tail.start()
    ledger = _Counting(store, tail, Shelf(folder / "media", 10**9), {feeds.INFO.key: feeds.INFO}, Lent())
    every_s = FEEDS / (OF_LIFE / EVERY_S * PACE)
    await _planned(store, address, every_s)
    async with Http(contact="", version="bench", base_url="http://bench.example", allow_private_addresses=True) as http:
        running = Polls(ledger, http, {feeds.INFO.key: feeds}, Reports(ledger))
        running.update(await ledger.sources())
        task = asyncio.create_task(running.run())
        await ledger.until(FEEDS)  # what is there already is taken in
        await asyncio.sleep(every_s)  # and their turns spread
        lag: list[float] = []
        watching = asyncio.create_task(_watch(lag))
        begun, own_s, workers_s = ledger.told, time.process_time(), _children_s()
        await ledger.until(begun + polls)
        done = ledger.told - begun
        own_s, workers_s = time.process_time() - own_s, _children_s() - workers_s
        for each in (watching, task):
            each.cancel()
        await asyncio.gather(watching, task, return_exceptions=True)
    assert not ledger.failed, ledger.failed
    await tail.stop()
    await store.close()
    return (own_s + workers_s) / done, workers_s / done, quantiles(lag, n=100)


class _Counting(StoreLedger):
    """Counts polls."""

    told = 0
    failed = ""

    async def report(self, source_id: int, health: Health) -> None:
        await super().report(source_id, health)
        self.told += 1
        self.failed = health.error or self.failed

    async def until(self, told: int) -> None:
        while self.told < told:
            await asyncio.sleep(0.05)


async def _planned(store: Store, address: str, every_s: float) -> None:
    now = datetime.now(UTC)
    event = Event(
        id=0, slug="bench", title="Bench", timezone="UTC", starts_at=now, ends_at=now + timedelta(days=1),
        collect_from=feedmill.START - timedelta(days=30), collect_until=now + timedelta(days=30), hashtags=("bench",),
    )  # fmt: skip
    kept = await store.write(events.save, event, origin="command", at=now)
    told = [
        Source(
            id=0, event_id=kept.id, kind="feed", address=f"{address}/{number}", every_s=every_s,
            settings={"url": f"{address}/{number}"}, collect_from=kept.collect_from, collect_until=kept.collect_until,
        )
        for number in range(FEEDS)
    ]  # fmt: skip
    await store.write(sources.sync, kept.id, told, origin="command", at=now)


async def _watch(lag: list[float], *, every_s: float = 0.01) -> None:
    """How much later than asked the loop comes back, in ms."""
    while True:
        asked = time.perf_counter()
        await asyncio.sleep(every_s)
        lag.append(1000 * (time.perf_counter() - asked - every_s))


def _children_s() -> float:
    """Processor seconds of this process's workers."""
    ticks = 0
    for pid in Path("/proc/self/task").glob("*/children"):
        for child in pid.read_text().split():
            if b"anyio" in Path(f"/proc/{child}/cmdline").read_bytes():
                told = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
                ticks += sum(map(int, told[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _alone(bodies: list[bytes]) -> float:
    began = time.process_time()
    for body in bodies:
        feedparser.parse(body, response_headers={"content-type": "application/xml"})
    return (time.process_time() - began) / len(bodies)


def _serve(told: Connection) -> None:
    """Runs in a process of its own: its time is nobody's."""
    asyncio.run(_server(told))


async def _server(told: Connection) -> None:
    known = feedmill.presses(FEEDS)
    chance = random.Random(5)

    async def answer(request: web.Request) -> web.Response:
        press = known[int(request.match_info["number"])]
        press.turn(news=chance.random() < NEWS, edit=chance.random() < EDITS)
        return web.Response(body=press.body(), headers={"Content-Type": press.content_type})

    app = web.Application()
    app.router.add_get("/{number}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    told.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else POLLS))
