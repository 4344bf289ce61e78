"""X on the real ledger: stream and search together, a budget that survives restarts, edits and deletions."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from backchannel.ledger import StoreLedger
from backchannel.plan import Lent
from collector.networks import x
from collector.recheck import Rechecks
from collector.supervisor import Collector
from storage import events, items, sources
from storage.tables import posts
from storage.tail import Tail
from tests.factories import a_source, an_event
from tests.fakes.x import FakeX
from timeline.network import Secret

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
NETWORKS = {"x": x}
INFOS = {"x": x.INFO}


class House:
    """One event, one source of X, and the collector on them."""

    def __init__(self, store, tail, http, server):
        self.store, self.tail, self.http, self.server = store, tail, http, server
        self.lent = Lent()
        self.ledger = StoreLedger(store, tail, None, INFOS, self.lent, at_least_s=0.1)

    async def opens(self, budget=3_000):
        around = {"starts_at": NOW - DAY, "ends_at": NOW + DAY, "collect_from": NOW - DAY, "collect_until": NOW + DAY}
        event = an_event(slug="pyconf", hashtags=("pyconf",), **around)
        self.event = await self.store.write(events.save, event, origin="file", at=NOW)
        settings = {"api": self.server.url, "budget_posts_per_day": budget, "bearer_token": Secret("sesame")}
        source = a_source(kind="x", address="env X", settings=settings)
        await self.store.write(sources.sync, self.event.id, [source], origin="file", at=NOW)
        self.lent.note(self.event.id, source)

    @asynccontextmanager
    async def collects(self):
        collector = Collector(self.ledger, self.http, NETWORKS, look_s=0.01)
        await collector.start()
        try:
            yield
        finally:
            await collector.stop()

    async def looks_again(self):
        """As the daily look would, tomorrow."""
        yesterday = update(posts).values(looked_at=datetime.now(UTC) - DAY)
        await self.store.write(lambda writing: writing.execute(yesterday) and None)
        looking = Rechecks(self.ledger, self.http, NETWORKS, look_s=0.01, pace_s=0.0)
        task = asyncio.create_task(looking.run())
        while not any(path == "/2/tweets" for _, path, _ in self.server.asked):
            await asyncio.sleep(0.01)
        for _ in range(100):
            if not looking._turns:
                break
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def words(self):
        page = await self.store.read(items.page, self.event.id, limit=200)
        return sorted(item.post.text.split(" #")[0] for item in page.items)

    async def until(self, words):
        seq = -1
        while await self.words() != sorted(words):
            seq = await self.tail.wait(self.event.id, max(seq, self.tail.latest(self.event.id) - 1))

    async def status(self):
        [status] = await self.store.read(sources.of_event, self.event.id, INFOS, at=datetime.now(UTC))
        return status

    async def until_state(self, state):
        while (await self.status()).state != state:
            await asyncio.sleep(0.02)


@pytest.fixture
async def house(store, http):
    tail = Tail(store, look_s=0.02)
    await tail.start()
    async with FakeX() as server:
        yield House(store, tail, http, server)
    await tail.stop()


async def test_what_was_said_before_and_what_is_said_now_come_once(house):
    await house.opens()
    house.server.post("before #pyconf", at=NOW - timedelta(hours=1), live=False)
    async with house.collects():
        await house.server.until_connected()
        house.server.post("now #pyconf")
        await house.until(["before", "now"])
    house.server.post("meanwhile #pyconf", live=False)
    async with house.collects():
        await house.until(["before", "now", "meanwhile"])
    assert (await house.status()).budget.spent == 3


async def test_an_edit_replaces_and_a_look_the_next_day_removes_what_is_gone(house):
    await house.opens()
    async with house.collects():
        await house.server.until_connected()
        tweet = house.server.post("tpyo #pyconf")
        await house.until(["tpyo"])
        newer = house.server.edit(tweet, "typo #pyconf")
        gone = house.server.post("regretted #pyconf")
        house.server.post("stays #pyconf")
        await house.until(["typo", "regretted", "stays"])
    house.server.delete(gone)
    await house.looks_again()

    assert await house.words() == ["stays", "typo"]
    page = await house.store.read(items.page, house.event.id, limit=9)
    [post] = [item.post for item in page.items if item.post.text.startswith("typo")]
    assert (post.uri, post.url) == tuple(f"https://x.com/i/status/{each['id']}" for each in (tweet, newer))


async def test_the_budget_stops_at_the_post_that_spends_it_and_stays_spent_over_a_restart(house):
    await house.opens(budget=70)
    for number in range(100):
        house.server.post(f"b{number} #pyconf", at=NOW - timedelta(hours=1, seconds=number), live=False)
    async with house.collects():
        await house.server.until_connected()
        for number in range(100):
            house.server.post(f"{number} #pyconf")
        while not (status := await house.status()).error or status.state != "waiting":
            await asyncio.sleep(0.02)
    assert (status.budget.limit, status.budget.spent, status.budget.left) == (70, 70, 0)
    assert "budget" in status.error
    assert "midnight UTC" in status.hint
    said = await house.words()
    assert len(said) == 70
    assert sum(word.startswith("b") for word in said) <= 20  # the search left the stream its share

    connections, sent = house.server.connections, len(house.server.sent)
    async with house.collects():
        house.server.post("more #pyconf")
        await asyncio.sleep(0.15)
    assert (house.server.connections, len(house.server.sent)) == (connections, sent)
    assert await house.words() == said


async def test_the_daily_look_is_charged_and_keeps_within_the_budget(house):
    await house.opens(budget=100)
    async with house.collects():
        await house.server.until_connected()
        tweet = house.server.post("one #pyconf")
        await house.until(["one"])
    spent = (await house.status()).budget.spent
    await house.looks_again()
    assert (await house.status()).budget.spent == spent  # read today already: charged once
    assert house.server.sent.count(tweet["id"]) >= 2


async def test_a_refused_token_is_told_with_the_fix_and_not_hammered(house):
    house.server.token = "another"
    await house.opens()
    async with house.collects():
        await house.until_state("failing")
        await asyncio.sleep(0.2)
        status = await house.status()
    assert "does not take the bearer token" in status.error
    assert "developer console" in status.hint
    assert len(house.server.asked) <= 3
