"""Hubs are told that our feeds changed: over real sockets, from a commit to the hub."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from backchannel.announcing import Announcer
from collector.http import Http
from collector.publishing import Publisher
from storage import events, intake, sources
from storage.tables import items
from storage.tail import Tail
from tests.factories import DAY, NETWORKS, a_sighting, a_source, an_event
from tests.fakes.hub import FakeHub
from tests.service import LASTING, Service, get
from timeline.post import Removal

NOW = datetime.now(UTC)
ON_NOW = {"starts_at": NOW - DAY, "ends_at": NOW + DAY, "collect_from": NOW - 9 * DAY, "collect_until": NOW + DAY}
TIMELINE = [f"https://live.example/e/conf/timeline.{form}" for form in ("atom", "json", "rss")]
ALL = sorted([*TIMELINE, *(topic.replace("timeline", "highlights") for topic in TIMELINE)])


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture
async def tail(store):
    tail = Tail(store, look_s=0.02)
    await tail.start()
    yield tail
    await tail.stop()


@asynccontextmanager
async def announcing(store, tail, *hubs, gap_s=0.05):
    async with Http(contact="", version="1", base_url="https://live.example", allow_private_addresses=True) as http:
        publisher = Publisher(http, hubs, gap_s=gap_s)
        announcer = Announcer(store, tail, publisher, "https://live.example/", look_s=0.02)
        tasks = [asyncio.create_task(run()) for run in (publisher.run, announcer.run)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def opened(store, **differently):
    event = await store.write(events.save, an_event(**ON_NOW | {"slug": "conf"} | differently), origin="file", at=NOW)
    await store.write(sources.sync, event.id, [a_source(address=event.slug)], origin="file", at=NOW)
    [source] = [one for one in await store.read(sources.active, NOW, NETWORKS) if one.event_id == event.id]

    async def hears(*heard):
        await store.write(intake.accept, heard, source_ids=[source.id], networks=NETWORKS, at=NOW)

    return hears


def told(hub, since=0):
    return sorted(one["hub.url"] for one in hub.asked[since:])


async def test_a_hub_is_told_at_the_start_then_of_what_changes_alone(store, tail):
    hears = await opened(store)
    async with FakeHub() as hub, announcing(store, tail, hub.url):
        await hub.until_asked(6)
        assert told(hub) == ALL
        assert {one["hub.mode"] for one in hub.asked} == {"publish"}

        await hears(a_sighting("one", published_at=NOW))
        await hub.until_asked(9)
        assert told(hub, 6) == TIMELINE

        await store.write(lambda writing: writing.execute(update(items).values(highlighted_at=NOW)) and None)
        await hears(a_sighting("one", published_at=NOW, html="<p>edited #harbour26</p>", edited_at=NOW))
        await hub.until_asked(15)
        assert told(hub, 9) == ALL

        await hears(Removal(ref="one"))
        await hub.until_asked(21)
        assert told(hub, 15) == ALL


async def test_the_service_tells_the_hubs_that_its_configuration_names(tmp_path):
    async with FakeHub() as hub:
        (tmp_path / "backchannel.toml").write_text(
            f'[site]\nbase_url = "https://live.example"\nhub = "{hub.url}"\n[network]\nallow_private_addresses = true\n'
            f'[[event]]\nslug = "conf"\ntitle = "A conference"\n{LASTING}'
        )
        async with Service(tmp_path) as service:
            await hub.until_asked(6)
            assert told(hub) == ALL
            feed = await get(f"{service.url}/e/conf/timeline.atom")
            assert f'<link rel="hub" href="{hub.url}" />' in feed
            await service.stop()


async def test_many_changes_are_told_once_a_while(store, tail):
    hears = await opened(store)
    async with FakeHub() as hub, announcing(store, tail, hub.url, gap_s=0.6):
        await hub.until_asked(6)
        for count in range(20):
            await hears(a_sighting(f"post-{count}", published_at=NOW))
        await hub.until_asked(9)
        await hears(a_sighting("the last", published_at=NOW))
        await hub.until_asked(12)
        assert len(told(hub, 6)) <= 12  # sixty, were each commit told


async def test_what_a_hub_does_not_take_is_told_again_and_others_do_not_wait(store, tail):
    hears = await opened(store)
    async with FakeHub() as deaf, FakeHub() as hub:
        deaf.refuses = 503
        async with announcing(store, tail, deaf.url, hub.url):
            await hub.until_asked(6)
            await deaf.until_asked(2)
            await hears(a_sighting("one", published_at=NOW))
            await hub.until_asked(9)
            deaf.refuses = None
            taken = len(deaf.asked)
            await deaf.until_asked(taken + 6)
            assert set(told(deaf, taken)) == set(ALL)


async def test_nobody_is_told_of_drafts_and_unlisted_events(store, tail):
    unlisted = await opened(store, slug="quiet", visibility="unlisted")
    draft = await opened(store, slug="secret", visibility="draft")
    over = await opened(store, slug="over", collect_until=NOW - DAY, ends_at=NOW - DAY, starts_at=NOW - 3 * DAY)
    public = await opened(store)
    async with FakeHub() as hub, announcing(store, tail, hub.url):
        await unlisted(a_sighting("one", published_at=NOW))
        await draft(a_sighting("two", published_at=NOW))
        await over(a_sighting("three", published_at=NOW - 2 * DAY))
        await hub.until_asked(6)
        await public(a_sighting("four", published_at=NOW))
        await hub.until_asked(9)
        told_of = {one["hub.url"].split("/e/")[1].split("/")[0] for one in hub.asked}
    assert "quiet" not in told_of
    assert "secret" not in told_of
    assert "conf" in told_of
