import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backchannel import jobs
from storage import events, intake, items, media, sources
from storage.shelf import Shelf
from tests.factories import DAY, NETWORKS, NOON, a_picture, a_sighting, a_source, an_event

SOON = timedelta(milliseconds=10)


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "media", 150)


async def test_every_job_of_the_table_runs_and_a_failing_one_disturbs_nobody(store, shelf):
    ran = asyncio.Queue()

    async def fail(*_):
        raise RuntimeError

    def noting(job):
        async def run(*given):
            await job.run(*given)
            ran.put_nowait(job.name)

        return replace(job, run=run, first=SOON)

    table = (jobs.Job("fail", every=DAY, first=SOON, run=fail), *map(noting, jobs.JOBS))
    with jobs.running(store, shelf, table=table):
        names = {await asyncio.wait_for(ran.get(), 10) for _ in jobs.JOBS}

    assert names == {job.name for job in jobs.JOBS}


async def test_the_oldest_pictures_go_when_the_folder_is_full(store, shelf):
    event = await store.write(events.save, an_event(), origin="file", at=NOON)
    await store.write(sources.sync, event.id, [a_source()], origin="file", at=NOON)
    (source,) = await store.read(sources.active, NOON)
    pictures = tuple(a_picture(source_url=f"https://files.example/{number}.jpg") for number in range(2))
    sighting = a_sighting("one", media=pictures)
    await store.write(intake.accept, [sighting], source_ids=[source.id], networks=NETWORKS, at=NOON)
    for age, pending in enumerate(await store.read(media.pending, 9, NOON)):
        content = bytes([age]) * 100
        about = {"content_hash": shelf.put(content), "content_type": "image/webp", "width": 1, "height": 1}
        await store.write(media.keep, pending.key, **about, size_bytes=100, at=datetime.now(UTC) + age * DAY)

    await jobs.sweep_shelf(store, shelf)

    (item,) = (await store.read(items.page, event.id, limit=9)).items
    assert sorted(one.key is None for one in item.post.media) == [False, True]
