"""Who waits for a change hears of it, whichever process made it."""

import asyncio

from storage import events
from storage.store import Store
from storage.tail import Tail
from storage.writing import Writing
from tests.factories import NOON, a_sighting, an_event
from tests.storage.conftest import Scene


class TestTail:
    async def test_a_commit_here_is_heard_at_once(self, scene: Scene) -> None:
        tail = Tail(scene.store, look_s=60, silence_s=60)
        await tail.start()
        source = await scene.add_source()
        waiting = asyncio.create_task(tail.wait(scene.event.id, tail.latest(scene.event.id)))

        await scene.offer(a_sighting("one"), by=source)

        assert await asyncio.wait_for(waiting, 5) == 2
        assert tail.latest(scene.event.id) == 2
        await tail.stop()

    async def test_a_commit_of_another_process_is_heard(self, database_url: str, scene: Scene) -> None:
        tail = Tail(scene.store, look_s=0.02)
        await tail.start()
        other = await Store.open(database_url)
        waiting = asyncio.create_task(tail.wait(scene.event.id, 1))
        anything = asyncio.create_task(tail.anything())

        await other.write(events.save, an_event(slug="new-one"), origin="file", at=NOON)
        await asyncio.wait_for(anything, 5)
        await other.write(_retitle, "harbour26")

        assert await asyncio.wait_for(waiting, 5) == 2
        assert set(map(tail.latest, (scene.event.id, 99))) == {2, 0}
        await other.close()
        await tail.stop()

    async def test_silence_is_not_taken_for_the_end(self, database_url: str, scene: Scene) -> None:
        other = await Store.open(database_url)
        tail = Tail(scene.store, look_s=0.01, silence_s=0.01)
        await tail.start()
        for _ in range(20):
            await scene.seq()

        waiting = asyncio.create_task(tail.wait(scene.event.id, 1))
        await other.write(_retitle, "harbour26")

        assert await asyncio.wait_for(waiting, 5) == 2
        await tail.stop()
        await other.close()

    async def test_a_lost_connection_is_made_again_and_nothing_is_missed(self, database_url: str, scene: Scene) -> None:
        other = await Store.open(database_url)
        tail = Tail(scene.store, reconnect_s=0.05)
        await tail.start()
        waiting = asyncio.create_task(tail.wait(scene.event.id, 1))

        await other.write(_cut_listeners)
        await other.write(_retitle, "harbour26")

        assert await asyncio.wait_for(waiting, 10) == 2
        await tail.stop()
        await other.close()


def _retitle(writing: Writing, slug: str) -> None:
    events.save(writing, an_event(slug=slug, title="Another title"), origin="file", at=NOON)


def _cut_listeners(writing: Writing) -> None:
    if writing.dialect == "sqlite":
        return  # there is nothing to lose
    writing.connection.exec_driver_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'backchannel tail' AND datname = current_database()"
    )
