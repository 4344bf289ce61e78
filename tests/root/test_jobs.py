import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.utils import floatToGoString

from backchannel import jobs
from backchannel.figures import SourceFigures
from storage import events, intake, items, media, sources
from storage.shelf import Shelf
from tests.factories import DAY, NETWORKS, NOON, a_picture, a_sighting, a_source, an_event
from timeline.network import Health

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
    event = await store.write(events.save, an_event(collect_until=datetime.now(UTC) + DAY), origin="file", at=NOON)
    await store.write(sources.sync, event.id, [a_source(), a_source(kind="feed")], origin="file", at=NOON)
    (mastodon, feed) = await store.read(sources.active, NOON, NETWORKS)
    await store.write(sources.report, mastodon.id, Health(state="ok", at=NOON))
    await store.write(sources.report, feed.id, Health(state="failing", at=NOON, error="gone"))
    registry = CollectorRegistry()
    registry.register(means.figures)

    await jobs.look_at_sources(means)

    told = generate_latest(registry).decode()
    one, other = (
        f'{{event="harbour26",kind="{kind}",source="{kind} https://{kind}.example"}}' for kind in ("mastodon", "feed")
    )
    assert f"backchannel_source_ok{one} 1.0" in told
    assert f"backchannel_source_ok{other} 0.0" in told
    assert f"backchannel_source_last_success_timestamp_seconds{one} {floatToGoString(NOON.timestamp())}" in told
    assert f"backchannel_source_posts_total{one} 0.0" in told
