"""Events and their sources."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from storage import changes, events, sources
from tests.factories import DAY, HOUR, MINUTE, NETWORKS, NOON, a_sighting, a_source, an_event
from tests.storage.conftest import Scene
from timeline.errors import NoSuchEvent
from timeline.event import Event
from timeline.network import Health, Secret, Source
from timeline.post import Removal


async def listed(scene: Scene) -> list[tuple[str, str]]:
    return [(one.source.address, one.state) for one in await scene.store.read(sources.of_event, scene.event.id)]


async def test_an_event_is_created_once_and_then_brought_up_to_date(scene: Scene) -> None:
    told = an_event(title="Harbour, again", hashtags=("harbour26", "boats"), moderation="before", visibility="draft")

    saved = await scene.store.write(events.save, told, origin="file", at=NOON + HOUR)

    kept = await scene.store.read(events.by_slug, "harbour26")
    assert kept == replace(scene.event, title=told.title, hashtags=told.hashtags, seq=2)
    assert replace(saved, seq=2) == kept
    assert len(await scene.store.read(events.all_events)) == 1


async def test_saving_what_is_known_already_is_no_change(scene: Scene) -> None:
    await scene.store.write(events.save, an_event(), origin="file", at=NOON + HOUR)

    assert await scene.seq() == 1


async def test_an_event_without_this_slug_is_an_error_in_words(scene: Scene) -> None:
    with pytest.raises(NoSuchEvent, match="'elsewhere'"):
        await scene.store.read(events.by_slug, "elsewhere")


async def test_a_source_gone_from_the_file_is_stopped_and_kept(scene: Scene) -> None:
    one, two = a_source(address="one"), a_source(address="two", label="Second")
    await scene.store.write(sources.sync, scene.event.id, [one, two], origin="file", at=NOON)
    by_command = await scene.add_source(address="three")

    await scene.store.write(sources.sync, scene.event.id, [one], origin="file", at=NOON)
    assert await listed(scene) == [("one", "waiting"), ("two", "stopped"), ("three", "waiting")]
    collected = await scene.store.read(sources.active, NOON, NETWORKS)
    assert [source.address for source in collected] == ["one", "three"]
    assert collected[1].id == by_command

    await scene.store.write(sources.sync, scene.event.id, [one, two], origin="file", at=NOON)
    assert await listed(scene) == [("one", "waiting"), ("two", "waiting"), ("three", "waiting")]


async def test_a_source_is_read_as_it_was_told_with_its_events_times_and_no_secret(scene: Scene) -> None:
    settings = {"server": "https://mastodon.example", "token": Secret("s3cret"), "accounts": ("@ottilie",)}
    told = a_source(settings=settings, label="Main", trusted=True, every_s=5.0, keep="tagged")
    await scene.store.write(sources.sync, scene.event.id, [told], origin="file", at=NOON)

    [source] = await scene.store.read(sources.active, NOON, NETWORKS)

    assert source == Source(
        id=source.id, event_id=scene.event.id, kind="mastodon", address="https://mastodon.example", label="Main",
        trusted=True, every_s=5.0, keep="tagged", hashtags=("harbour26",), spellings=("harbour26",),
        settings={"server": "https://mastodon.example", "accounts": ("@ottilie",)},
        collect_from=scene.event.collect_from, collect_until=scene.event.collect_until,
    )  # fmt: skip


async def test_health_tells_since_when_a_source_fails(scene: Scene) -> None:
    source = await scene.add_source()
    due = NOON + HOUR

    async def report(state: str, minute: int, **more: object) -> None:
        health = Health(state=state, at=NOON + minute * MINUTE, **more)  # type: ignore[arg-type]
        await scene.store.write(sources.report, source, health)

    await report("ok", 0)
    await report("failing", 1, error="no answer", hint="look at the network")
    await report("failing", 2, error="no answer", next_poll_at=due)

    [status] = await scene.store.read(sources.of_event, scene.event.id)
    assert (status.state, status.error, status.hint) == ("failing", "no answer", None)
    assert (status.last_success_at, status.failing_since) == (NOON, NOON + MINUTE)
    assert await scene.store.read(sources.next_polls) == {source: due}

    await report("ok", 3)
    [status] = await scene.store.read(sources.of_event, scene.event.id)
    assert (status.error, status.failing_since, status.last_success_at) == (None, None, NOON + 3 * MINUTE)


@pytest.fixture(params=["archived", "past"])
async def over(request: pytest.FixtureRequest, scene: Scene) -> datetime:
    """When the event takes in nothing new any more."""
    if request.param == "archived":
        archived = await scene.store.write(events.archive, "harbour26", at=NOON + HOUR)
        assert (archived.archived_at, archived.phase(NOON)) == (NOON + HOUR, "past")
        return NOON + 2 * HOUR
    return scene.event.collect_until + HOUR


async def test_deletions_count_after_an_event_is_over_and_nothing_new_does(scene: Scene, over: datetime) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), a_sighting("two"), by=source)

    [listened] = await scene.store.read(sources.active, over, NETWORKS)
    done = await scene.offer(Removal(ref="one"), a_sighting("new"), by=listened.id, at=over)

    assert (done.removed, done.dropped) == (1, {"outside the event's time": 1})
    assert await scene.texts() == ["Words of two at #harbour26"]


async def test_a_network_that_announces_no_deletions_is_left_alone_after_the_event(
    scene: Scene, over: datetime
) -> None:
    await scene.add_source(kind="feed")

    assert len(await scene.store.read(sources.active, NOON, NETWORKS)) == 1
    assert await scene.store.read(sources.active, over, NETWORKS) == []


async def test_a_copy_has_the_sources_and_none_of_the_posts(scene: Scene) -> None:
    source = await scene.add_source(label="Main", settings={"server": "https://mastodon.example"})
    await scene.offer(a_sighting("one"), by=source)
    await scene.store.write(events.archive, "harbour26", at=NOON)

    copy = await scene.store.write(events.copy, "harbour26", "harbour27", at=NOON)

    assert (copy.slug, copy.title, copy.archived_at) == ("harbour27", "Harbour 2026", None)
    assert await scene.shown(copy) == []
    [status] = await scene.store.read(sources.of_event, copy.id)
    assert (status.source.label, status.source.settings, status.posts) == (
        "Main", {"server": "https://mastodon.example"}, 0,
    )  # fmt: skip
    with pytest.raises(events.SlugTaken):
        await scene.store.write(events.copy, "harbour26", "harbour27", at=NOON)


async def test_a_copy_of_a_past_event_begins_now(scene: Scene) -> None:
    source, now = await scene.add_source(), NOON + 365 * DAY

    copy = await scene.store.write(events.copy, "harbour26", "harbour27", at=now)

    assert (copy.starts_at, copy.ends_at) == (now, now + 3 * DAY)
    assert (copy.collect_from, copy.collect_until) == (now - 14 * DAY, now + 17 * DAY)
    [source] = [one.id for one in await scene.store.read(sources.active, now, NETWORKS) if one.event_id == copy.id]
    await scene.offer(a_sighting("one", published_at=now), by=source, at=now)
    assert await scene.texts(copy) == ["Words of one at #harbour26"]


async def test_a_copy_is_called_and_dated_as_asked(scene: Scene) -> None:
    begins = NOON + 365 * DAY

    async def copy(slug: str, **asked: Any) -> Event:
        return await scene.store.write(events.copy, "harbour26", slug, at=NOON, **asked)

    same = await copy("same")
    dated = await copy("dated", title="Harbour 2027", starts_at=begins)
    longer = await copy("longer", starts_at=begins, ends_at=begins + 5 * DAY)
    until = await copy("until", ends_at=begins)
    earlier = await copy("earlier", ends_at=NOON - 30 * DAY)

    assert (same.title, same.starts_at, same.collect_until) == ("Harbour 2026", NOON - DAY, NOON + 16 * DAY)
    assert (dated.title, dated.ends_at, dated.collect_from) == ("Harbour 2027", begins + 3 * DAY, begins - 14 * DAY)
    assert (longer.ends_at, longer.collect_until) == (begins + 5 * DAY, begins + 19 * DAY)
    assert (until.starts_at, until.ends_at) == (NOON - DAY, begins)
    assert (earlier.starts_at, earlier.ends_at) == (NOON - 33 * DAY, NOON - 30 * DAY)


async def test_a_wiped_rehearsal_is_gone_and_does_not_come_back(scene: Scene) -> None:
    other = await scene.add_event(slug="boats26", hashtags=("boats26",))
    source, elsewhere = await scene.add_source(), await scene.add_source(other)
    both = a_sighting("both", hashtags=("harbour26", "boats26"))
    await scene.offer(a_sighting("one"), both, by=[source, elsewhere])
    reader_at = await scene.seq()

    gone = await scene.store.write(events.wipe, "harbour26", at=NOON + HOUR)

    again = await scene.offer(a_sighting("one"), both, by=[source, elsewhere], at=NOON + HOUR)
    assert (gone, again.added) == (2, 0)
    assert await scene.shown() == []
    assert len(await scene.shown(other)) == 1
    window = await scene.store.read(changes.window, scene.event.id, after=reader_at, limit=10)
    assert window.floor > reader_at
    await scene.offer(a_sighting("real", published_at=NOON + DAY), by=source, at=NOON + DAY)
    assert await scene.texts() == ["Words of real at #harbour26"]


async def test_a_source_told_another_rhythm_is_due_at_once_unless_its_host_asked_us_to_wait(scene: Scene) -> None:
    for state, kept in (("ok", False), ("failing", False), ("waiting", True)):
        told = a_source(address=state, every_s=600.0)
        await scene.store.write(sources.sync, scene.event.id, [told], origin="file", at=NOON)
        [source] = await scene.store.read(sources.active, NOON, NETWORKS)
        due = Health(state=state, at=NOON, next_poll_at=NOON + HOUR)  # type: ignore[arg-type]
        await scene.store.write(sources.report, source.id, due)

        await scene.store.write(sources.sync, scene.event.id, [told], origin="file", at=NOON)
        assert source.id in await scene.store.read(sources.next_polls)
        await scene.store.write(sources.sync, scene.event.id, [replace(told, every_s=1.0)], origin="file", at=NOON)
        assert (source.id in await scene.store.read(sources.next_polls)) is kept


async def test_new_hashtags_make_the_sources_of_the_event_due_at_once(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.store.write(sources.report, source, Health(state="ok", at=NOON, next_poll_at=NOON + HOUR))

    await scene.store.write(events.save, an_event(title="Another"), origin="file", at=NOON)
    assert source in await scene.store.read(sources.next_polls)
    await scene.store.write(events.save, an_event(hashtags=("boats",)), origin="file", at=NOON)
    assert await scene.store.read(sources.next_polls) == {}


async def test_undated_entries_of_a_rehearsal_do_not_come_back(scene: Scene) -> None:
    feed = await scene.add_source(kind="feed")
    old, new = (a_sighting(name, network="feed", published_at=None) for name in ("old", "new"))
    await scene.offer(old, by=feed)
    await scene.store.write(events.wipe, "harbour26", at=NOON + HOUR)

    done = await scene.offer(old, new, by=feed, at=NOON + 2 * HOUR)

    assert (done.added, done.dropped) == (1, {"removed before": 1})
    assert await scene.texts() == ["Words of new at #harbour26"]
