"""The whole service under steady load for a while: memory, and that nothing is lost or comes twice.

Three stand-in servers offer posts, edits and deletions; readers hold the live stream, and some
leave and come back all the time. Prints memory a minute, and fails if a reader who stayed
missed a post. ``python -m bench.soak [MINUTES]``.
"""

import asyncio
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec

from tests.fakes.feedserver import FeedServer
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.mastodon import FakeMastodon
from tests.service import Service

MINUTES = 20.0
READERS = 100
EVERY_S = 0.25  # a post of each kind; a feed entry every tenth time
SETTLE_S = 15.0


async def main(minutes: float = MINUTES) -> None:
    """Run, watch, compare."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with FakeMastodon() as mastodon, FakeJetstream() as jetstream, FeedServer() as feeds:
            (folder / "backchannel.toml").write_text(
                _configuration(mastodon.url, jetstream.url, feeds.url("/news.rss"))
            )
            feeds.serve("/news.rss", _feed([]))
            async with Service(folder) as service:
                await _soak(service, mastodon, jetstream, feeds, minutes)


async def _soak(
    service: Service, mastodon: FakeMastodon, jetstream: FakeJetstream, feeds: FeedServer, minutes: float
) -> None:
    seen: dict[str, int] = {}
    ends = time.monotonic() + minutes * 60
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        stream = f"{service.url}/api/v1/events/soak/stream"
        staying = asyncio.create_task(_stay(session, stream, seen))
        restless = [asyncio.create_task(_restless(session, stream, number)) for number in range(READERS)]
        watching = asyncio.create_task(_watch(service.pid, ends))
        alive = await _offer(mastodon, jetstream, feeds, ends)
        await asyncio.sleep(SETTLE_S)
        for task in (staying, *restless):
            task.cancel()
        memory = await watching
    lost = alive - seen.keys()
    twice = sorted(uri for uri, times in seen.items() if times > 1)
    quarter = max(1, len(memory) // 4)
    early, late = statistics.median(memory[quarter : 2 * quarter]), statistics.median(memory[-quarter:])
    print(f"{len(alive):,} posts offered; a reader who stayed missed {len(lost)} and was given {len(twice)} twice")
    print(f"memory: {early:.0f} MB in the second quarter, {late:.0f} MB in the last, {max(memory):.0f} MB at most")
    if lost or twice:
        raise SystemExit(1)


async def _offer(mastodon: FakeMastodon, jetstream: FakeJetstream, feeds: FeedServer, ends: float) -> set[str]:
    """Post, edit and delete until time is up; the addresses that are to be on the timeline."""
    dice, number = random.Random(2), 0
    told: list[str] = []
    alive: set[str] = set()
    while time.monotonic() < ends:
        number += 1
        status = mastodon.post(f"Toot {number}", tags=("soak",))
        skeet = jetstream.post(f"Skeet {number} #soak", tags=("soak",))
        alive |= {status["uri"], f"at://{skeet['did']}/{skeet['collection']}/{skeet['rkey']}"}
        if dice.random() < 0.1:
            mastodon.edit(status, f"Toot {number}, mended")
            jetstream.edit(skeet, f"Skeet {number}, mended #soak", tags=("soak",))
        if number % 10 == 0:
            told = [*told, f"https://blog.example/{number}"][-200:]
            alive.add(told[-1])
            feeds.serve("/news.rss", _feed(told))
        await asyncio.sleep(EVERY_S)
    return alive


async def _stay(session: aiohttp.ClientSession, stream: str, seen: dict[str, int]) -> None:
    """Hold the stream from the start; count how often each post's first version arrives."""
    ids: set[str] = set()
    async for post in _posts(session, f"{stream}?after=0"):
        if post["id"] not in ids:
            ids.add(post["id"])
            seen[post["uri"]] = seen.get(post["uri"], 0) + 1


async def _restless(session: aiohttp.ClientSession, stream: str, number: int) -> None:
    """Come, read for some seconds, go, come back."""
    dice = random.Random(number)
    while True:
        try:
            async with asyncio.timeout(dice.uniform(2, 40)):
                async for _ in _posts(session, stream):
                    pass
        except (TimeoutError, aiohttp.ClientError):
            await asyncio.sleep(dice.uniform(0, 2))


async def _posts(session: aiohttp.ClientSession, url: str) -> AsyncIterator[dict[str, str]]:
    async with session.get(url, timeout=aiohttp.ClientTimeout(total=None), read_bufsize=1 << 22) as answer:
        kind = ""
        async for line in answer.content:
            if line.startswith(b"event: "):
                kind = line[7:].strip().decode()
            elif line.startswith(b"data: ") and kind == "post":
                yield msgspec.json.decode(line[6:])
            elif line == b"\n":
                kind = ""


async def _watch(pid: int, ends: float) -> list[float]:
    """Megabytes of the process and its workers, every five seconds; said once a minute."""
    memory: list[float] = []
    while time.monotonic() < ends:
        memory.append(tree_mb(pid))
        if len(memory) % 12 == 1:
            print(f"{len(memory) // 12:3d} min {memory[-1]:6.0f} MB", flush=True)
        await asyncio.sleep(5)
    return memory


def tree_mb(pid: int) -> float:
    """Resident memory of a process and all below it."""
    own = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (int(own[1]) if own else 0) / 1024 + sum(tree_mb(int(child)) for child in children)


def _configuration(mastodon: str, jetstream: str, feed: str) -> str:
    return f"""
[site]
title = "Soak"
[network]
allow_private_addresses = true
[[event]]
slug = "soak"
title = "Soak"
hashtags = ["soak"]
[[event.source]]
kind = "mastodon"
server = "{mastodon}"
every = "2s"
[[event.source]]
kind = "bluesky"
jetstream = ["{jetstream}"]
[[event.source]]
kind = "feed"
url = "{feed}"
every = "5s"
"""


def _feed(links: list[str]) -> bytes:
    entries = "".join(
        f"<item><title>Entry {link}</title><link>{link}</link><guid>{link}</guid></item>" for link in reversed(links)
    )
    return f'<rss version="2.0"><channel><title>Blog</title>{entries}</channel></rss>'.encode()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES))
