"""The collector on the real ledger: what stand-in servers say, as the database then has it."""

import asyncio
import random
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from backchannel.ledger import StoreLedger
from backchannel.plan import Lent
from collector.adapter import BACK
from collector.networks import bluesky, mastodon
from collector.recheck import Rechecks
from collector.supervisor import Collector
from storage import events, items, sources
from storage.tables import posts
from storage.tail import Tail
from tests.factories import a_source, an_event
from tests.fakes.appview import FakeAppView
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.mastodon import FakeMastodon

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
NETWORKS = {adapter.INFO.key: adapter for adapter in (mastodon, bluesky)}


class House:
    """One event, its sources, and the collector on them."""

    def __init__(self, store, tail, http):
        self.store, self.tail, self.http = store, tail, http
        infos = {key: adapter.INFO for key, adapter in NETWORKS.items()}
        self.ledger = StoreLedger(store, tail, None, infos, Lent(), at_least_s=0.1)
        self.event = None

    async def opens(self, *told):
        around = {"starts_at": NOW - DAY, "ends_at": NOW + DAY, "collect_from": NOW - DAY, "collect_until": NOW + DAY}
        event = an_event(slug="pyconf", hashtags=("pyconf",), **around)
        self.event = await self.store.write(events.save, event, origin="file", at=NOW)
        await self.store.write(sources.sync, self.event.id, told, origin="file", at=NOW)

    @asynccontextmanager
    async def collects(self):
        collector = Collector(self.ledger, self.http, NETWORKS, look_s=0.01)
        await collector.start()
        try:
            yield
        finally:
            await collector.stop()

    async def posts(self):
        page = await self.store.read(items.page, self.event.id, limit=200)
        return [item.post for item in page.items]

    async def words(self):
        return sorted(post.text.split(" #")[0] for post in await self.posts())

    async def until(self, words):
        """Until the timeline says exactly this; the test's own deadline ends what never comes."""
        seq = -1
        while await self.words() != sorted(words):
            seq = await self.tail.wait(self.event.id, max(seq, self.tail.latest(self.event.id) - 1))


@pytest.fixture
async def house(store, http):
    tail = Tail(store, look_s=0.02)
    await tail.start()
    yield House(store, tail, http)
    await tail.stop()


async def test_edits_deletions_and_names_reach_the_timeline(house):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know("did:plc:ada", "ada.example", "Ada")
        settings = {"jetstream": [host.url], "appview": appview.url}
        await house.opens(a_source(kind="bluesky", settings=settings))
        async with house.collects():
            await host.until_connected()
            first = host.post("one #pyconf")
            second = host.post("two #pyconf")
            await house.until(["one", "two"])
            host.delete(host.post("three #pyconf"))
            host.edit(first, "one, better #pyconf")
            host.delete(second)
            await house.until(["one, better"])
            while [post.author.name for post in await house.posts()] != ["Ada"]:
                await house.tail.anything()
        [post] = await house.posts()
        assert (post.author.handle, post.author.known) == ("@ada.example", True)


async def test_an_edit_that_loses_the_tag_takes_the_post_out(house):
    async with FakeJetstream() as host:
        await house.opens(a_source(kind="bluesky", settings={"jetstream": [host.url]}))
        async with house.collects():
            await host.until_connected()
            first = host.post("one #pyconf")
            await house.until(["one"])
            host.edit(first, "about something else", tags=())
            await house.until([])


async def test_deletions_of_posts_we_never_had_change_nothing(house):
    async with FakeJetstream() as host:
        await house.opens(a_source(kind="bluesky", settings={"jetstream": [host.url]}))
        async with house.collects():
            await host.until_connected()
            for number in range(100):
                host.delete(host.post("nothing to us", tags=(), rkey=f"r{number}"))
            host.post("one #pyconf")
            await house.until(["one"])
        assert (await house.store.read(items.counts, house.event.id)) == {"bluesky": 1}
        assert house.tail.latest(house.event.id) <= 2  # the event, and the post


async def test_a_collector_ended_at_random_loses_nothing_and_repeats_nothing(house):
    """Ended at random while two networks speak, as a kill would: what was not committed is heard again."""
    chance = random.Random(7)
    async with FakeMastodon() as server, FakeJetstream() as host:
        await house.opens(
            a_source(settings={"server": server.url}, every_s=0.02),
            a_source(kind="bluesky", settings={"jetstream": [host.url]}),
        )
        async with house.collects():
            await host.until_connected()
        said = []
        for number in range(12):
            async with house.collects():
                for _ in range(8):
                    said += [f"m{len(said)}", f"b{len(said)}"]
                    server.post(said[-2], at=NOW - timedelta(seconds=chance.randrange(50)))
                    host.post(f"{said[-1]} #pyconf")
                if number % 3 == 0:
                    await host.hang_up()
                if number % 2:
                    await house.tail.anything()
        async with house.collects():
            await house.until(said)


async def test_reaching_back_and_live_meet_without_a_seam(house):
    async with FakeJetstream() as host:
        said = [f"{number:02}" for number in range(60)]
        for number in range(40):
            host.post(f"{said[number]} #pyconf", at=NOW - timedelta(minutes=90 - number))
        await house.opens(a_source(kind="bluesky", settings={"jetstream": [host.url]}))
        async with house.collects():
            for number in range(40, 60):
                host.post(f"{said[number]} #pyconf")
            await house.until(said)
            [source] = await house.ledger.sources()
            while (await house.ledger.cursors([source.id]))[source.id, BACK]:
                await house.tail.anything()
        page = await house.store.read(items.page, house.event.id, limit=200)
        assert [item.post.text for item in page.items if item.late] == []


async def test_what_nobody_announces_is_found_by_looking_again(house):
    """A server without a token; five minutes pass in an instant, because we say that nobody has looked."""
    async with FakeMastodon() as server:
        await house.opens(a_source(settings={"server": server.url}, every_s=3600))
        kept, gone = server.post("kept"), server.post("gone")
        async with house.collects():
            await house.until(["kept", "gone"])
        server.delete(gone)
        server.edit(kept, "kept, and mended")
        await house.store.write(_nobody_has_looked)

        rechecks = Rechecks(house.ledger, house.http, NETWORKS, look_s=0.01, pace_s=0)
        looking = asyncio.create_task(rechecks.run())
        await house.until(["kept, and mended"])
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def test_what_a_post_quotes_comes_into_its_card_and_leaves_it_when_taken_back(house):
    async with FakeJetstream() as host, FakeAppView() as appview:
        settings = {"jetstream": [host.url], "appview": appview.url}
        await house.opens(a_source(kind="bluesky", settings=settings))

        async def until_quoted(words):
            seq = -1
            while True:
                page = await house.store.read(items.page, house.event.id, limit=9)
                [quotation] = [item.quotation for item in page.items] or [None]
                if quotation and (quotation.post and quotation.post.text) == words:
                    return
                seq = await house.tail.wait(house.event.id, max(seq, house.tail.latest(house.event.id) - 1))

        async with house.collects():
            await host.until_connected()
            said = host.post("Said elsewhere", tags=(), did="did:plc:ben")
            embed = {"$type": "app.bsky.embed.record", "record": {"uri": appview.show(said), "cid": "bafyrei"}}
            host.post("look #pyconf", embed=embed)
            await until_quoted("Said elsewhere")
            host.edit(said, "Said better", tags=())
            await until_quoted("Said better")
            host.delete(said)
            await until_quoted(None)
        assert await house.words() == ["look"]


async def test_whom_a_post_answers_is_named_in_its_card_until_that_is_taken_back(house):
    async with FakeJetstream() as host, FakeAppView() as appview:
        settings = {"jetstream": [host.url], "appview": appview.url}
        await house.opens(a_source(kind="bluesky", settings=settings))

        async def until_named(handle):
            seq = -1
            while True:
                page = await house.store.read(items.page, house.event.id, limit=9)
                if [item.answered and item.answered.author.handle for item in page.items] == [handle]:
                    return page.items[0].answered
                seq = await house.tail.wait(house.event.id, max(seq, house.tail.latest(house.event.id) - 1))

        async with house.collects():
            await host.until_connected()
            appview.know("did:plc:ben", "ben.example", "Ben")
            said = host.post("Who has the key?", tags=(), did="did:plc:ben")
            parent = {"uri": appview.show(said), "cid": "bafyrei"}
            host.post("me #pyconf", reply={"root": parent, "parent": parent})
            answered = await until_named("@ben.example")
            host.delete(said)
            await until_named(None)
        assert answered.url == f"https://bsky.app/profile/did:plc:ben/post/{said['rkey']}"
        assert await house.words() == ["me"]


def _nobody_has_looked(writing):
    writing.execute(update(posts).values(looked_at=None))
