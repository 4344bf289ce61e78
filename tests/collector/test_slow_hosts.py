"""Who is slow keeps nobody else waiting."""

import asyncio

import pytest
from aiohttp import web

from collector.health import Reports
from collector.networks import feeds, mastodon
from collector.polls import Polls
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.mastodon import FakeMastodon
from tests.fakes.site import site


class Slow:
    """A handler that answers nobody before ``release``; ``most`` is how many it held at a time."""

    def __init__(self, *, until: int) -> None:
        self.inside = self.most = 0
        self.full, self.release = asyncio.Event(), asyncio.Event()
        self.until = until

    async def answer(self, _: web.Request) -> web.Response:
        self.inside += 1
        self.most = max(self.most, self.inside)
        if self.inside == self.until:
            self.full.set()
        await self.release.wait()
        self.inside -= 1
        return web.Response()


async def _at_once(_: web.Request) -> web.Response:
    return web.Response(text="at once")


@pytest.mark.parametrize(("lane", "most"), [("posts", 4), ("pictures", 2)])
async def test_one_server_is_asked_only_so_much_at_a_time(http, lane, most):
    slow = Slow(until=most)
    async with site({"/": slow.answer}) as url, asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(http.get(url, timeout_s=5, lane=lane))
        await slow.full.wait()
        slow.release.set()
    assert slow.most == most


async def test_a_slow_server_does_not_hold_up_another_on_the_same_host(http):
    slow = Slow(until=4)
    async with site({"/": slow.answer}) as stuck, site({"/": _at_once}) as well, asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(http.get(stuck, timeout_s=5))
        await slow.full.wait()
        async with asyncio.timeout(2):
            assert (await http.get(well)).body == b"at once"
        slow.release.set()


async def test_slow_pictures_do_not_hold_up_a_servers_posts(http):
    slow = Slow(until=2)
    async with site({"/picture": slow.answer, "/posts": _at_once}) as url, asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(http.get(url + "/picture", timeout_s=5, lane="pictures"))
        await slow.full.wait()
        async with asyncio.timeout(2):
            assert (await http.get(url + "/posts")).body == b"at once"
        slow.release.set()


async def test_dripping_feeds_leave_a_healthy_source_its_rhythm(http):
    dripping, four = 0, asyncio.Event()

    async def drip(request: web.Request) -> web.StreamResponse:
        nonlocal dripping
        answer = web.StreamResponse(headers={"Content-Type": "application/rss+xml"})
        await answer.prepare(request)
        dripping += 1
        if dripping == 4:
            four.set()
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.05)

    paths = [f"/{number}" for number in range(6)]
    async with site(dict.fromkeys(paths, drip)) as slow, FakeMastodon() as server:
        sources = [a_source(n, "feed", settings={"url": slow + path}) for n, path in enumerate(paths, start=2)]
        ledger = MemoryLedger(*sources)
        polls = Polls(ledger, http, {"feed": feeds, "mastodon": mastodon}, Reports(ledger))
        polls.update(sources)
        running = asyncio.create_task(polls.run())
        try:
            await four.wait()
            polls.update([*sources, a_source(settings={"server": server.url}, every_s=0.05)])
            async with asyncio.timeout(5):
                while len(server.asked) < 5:
                    server.polled.clear()
                    await server.polled.wait()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
