import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from backchannel import jobs
from backchannel.figures import SourceFigures
from storage import events, intake, items, media, sources, spending
from storage.shelf import Shelf
from tests.factories import DAY, NETWORKS, NOON, a_picture, a_sighting, a_source, an_event
from timeline.network import Field, Gap, Health, NetworkInfo

METERED = NetworkInfo(
    key="metered", label="Metered", fields=(Field(name="most", label="Most", default=3_000),), budget="most"
)
SOON = timedelta(milliseconds=10)


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "media", 150)


@pytest.fixture
def means(store, shelf):
    return jobs.Means(store=store, shelf=shelf, figures=SourceFigures())


async def test_every_job_of_the_table_runs_and_a_failing_one_disturbs_nobody(means):
    ran = asyncio.Queue()

    async def fail(_):
        raise RuntimeError

    def noting(job):
        async def run(given):
            await job.run(given)
            ran.put_nowait(job.name)

        return replace(job, run=run, first=SOON)

    table = (jobs.Job("fail", every=DAY, first=SOON, run=fail), *map(noting, jobs.JOBS))
    with jobs.running(means, table=table):
        names = {await asyncio.wait_for(ran.get(), 10) for _ in jobs.JOBS}

    assert names == {job.name for job in jobs.JOBS}


async def test_the_oldest_pictures_go_when_the_folder_is_full(store, shelf, means):
    event = await store.write(events.save, an_event(), origin="file", at=NOON)
    await store.write(sources.sync, event.id, [a_source()], origin="file", at=NOON)
    (source,) = await store.read(sources.active, NOON, NETWORKS)
    pictures = tuple(a_picture(source_url=f"https://files.example/{number}.jpg") for number in range(2))
    sighting = a_sighting("one", media=pictures)
    await store.write(intake.accept, [sighting], source_ids=[source.id], networks=NETWORKS, at=NOON)
    for age, pending in enumerate(await store.read(media.pending, 9, NOON)):
        content = bytes([age]) * 100
        about = {"content_hash": shelf.put(content), "content_type": "image/webp", "width": 1, "height": 1}
        await store.write(media.keep, pending.key, **about, size_bytes=100, at=datetime.now(UTC) + age * DAY)

    await jobs.sweep_shelf(means)

    (item,) = (await store.read(items.page, event.id, limit=9)).items
    assert sorted(one.key is None for one in item.post.media) == [False, True]


async def test_the_figures_tell_how_each_source_fares(store, means):
    now = datetime.now(UTC).replace(microsecond=0)
    dates = {"collect_from": now - DAY, "collect_until": now + DAY}
    event = await store.write(events.save, an_event(**dates), origin="file", at=now)
    told = [a_source(), a_source(kind="feed"), a_source(kind="metered")]
    await store.write(sources.sync, event.id, told, origin="file", at=now)
    infos = {**NETWORKS, "metered": METERED}
    (mastodon, feed, metered) = await store.read(sources.active, now, infos)
    said = a_sighting(published_at=now - timedelta(seconds=9))
    await store.write(intake.accept, [said], source_ids=[mastodon.id], networks=NETWORKS, at=now)
    await store.write(sources.report, mastodon.id, Health(state="ok", at=now))
    await store.write(sources.report, feed.id, Health(state="failing", at=now, error="gone"))
    lost = Gap(since=now - timedelta(minutes=5), until=now, reason="nobody keeps it")
    await store.write(sources.note_gaps, {mastodon.id: lost})
    await store.write(sources.note_gaps, {mastodon.id: lost})
    await store.write(spending.charge, metered, ["1", "2"], at=now)
    figures = SourceFigures(infos)
    registry = CollectorRegistry()
    registry.register(figures)

    await jobs.look_at_sources(replace(means, figures=figures))

    found = {}
    for line in generate_latest(registry).decode().splitlines():
        if not line.startswith("#"):
            name, labels, value = re.fullmatch(r"backchannel_source_(\w+)\{(.*)\} (\S+)", line).groups()
            kind = re.search(r'kind="(\w+)"', labels)[1]
            each = re.search(r'state="(\w+)"', labels)
            found[f"{name} {each[1]}" if each else name, kind] = float(value)
    stamp = now.timestamp()
    assert found == {
        **{("ok", kind): float(kind == "mastodon") for kind in ("mastodon", "feed", "metered")},
        **{
            (f"state {state}", kind): float(is_in == state)
            for kind, is_in in (("mastodon", "ok"), ("feed", "failing"), ("metered", "waiting"))
            for state in ("ok", "waiting", "failing")
        },
        ("last_success_timestamp_seconds", "mastodon"): stamp,
        ("last_post_timestamp_seconds", "mastodon"): stamp - 9,
        ("failing_since_timestamp_seconds", "feed"): stamp,
        ("lag_seconds", "mastodon"): 9,
        ("budget_posts", "metered"): 3_000,
        ("budget_spent_posts", "metered"): 2,
        **{("posts_total", kind): float(kind == "mastodon") for kind in ("mastodon", "feed", "metered")},
        **{("gaps_total", kind): 2.0 * (kind == "mastodon") for kind in ("mastodon", "feed", "metered")},
        **{("gap_seconds_total", kind): 600.0 * (kind == "mastodon") for kind in ("mastodon", "feed", "metered")},
    }


async def test_two_sources_of_one_name_are_two_series(store, means):
    now = datetime.now(UTC)
    dates = {"collect_from": now - DAY, "collect_until": now + DAY}
    event = await store.write(events.save, an_event(**dates), origin="file", at=now)
    told = [a_source(kind="feed", address=address, label="News") for address in ("one", "two")]
    await store.write(sources.sync, event.id, told, origin="file", at=now)
    registry = CollectorRegistry()
    registry.register(means.figures)

    await jobs.look_at_sources(means)

    series = [line.split(" ")[0] for line in generate_latest(registry).decode().splitlines() if "_ok{" in line]
    assert len(series) == len(set(series)) == 2


async def test_a_job_that_is_under_way_when_the_service_stops_is_no_fault(means, caplog):
    begun, ended = asyncio.Event(), asyncio.Event()

    async def lasting(_):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with jobs.running(means, table=(jobs.Job("lasting", every=DAY, first=SOON, run=lasting),)):
        await begun.wait()
    await ended.wait()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert [record.message for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
