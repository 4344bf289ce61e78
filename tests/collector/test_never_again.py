"""What was removed comes back by no road: every road of the collector, for every network there is."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from backchannel.ledger import StoreLedger
from backchannel.plan import Lent
from collector import registry
from collector.adapter import BACK, Batch
from collector.recheck import Rechecks
from collector.supervisor import Collector
from storage import events, intake, items, sources
from storage.backup import backup
from storage.restore import restore
from storage.store import Store
from storage.tables import posts
from storage.tail import Tail
from tests.factories import a_sighting, a_source, an_event
from timeline.post import Removal

NOW = datetime.now(UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
INFOS = {key: adapter.INFO for key, adapter in registry.adapters().items()}


class Stage:
    """An event with two posts of one network, of which one was removed, and a stand-in that says both again.

    The stand-in has the network's own description and speaks by one road alone. It calls the
    removed post by its own name, by another server's, and by another uri under the old name; of
    the other it has an edit, by which a test knows that the road was walked.
    """

    def __init__(self, store, tail, kind):
        self.store, self.tail, self.info = store, tail, INFOS[kind]
        self.ledger = StoreLedger(store, tail, None, INFOS, Lent(), at_least_s=0.1)
        words = {"network": kind, "published_at": NOW - 30 * MINUTE}
        self.gone, self.other = a_sighting("gone", **words), a_sighting("other", **words)
        self.says = [
            self.gone,
            a_sighting("gone", ref="under another name", **words),
            a_sighting("another uri", ref="gone", **words),
            a_sighting("other", html="<p>Mended #harbour26</p>", edited_at=NOW - MINUTE, **words),
        ]

    async def set_up(self):
        around = {"starts_at": NOW - DAY, "ends_at": NOW + DAY, "collect_from": NOW - DAY, "collect_until": NOW + DAY}
        self.event = await self.store.write(events.save, an_event(**around), origin="file", at=NOW)
        await self.store.write(sources.sync, self.event.id, [a_source(kind=self.info.key)], origin="file", at=NOW)
        [source] = await self.ledger.sources()
        self.source_id = source.id
        await self.offer(self.gone, self.other)

    async def offer(self, *heard):
        at = NOW - 20 * MINUTE
        await self.store.write(intake.accept, heard, source_ids=[self.source_id], networks=INFOS, at=at)

    async def remove(self):
        assert await self.texts() == ["Words of gone at #harbour26", "Words of other at #harbour26"]
        await self.offer(Removal(ref="gone"))
        assert await self.texts() == ["Words of other at #harbour26"]

    async def texts(self, event=None):
        page = await self.store.read(items.page, (event or self.event).id, limit=200)
        return sorted(item.post.text for item in page.items)

    async def until_walked(self, event=None):
        event_id, seq = (event or self.event).id, -1
        while "Mended #harbour26" not in await self.texts(event):
            seq = await self.tail.wait(event_id, max(seq, self.tail.latest(event_id) - 1))

    @asynccontextmanager
    async def collecting(self, **roads):
        adapter = SimpleNamespace(INFO=self.info, check=print, **roads)
        collector = Collector(self.ledger, None, {self.info.key: adapter}, look_s=0.01)
        await collector.start()
        try:
            yield
        finally:
            await collector.stop()


@pytest.fixture(params=sorted(INFOS))
async def stage(request, sqlite_url):
    store = await Store.open(sqlite_url)  # the way in has its own tests on both databases
    tail = Tail(store, look_s=0.02)
    await tail.start()
    made = Stage(store, tail, request.param)
    await made.set_up()
    yield made
    await tail.stop()
    await store.close()


async def by_poll(stage, *, backfill=False, event=None):
    async def fetch(ask, http):
        yield Batch(heard=stage.says, backfill=backfill)

    async with stage.collecting(fetch=fetch):
        await stage.until_walked(event)


async def by_backfill(stage):
    await by_poll(stage, backfill=True)


async def by_stream(stage):
    async def listen(sources, cursors, http, *, now):
        yield Batch()
        yield Batch(heard=stage.says)
        await asyncio.Event().wait()

    async with stage.collecting(listen=listen, line=lambda source: "a line"):  # noqa: ARG005 as every adapter's
        await stage.until_walked()


async def by_reaching_back(stage):
    async def listen(sources, cursors, http, *, now):
        yield Batch(cursors={(stage.source_id, BACK): {"from": 1}})
        await asyncio.Event().wait()

    async def reach_back(sources, cursors, http, *, live):
        yield Batch(heard=stage.says, backfill=True)
        yield Batch(cursors={(stage.source_id, BACK): {}})

    line = lambda source: "a line"  # noqa: ARG005, E731 as every adapter's
    async with stage.collecting(listen=listen, line=line, reach_back=reach_back):
        await stage.until_walked()


async def by_looking_again(stage):
    async def recall(refs, source, http):
        return stage.says

    adapter = SimpleNamespace(INFO=stage.info, check=print, RECALLED=20, recall=recall)
    await stage.store.write(_nobody_has_looked)
    rechecks = Rechecks(stage.ledger, None, {stage.info.key: adapter}, look_s=0.01, pace_s=0)
    task = asyncio.create_task(rechecks.run())
    await stage.until_walked()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _nobody_has_looked(writing):
    writing.execute(update(posts).values(looked_at=None))


ROADS = [by_poll, by_backfill, by_stream, by_reaching_back, by_looking_again]


@pytest.mark.parametrize("road", ROADS)
async def test_by_no_road_of_the_collector(stage, road):
    await stage.remove()

    await road(stage)

    assert await stage.texts() == ["Mended #harbour26"]


async def test_by_no_further_source_or_event(stage):
    second = await stage.store.write(
        events.save, an_event(slug="other", starts_at=NOW - DAY, ends_at=NOW + DAY, collect_from=NOW - DAY,
                              collect_until=NOW + DAY), origin="file", at=NOW,
    )  # fmt: skip
    more = a_source(kind=stage.info.key, address="https://elsewhere.example")
    await stage.store.write(sources.sync, second.id, [more], origin="file", at=NOW)
    await stage.remove()
    del stage.says[2]  # a name is one source's own: from another it may well be another post

    await by_poll(stage, event=second)

    assert await stage.texts(second) == ["Mended #harbour26"]


@pytest.mark.parametrize("kind", sorted(INFOS))
async def test_by_no_restored_backup(sqlite_url, kind, tmp_path):
    store = await Store.open(sqlite_url)
    tail = Tail(store)
    stage = Stage(store, tail, kind)
    await stage.set_up()
    await backup(store, tmp_path / "media", tmp_path / "a.tar", version="1", at=NOW)
    await stage.remove()
    await store.close()

    restore(sqlite_url, tmp_path / "media", tmp_path / "a.tar", at=NOW)

    stage.store = await Store.open(sqlite_url)
    assert await stage.texts() == ["Words of other at #harbour26"]
    await stage.offer(*stage.says)
    assert await stage.texts() == ["Mended #harbour26"]
    await stage.store.close()
