import asyncio
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from backchannel.figures import CollectorFigures
from backchannel.ledger import StoreLedger
from backchannel.plan import Lent
from collector.ledger import Accepted, FailedMedia, FetchedMedia
from storage import events, items, sources
from storage.shelf import Shelf
from storage.tail import Tail
from tests.factories import DAY, NETWORKS, a_picture, a_sighting, a_source, an_event
from timeline.network import Health, Secret
from timeline.post import Unreadable

NOW = datetime.now(UTC)
AROUND_NOW = {"starts_at": NOW - DAY, "ends_at": NOW + DAY, "collect_from": NOW - DAY, "collect_until": NOW + DAY}


@pytest.fixture
async def tail(store):
    tail = Tail(store, look_s=0.02)
    await tail.start()
    yield tail
    await tail.stop()


@pytest.fixture
async def ledger(store, tail, tmp_path):
    lent = Lent()
    ledger = StoreLedger(store, tail, Shelf(tmp_path / "media", 10_000_000), NETWORKS, lent, at_least_s=10)
    event = await store.write(events.save, an_event(**AROUND_NOW), origin="file", at=NOW)
    told = a_source(settings={"server": "https://mastodon.example", "token": Secret("hush")})
    await store.write(sources.sync, event.id, [told], origin="file", at=NOW)
    lent.note(event.id, told)
    return ledger


async def test_a_source_comes_with_its_secret(ledger):
    (source,) = await ledger.sources()

    assert (source["server"], source["token"]) == ("https://mastodon.example", Secret("hush"))


async def test_what_is_heard_is_kept_with_its_cursor(ledger, store):
    (source,) = await ledger.sources()
    key = (source.id, "harbour26")

    accepted = await ledger.accept(
        [a_sighting("one", published_at=NOW), Unreadable(reason="no date")],
        source_ids=[source.id],
        cursors={key: {"after": "7"}},
    )

    assert accepted == Accepted(added=1, dropped={"no date": 1})
    assert await ledger.cursors([source.id]) == {key: {"after": "7"}}
    assert await ledger.knows(["one", "two"], source_ids=[source.id]) == {"one"}
    page = await store.read(items.page, source.event_id, limit=10)
    assert [item.post.uri for item in page.items] == ["https://mastodon.example/posts/one"]


async def test_where_a_source_stands_is_kept(ledger):
    (source,) = await ledger.sources()

    await ledger.report(source.id, Health(state="ok", at=NOW, next_poll_at=NOW + DAY))

    assert await ledger.next_polls() == {source.id: NOW + DAY}


async def test_a_change_of_sources_is_noticed(ledger, store):
    changed = asyncio.create_task(ledger.sources_changed())
    await asyncio.sleep(0)

    await store.write(events.archive, "harbour26", at=NOW)

    await asyncio.wait_for(changed, 5)
    assert [source.collect_until for source in await ledger.sources()] == [NOW]


async def test_pictures_are_waited_for_and_kept(ledger, store):
    (source,) = await ledger.sources()
    waiting = asyncio.create_task(ledger.media_pending())
    pictures = (
        a_picture(source_url="https://files.example/a.jpg"),
        a_picture(source_url="https://files.example/b.jpg"),
    )
    await ledger.accept([a_sighting("one", published_at=NOW, media=pictures)], source_ids=[source.id])

    await asyncio.wait_for(waiting, 5)
    first, second = sorted(await ledger.pending_media(limit=5), key=lambda one: one.source_url)
    await ledger.keep_media(first.key, FetchedMedia(content=b"a", content_type="image/webp", width=4, height=3))
    await ledger.keep_media(second.key, FailedMedia(reason="gone", retry_at=None))

    assert await ledger.pending_media(limit=5) == []
    (item,) = (await store.read(items.page, source.event_id, limit=10)).items
    assert [(one.width, one.height, one.key, one.failed) for one in item.post.media] == [
        (4, 3, first.key, False),
        (None, None, None, True),
    ]


async def test_what_comes_in_and_what_is_dropped_is_counted_by_network_and_reason(store, tail, tmp_path):
    registry = CollectorRegistry()
    figures = CollectorFigures(registry)
    ledger = StoreLedger(store, tail, Shelf(tmp_path / "m", 1), NETWORKS, Lent(), figures=figures)
    event = await store.write(events.save, an_event(**AROUND_NOW), origin="file", at=NOW)
    await store.write(sources.sync, event.id, [a_source()], origin="file", at=NOW)
    (source,) = await ledger.sources()
    heard = [
        a_sighting(published_at=NOW),
        a_sighting("other", hashtags=("lunch",)),
        a_sighting("old", published_at=NOW - 9 * DAY),
        Unreadable(reason="mastodon status https://a.example/1"),
        Unreadable(reason="mastodon status https://a.example/2"),
    ]
    await ledger.accept(heard, source_ids=[source.id])
    await ledger.report(source.id, Health(state="ok", at=NOW))
    await ledger.report(source.id, Health(state="failing", at=NOW))

    told = [line for line in generate_latest(registry).decode().splitlines() if "_total{" in line]

    assert sorted(told) == [
        'backchannel_posts_dropped_total{kind="mastodon",reason="elsewhere"} 1.0',
        'backchannel_posts_dropped_total{kind="mastodon",reason="outside_dates"} 1.0',
        'backchannel_posts_dropped_total{kind="mastodon",reason="unreadable"} 2.0',
        'backchannel_posts_taken_total{kind="mastodon",what="added"} 1.0',
        'backchannel_source_failures_total{kind="mastodon"} 1.0',
    ]


async def test_which_sources_fail_outlasts_the_process(ledger):
    (source,) = await ledger.sources()
    assert await ledger.failing() == {}
    await ledger.report(source.id, Health(state="failing", at=NOW, error="gone"))
    await ledger.report(source.id, Health(state="failing", at=NOW + DAY, error="gone"))
    assert await ledger.failing() == {source.id: NOW}
    await ledger.report(source.id, Health(state="ok", at=NOW))
    assert await ledger.failing() == {}
