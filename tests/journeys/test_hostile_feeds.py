"""Feeds that are broken, huge, endless or malicious: each tells what is wrong, and nobody else notices."""

import asyncio
from pathlib import Path

import pytest

from storage import events, sources
from storage.store import Store
from tests.fakes.feedserver import FeedServer, billion_laughs, item, many_attributes, rss
from tests.reader import Reader
from tests.service import LASTING, Service
from timeline.network import SourceStatus

LIMIT_MB = 300  # of memory, the service and its workers together

WORDS = {
    "/page": "no feed",
    "/nothing": "",
    "/huge": "more than 8 MB",
    "/packed": "more than 8 MB",
    "/laughs": "entities",
    "/attributes": "exhaust",
    "/endless": "more than 8 MB",
    "/drip": "did not answer within",
    "/round": "from one address to the next",
    "/missing": "404",
}
"""What the health of each hostile feed says."""


def memory_mb(pid: int) -> float:
    """What a process and its children hold, in MB; pages that they share count once."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it ended meanwhile
    kilobytes = next(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))
    return kilobytes / 1024 + sum(memory_mb(int(child)) for child in children)


def misbehave(server: FeedServer) -> None:
    """Give each path of ``WORDS`` its own way of going wrong."""
    server.serve("/page", "<html><body>No feed here</body></html>", content_type="text/html")
    server.serve("/nothing", b"")
    server.large("/huge", megabytes=50)
    server.bomb("/packed", megabytes=50)
    server.serve("/laughs", billion_laughs())
    server.serve("/attributes", many_attributes())
    server.endless("/endless")
    server.drip("/drip", rss(item(1)).encode())
    server.redirect("/round", server.url("/round"))


def configure(folder: Path, urls: list[str], *, private: bool) -> None:
    sources = "".join(f'[[event.source]]\nkind = "feed"\nurl = "{url}"\nevery = "1s"\n' for url in urls)
    (folder / "backchannel.toml").write_text(
        f"[network]\nallow_private_addresses = {str(private).lower()}\n"
        f'[[event]]\nslug = "pyconf"\ntitle = "PyConf"\n{LASTING}{sources}'
    )


async def health(folder: Path, server: FeedServer) -> dict[str, SourceStatus]:
    """How each source fares, by its path."""
    store = await Store.open(f"sqlite:///{folder / 'backchannel.db'}")
    try:
        event = await store.read(events.by_slug, "pyconf")
        statuses = await store.read(sources.of_event, event.id)
    finally:
        await store.close()
    return {status.source["url"].removeprefix(server.url("")): status for status in statuses}


@pytest.mark.timeout(300)  # on a machine that is busy with others
async def test_hostile_feeds_tell_what_is_wrong_and_disturb_nobody(tmp_path, capsys):
    async with FeedServer() as server:
        misbehave(server)
        broken = rss(item(1, words="Caf&eacute; R&D <b>open")).replace("</item>", "").encode()
        server.serve("/malformed", broken)
        server.serve("/latin", rss(item(2, words="Café Größe")).encode("latin-1"))
        server.serve("/well", rss(item(3)))
        readable = ["/malformed", "/latin", "/well"]
        configure(tmp_path, [server.url(path) for path in (*WORDS, *readable)], private=True)
        async with Service(tmp_path) as service, Reader(service.url, "pyconf") as reader:
            peak = Peak(service.pid)
            await reader.until(lambda reader: len({post["uri"] for post in reader.posts}) == 3)
            number = 4
            fates = await health(tmp_path, server)
            while any(fates[path].state == "waiting" for path in WORDS):
                server.serve("/well", rss(item(number)))  # the well-behaved one goes on meanwhile
                await reader.until(lambda reader, n=number: len({post["uri"] for post in reader.posts}) >= n)
                number += 1
                fates = await health(tmp_path, server)
            most_mb = await peak.seen()
            lines = service.lines

    with capsys.disabled():
        print(f"\nat most {most_mb:.0f} MB")
        for path, fate in fates.items():
            print(f"{path:12} {fate.state:8} {fate.error} {fate.hint or ''}")
    assert {path: fate.state for path, fate in fates.items()} == {
        **dict.fromkeys(WORDS, "failing"),
        **dict.fromkeys(readable, "ok"),
    }
    assert [path for path, words in WORDS.items() if words not in fates[path].error] == []
    assert any("/malformed" in line or "although" in line for line in lines)
    assert most_mb < LIMIT_MB


async def test_a_feed_on_a_private_network_is_refused_unless_allowed(tmp_path):
    async with FeedServer() as server:
        server.serve("/well", rss(item(1)))
        configure(tmp_path, [server.url("/well")], private=False)
        async with Service(tmp_path):
            fates = await health(tmp_path, server)
            while fates["/well"].state == "waiting":
                fates = await health(tmp_path, server)

    assert fates["/well"].error == "127.0.0.1 is on a private network"
    assert "allow_private_addresses" in fates["/well"].hint
    assert server.asked == {}


class Peak:
    """The most memory that a process and its children held at once."""

    def __init__(self, pid: int) -> None:
        self._most_mb = 0.0
        self._task = asyncio.create_task(self._watch(pid))

    async def seen(self) -> float:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        return self._most_mb

    async def _watch(self, pid: int) -> None:
        while True:
            self._most_mb = max(self._most_mb, memory_mb(pid))
            await asyncio.sleep(0.05)
