"""The whole collector: what breaks is begun again, and the rest does not notice."""

import asyncio
from contextlib import asynccontextmanager

from collector.networks import bluesky, mastodon
from collector.registry import adapters
from collector.supervisor import Collector
from tests.fakes.appview import FakeAppView
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.mastodon import FakeMastodon

BOTH = {"mastodon": mastodon, "bluesky": bluesky}


@asynccontextmanager
async def collecting(ledger, http):
    collector = Collector(ledger, http, BOTH, look_s=0.01)
    await collector.start()
    try:
        yield collector
    finally:
        await collector.stop()


async def test_polled_and_listened_sources_fill_one_ledger_and_authors_get_names(http):
    async with FakeMastodon() as server, FakeJetstream() as host, FakeAppView() as appview:
        appview.know("did:plc:ada", "ada.example", "Ada")
        server.post("by asking")
        ledger = MemoryLedger(
            a_source(1, settings={"server": server.url}, every_s=0.05),
            a_source(2, "bluesky", settings={"jetstream": (host.url,), "appview": appview.url}),
        )
        async with collecting(ledger, http):
            await host.until_connected()
            host.post("by listening #pyconf")
            await ledger.until(lambda: len(ledger.posts) == 2 and ledger.authors)
        assert {post.network for post in ledger.posts.values()} == {"mastodon", "bluesky"}


async def test_sources_come_and_go_while_it_runs(http):
    async with FakeMastodon() as server, FakeJetstream() as host:
        ledger = MemoryLedger()
        async with collecting(ledger, http):
            server.post("a")
            await ledger.relist(a_source(1, settings={"server": server.url}, every_s=0.05))
            await ledger.until(lambda: len(ledger.posts) == 1)
            await ledger.relist(a_source(2, "bluesky", settings={"jetstream": (host.url,)}))
            await host.until_connected()
            host.post("b #pyconf")
            await ledger.until(lambda: len(ledger.posts) == 2)
            await ledger.relist()
            await host.until_left()


async def test_a_loop_that_breaks_is_begun_again(http):
    class Shaky(MemoryLedger):
        breaks = 1

        async def next_polls(self):
            if self.breaks:
                self.breaks -= 1
                raise RuntimeError("no database")
            return await super().next_polls()

    async with FakeMastodon() as server, FakeJetstream() as host:
        server.post("a")
        ledger = Shaky(
            a_source(1, settings={"server": server.url}, every_s=0.05),
            a_source(2, "bluesky", settings={"jetstream": (host.url,)}),
        )
        async with collecting(ledger, http):
            await host.until_connected()
            host.post("b #pyconf")
            await ledger.until(lambda: len(ledger.posts) == 2)


async def test_stopping_ends_every_task_and_connection(http):
    async with FakeMastodon() as server, FakeJetstream() as host:
        ledger = MemoryLedger(
            a_source(1, settings={"server": server.url}, every_s=0.05),
            a_source(2, "bluesky", settings={"jetstream": (host.url,)}),
        )
        async with collecting(ledger, http):
            await host.until_connected()
            await ledger.until(lambda: 1 in ledger.health)
        left = {task.get_name() for task in asyncio.all_tasks()}
        assert not any(name.startswith(("poll", "line", "frames", "reaching")) for name in left)


def test_every_network_is_found():
    assert {"bluesky", "feed", "mastodon"} <= adapters().keys()
