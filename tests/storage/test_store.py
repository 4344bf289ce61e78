"""Reads are snapshots, writes fail alone, and commits are announced in order."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select

from storage import changes, events, intake, items
from storage.store import Store
from storage.tables import cursors as cursor_rows
from storage.tables import events as event_rows
from storage.writing import TransactionLost, Writing
from tests.factories import NETWORKS, NOON, a_sighting, an_event
from tests.storage.conftest import Scene


def count_events(reading: Connection) -> int:
    return reading.scalar(select(func.count()).select_from(event_rows)) or 0


def save(writing: Writing, slug: str) -> None:
    events.save(writing, an_event(slug=slug), origin="file", at=NOON)


def save_and_fail(writing: Writing, slug: str) -> None:
    save(writing, slug)
    raise LookupError(slug)


async def test_a_failing_write_fails_alone(store: Store) -> None:
    outcomes = await asyncio.gather(
        store.write(save, "one"),
        store.write(save_and_fail, "two"),
        store.write(save, "three"),
        store.write(save, "one-more"),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [type(None), LookupError, type(None), type(None)]
    assert {event.slug for event in await store.read(events.all_events)} == {"one", "three", "one-more"}


async def test_a_statement_the_database_refuses_costs_its_neighbours_nothing(store: Store) -> None:
    def refused(writing: Writing) -> None:
        save(writing, "lost")
        writing.execute(insert(cursor_rows).values(source_id=99, key="no such source", value={}))

    outcomes = await asyncio.gather(
        store.write(save, "one"), store.write(refused), store.write(save, "two"), return_exceptions=True
    )

    assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, True, False]
    assert {event.slug for event in await store.read(events.all_events)} == {"one", "two"}


async def test_when_the_database_gives_a_transaction_up_everybody_hears_and_it_goes_on(store: Store) -> None:
    def give_up(writing: Writing) -> None:
        writing.connection.exec_driver_sql("ROLLBACK")  # as SQLite does by itself when the disk is full

    outcomes = await asyncio.gather(
        store.write(save, "one"), store.write(give_up), store.write(save, "two"), return_exceptions=True
    )

    assert isinstance(outcomes[1], TransactionLost)
    kept = {event.slug for event in await store.read(events.all_events)}
    assert kept == {slug for slug, outcome in zip(("one", "", "two"), outcomes, strict=True) if outcome is None}
    await store.write(save, "three")


async def test_a_read_is_one_snapshot(store: Store) -> None:
    began, go_on = threading.Event(), threading.Event()

    def twice(reading: Connection) -> tuple[int, int]:
        first = count_events(reading)
        began.set()
        go_on.wait(10)
        return first, count_events(reading)

    reading = asyncio.create_task(store.read(twice))
    await asyncio.to_thread(began.wait, 10)
    await store.write(save, "meanwhile")
    go_on.set()

    assert await reading == (0, 0)
    assert await store.read(count_events) == 1


async def test_a_read_changes_nothing(store: Store) -> None:
    def sneak(reading: Connection) -> None:
        reading.execute(insert(event_rows).values(slug="sneaked in"))

    with pytest.raises(Exception, match=r"(?i)read.?only"):
        await store.read(sneak)


async def test_closing_commits_what_was_accepted(database_url: str) -> None:
    store = await Store.open(database_url)
    writes = [asyncio.create_task(store.write(save, f"event-{n}")) for n in range(30)]
    await asyncio.sleep(0)

    await store.close()
    await asyncio.gather(*writes)

    again = await Store.open(database_url)
    assert await again.read(count_events) == 30
    await again.close()
    with pytest.raises(RuntimeError):
        await store.write(save, "too-late")


async def test_a_commit_announces_the_last_number_of_each_event(scene: Scene) -> None:
    heard: list[dict[int, int]] = []
    scene.store.on_commit(lambda numbers: heard.append(dict(numbers)))
    source = await scene.add_source()

    await scene.offer(a_sighting("one"), a_sighting("two"), by=source)

    assert heard == [{}, {scene.event.id: 3}]


async def test_changes_committed_together_are_numbered_by_event_without_gaps(scene: Scene) -> None:
    other = await scene.add_event(slug="boats26", hashtags=("boats26",))
    line = [await scene.add_source(), await scene.add_source(other)]
    both = ("boats26", "harbour26")

    await asyncio.gather(*(scene.offer(a_sighting(f"post{n}", hashtags=both), by=line) for n in range(50)))

    for event in (scene.event, other):
        assert [step.change.seq for step in await scene.steps(after=0, event=event)] == list(range(1, 52))


async def test_no_reader_misses_a_number_while_two_stores_write(database_url: str, scene: Scene) -> None:
    """A number is seen only after every smaller one: a sequence would show them as they happen to commit."""
    source = await scene.add_source()
    other = await Store.open(database_url)
    followed: list[int] = []

    async def follow() -> None:
        after = 0
        while len(followed) < 81:
            window = await scene.store.read(changes.window, scene.event.id, after=after, limit=1000)
            followed.extend(step.change.seq for step in window.steps)
            after = window.upto
            await asyncio.sleep(0)

    async def write(store: Store, name: str) -> None:
        for n in range(0, 40, 2):
            await asyncio.gather(
                *(
                    store.write(
                        intake.accept, [a_sighting(f"{name}{m}")], source_ids=[source], networks=NETWORKS, at=NOON
                    )
                    for m in (n, n + 1)
                )
            )

    await asyncio.wait_for(asyncio.gather(follow(), write(scene.store, "left"), write(other, "right")), 60)
    await other.close()

    assert followed == list(range(1, 82))


async def test_two_stores_that_lock_in_opposite_order_both_succeed(database_url: str, scene: Scene) -> None:
    """On PostgreSQL one of them is a deadlock's victim, and tried again."""
    await scene.add_event(slug="boats26")
    other = await Store.open(database_url)
    met = threading.Barrier(2)
    runs: list[str] = []

    def rename(writing: Writing, first: str, second: str) -> None:
        runs.append(first)
        for slug in (first, second):
            events.save(writing, an_event(slug=slug, title=f"{first} was first"), origin="file", at=NOON)
            if writing.dialect == "postgresql" and slug == first and runs.count(first) == 1:
                met.wait(10)

    await asyncio.gather(scene.store.write(rename, "harbour26", "boats26"), other.write(rename, "boats26", "harbour26"))
    await other.close()

    titles = {event.title for event in await scene.store.read(events.all_events)}
    assert titles in ({"harbour26 was first"}, {"boats26 was first"})
    assert (len(runs) > 2) is (scene.store.dialect == "postgresql")


WRITER = """
import asyncio, sys
from storage import intake
from storage.store import Store
from tests.factories import NETWORKS, NOON, a_sighting

async def main(url, source_id):
    store = await Store.open(url)
    async def offer(name):
        for n in range(10_000):
            await store.write(
                intake.accept, [a_sighting(f"{name}{n}")], source_ids=[source_id], networks=NETWORKS, at=NOON
            )
            print(f"{name}{n}", flush=True)
    await asyncio.gather(*map(offer, "abcd"))

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


async def test_what_was_acknowledged_survives_a_kill(database_url: str, scene: Scene) -> None:
    source = await scene.add_source()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, database_url, str(source)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert writer.stdout is not None
    acknowledged = [(await asyncio.to_thread(writer.stdout.readline)).strip() for _ in range(40)]
    writer.send_signal(signal.SIGKILL)
    acknowledged += [line.strip() for line in writer.stdout.readlines() if line.endswith("\n")]
    writer.wait()

    page = await scene.store.read(items.page, scene.event.id, limit=10_000)

    kept = {item.post.uri.rsplit("/")[-1] for item in page.items}
    assert set(acknowledged) - kept == set()
    assert len(acknowledged) >= 40
    assert len(kept) == len(page.items)
