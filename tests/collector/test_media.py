"""Pictures fetched: politely, a few at a time, and given up when there is nothing to be had."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from collector.ledger import FailedMedia, FetchedMedia, PendingMedia
from collector.media import RETRIES, MediaFetcher
from collector.pictures import AVATAR_PX, MOST_PIXELS, PICTURE_PX
from tests.fakes.feedserver import FeedServer
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.site import site
from timeline.errors import SourceUnavailable

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def a_picture(form: str = "PNG", size: tuple[int, int] = (64, 32), mode: str = "RGB", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "tomato").save(out, form, **more)
    return out.getvalue()


def size_of(kept: FetchedMedia | FailedMedia) -> tuple[int, int]:
    """Of the picture itself, which must be what it is said to be."""
    assert isinstance(kept, FetchedMedia)
    assert kept.content_type == "image/webp"
    size = Image.open(io.BytesIO(kept.content), formats=["WEBP"]).size
    assert size == (kept.width, kept.height)
    return size


class Shelf(MemoryLedger):
    """A ledger with pictures to fetch; ``outcomes`` has what came of each."""

    def __init__(self, *pending: PendingMedia) -> None:
        super().__init__(a_source(kind="replay"))
        self.pending = list(pending)
        self.outcomes: dict[str, FetchedMedia | FailedMedia] = {}
        self.asked_for = 0
        self.fails_once = False
        self._more = asyncio.Event()

    async def add(self, *pending: PendingMedia) -> None:
        self.pending += pending
        self._more.set()

    async def pending_media(self, *, limit: int) -> list[PendingMedia]:
        self.asked_for += 1
        return self.pending[:limit]

    async def media_pending(self) -> None:
        await self._more.wait()
        self._more.clear()

    async def keep_media(self, key: str, outcome: FetchedMedia | FailedMedia) -> None:
        if self.fails_once:
            self.fails_once = False
            raise OSError("disk full")
        self.pending = [one for one in self.pending if one.key != key]
        self.outcomes[key] = outcome
        await self._tell()


def wanted(url: str, *, key: str = "one", shape: Any = "picture", attempts: int = 0) -> PendingMedia:
    return PendingMedia(key=key, source_url=url, shape=shape, attempts=attempts)


async def outcome(shelf: Shelf, http: Any, adapters: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """What comes of everything on ``shelf``."""
    count = len(shelf.pending)
    fetcher = MediaFetcher(shelf, http, adapters or {}, now=lambda: NOW, **more)
    await fetcher.start()
    try:
        await shelf.until(lambda: len(shelf.outcomes) == count, timeout_s=30)
    finally:
        await fetcher.stop()
    return shelf.outcomes


@pytest.fixture
async def server():
    async with FeedServer() as running:
        yield running


async def test_pictures_are_fetched_and_kept(server, http):
    server.serve("/a", a_picture("PNG"), content_type="text/html")  # what it is called does not matter
    server.serve("/b", a_picture("JPEG", (200, 100)))
    shelf = Shelf(wanted(server.url("/a"), key="a"), wanted(server.url("/b"), key="b", shape="avatar"))
    kept = await outcome(shelf, http)
    assert size_of(kept["a"]) == (64, 32)
    assert size_of(kept["b"]) == (AVATAR_PX, AVATAR_PX)


async def test_pictures_that_come_later_wake_the_fetcher(server, http):
    server.serve("/a", a_picture())
    shelf = Shelf()
    fetcher = MediaFetcher(shelf, http, {})
    await fetcher.start()
    await shelf.add(wanted(server.url("/a")))
    await shelf.until(lambda: shelf.outcomes)
    await fetcher.stop()
    assert isinstance(shelf.outcomes["one"], FetchedMedia)


@pytest.mark.parametrize(("attempts", "wait"), [(0, RETRIES[0]), (1, RETRIES[1]), (2, RETRIES[2]), (3, None)])
async def test_trouble_on_the_way_is_tried_again_ever_later_and_then_never(server, http, attempts, wait):
    server.refuse("/a", 503)
    failed = (await outcome(Shelf(wanted(server.url("/a"), attempts=attempts)), http))["one"]
    assert failed == FailedMedia(
        reason="127.0.0.1 has trouble of its own (HTTP 503)", retry_at=NOW + wait if wait else None
    )


@pytest.mark.parametrize("status", [404, 410])
async def test_a_picture_that_is_gone_is_not_asked_for_again(server, http, status):
    server.refuse("/a", status)
    failed = (await outcome(Shelf(wanted(server.url("/a"))), http))["one"]
    assert failed == FailedMedia(reason="there is no picture any more", retry_at=None)


async def test_what_is_no_picture_is_not_asked_for_again(server, http):
    server.serve("/a", "<svg xmlns='http://www.w3.org/2000/svg'/>", content_type="image/png")
    failed = (await outcome(Shelf(wanted(server.url("/a"))), http))["one"]
    assert failed == FailedMedia(reason="the picture is no JPEG, PNG, GIF, WebP or AVIF", retry_at=None)


async def test_a_picture_without_end_is_cut_off(server, http):
    server.endless("/a")
    failed = (await outcome(Shelf(wanted(server.url("/a"))), http))["one"]
    assert failed.reason == "127.0.0.1 sent more than 12 MB"


async def test_a_picture_that_takes_too_long_to_unpack_is_given_up(server, http):
    server.serve("/a", a_picture("PNG", (5_400, 5_400)))
    failed = (await outcome(Shelf(wanted(server.url("/a"))), http, deadline_s=0.01))["one"]
    assert failed == FailedMedia(reason="the picture takes longer than 0.01 s", retry_at=None)


async def test_the_largest_picture_we_take_fits_in_its_memory(server, http):
    side = int(MOST_PIXELS**0.5)
    server.serve("/a", a_picture("PNG", (side, side), mode="RGBA", compress_level=1))
    assert size_of((await outcome(Shelf(wanted(server.url("/a"))), http))["one"]) == (PICTURE_PX, PICTURE_PX)


async def test_private_addresses_are_refused(guarded):
    failed = (await outcome(Shelf(wanted("http://10.0.0.1/router.png")), guarded))["one"]
    assert failed.reason == "10.0.0.1 is on a private network"


async def test_four_at_a_time_and_each_only_once(http):
    now, most, counts = 0, 0, dict[str, int]()
    full = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        nonlocal now, most
        counts[request.query["n"]] = counts.get(request.query["n"], 0) + 1
        now += 1
        most = max(most, now)
        if now == 4:
            full.set()
        await full.wait()
        now -= 1
        return web.Response(body=a_picture())

    async with site({"/": slow}) as url:
        await outcome(Shelf(*(wanted(f"{url}/?n={n}", key=str(n)) for n in range(8))), http)
    assert (most, set(counts.values()), len(counts)) == (4, {1}, 8)


async def test_the_ledgers_trouble_does_not_end_the_pictures(server, http):
    server.serve("/a", a_picture())
    shelf = Shelf(wanted(server.url("/a")))
    shelf.fails_once = True
    assert isinstance((await outcome(shelf, http))["one"], FetchedMedia)


async def test_a_network_may_bring_its_pictures_itself(http):
    async def picture(address: str, sources: Sequence[Any]) -> bytes:
        if address.endswith("missing"):
            raise SourceUnavailable("the recording has no such picture")
        assert (address, [source.kind for source in sources]) == ("replay:demo/1.png", ["replay"])
        return a_picture()

    shelf = Shelf(
        wanted("replay:demo/1.png", key="here"), wanted("replay:missing", key="gone"), wanted("gopher:x", key="odd")
    )
    kept = await outcome(shelf, http, {"replay": SimpleNamespace(picture=picture)})
    assert size_of(kept["here"]) == (64, 32)
    assert kept["gone"] == FailedMedia(reason="the recording has no such picture", retry_at=NOW + timedelta(minutes=1))
    assert kept["odd"].reason == "nobody brings pictures from such an address"


async def test_stopping_in_the_middle_loses_nothing(http):
    reached = asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        reached.set()
        await asyncio.Event().wait()
        return web.Response()

    async with site({"/": never}) as url:
        shelf = Shelf(wanted(url))
        fetcher = MediaFetcher(shelf, http, {})
        await fetcher.start()
        await reached.wait()
        await fetcher.stop()
    assert (len(shelf.pending), shelf.outcomes) == (1, {})
