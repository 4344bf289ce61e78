"""What runs when: one table. All of it may run late, none of it twice at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from backchannel.figures import SourceFigures
from collector.health import log_fault
from storage import changes, inbox, media, schema, screenings, subscriptions
from storage.optimise import optimise
from storage.shelf import Shelf
from storage.store import Store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What jobs work on."""

    store: Store
    shelf: Shelf
    figures: SourceFigures


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done again and again, for the first time ``first`` after the start."""

    name: str
    every: timedelta
    first: timedelta
    run: Callable[[Means], Awaitable[None]]


async def trim_log(means: Means) -> None:
    """Forget changes that are too old for anybody to resume from."""
    await means.store.write(changes.trim, at=datetime.now(UTC))


async def sweep_shelf(means: Means) -> None:
    """Keep the folder of pictures within its limit, and free of what nobody shows."""
    await media.tidy(means.store, means.shelf, at=datetime.now(UTC))


async def drop_old_copies(means: Means) -> None:
    """Delete the copies made before upgrades and restores once they are a week old."""
    await asyncio.to_thread(schema.drop_old_copies, means.store.url)


async def sweep_pushes(means: Means) -> None:
    """Drop what hubs brought and nobody took, and subscriptions that were left."""
    await means.store.write(inbox.sweep, datetime.now(UTC))
    await means.store.write(subscriptions.sweep, datetime.now(UTC))


async def forget_walls(means: Means) -> None:
    """Forget the walls that say nothing any more."""
    await means.store.write(screenings.forget, at=datetime.now(UTC))


async def renew_statistics(means: Means) -> None:
    """Let the database look at itself."""
    await asyncio.to_thread(optimise, means.store.url)


async def look_at_sources(means: Means) -> None:
    """Renew what ``/metrics`` tells of collecting."""
    await means.figures.refresh(means.store)


SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
JOBS = (
    Job("look at the sources", every=15 * SECOND, first=SECOND, run=look_at_sources),
    Job("trim the change log", every=HOUR, first=5 * MINUTE, run=trim_log),
    Job("sweep the pictures", every=10 * MINUTE, first=MINUTE, run=sweep_shelf),
    Job("sweep the pushes", every=MINUTE, first=3 * MINUTE, run=sweep_pushes),
    Job("forget silent walls", every=10 * MINUTE, first=4 * MINUTE, run=forget_walls),
    Job("drop old copies", every=DAY, first=2 * MINUTE, run=drop_old_copies),
    Job("renew statistics", every=6 * HOUR, first=30 * MINUTE, run=renew_statistics),
)


@contextmanager
def running(means: Means, *, table: tuple[Job, ...] = JOBS) -> Iterator[None]:
    """Run what stands in the table while inside."""
    scheduler = AsyncIOScheduler(
        timezone=UTC,
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for job in table:
        trigger = IntervalTrigger(seconds=int(job.every.total_seconds()), timezone=UTC)
        first = datetime.now(UTC) + job.first
        scheduler.add_job(_safely, trigger, args=(job, means), name=job.name, next_run_time=first)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


async def _safely(job: Job, means: Means) -> None:
    try:
        await job.run(means)
    except asyncio.CancelledError:
        return  # we are stopping; the scheduler would log it as a fault, with a traceback
    except Exception as error:
        log_fault("a periodic job failed, and is tried again when it is due", error, job=job.name)
