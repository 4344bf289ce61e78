"""A stage for storage tests: a store, one event, and short words for what sources do."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from storage import changes, events, intake, items, sources
from storage.store import Store
from tests.conftest import DATABASES, new_postgresql
from tests.factories import NETWORKS, NOON, SECOND, a_source, an_event
from timeline.change import Step
from timeline.event import Event
from timeline.item import Item
from timeline.post import Heard


class Scene:
    """One store with one event, ``harbour26``, unless a test asks for more."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.event: Event

    async def add_event(self, **differently: Any) -> Event:
        return await self.store.write(events.save, an_event(**differently), origin="file", at=NOON)

    async def add_source(self, event: Event | None = None, **differently: Any) -> int:
        return await self.store.write(sources.add, (event or self.event).id, a_source(**differently), origin="command")

    async def offer(
        self, *heard: Heard, by: int | Sequence[int], at: datetime = NOON + SECOND, **more: Any
    ) -> intake.Accepted:
        source_ids = [by] if isinstance(by, int) else by
        return await self.store.write(intake.accept, heard, source_ids=source_ids, networks=NETWORKS, at=at, **more)

    async def shown(self, event: Event | None = None) -> list[Item]:
        return list((await self.store.read(items.page, (event or self.event).id, limit=200)).items)

    async def texts(self, event: Event | None = None) -> list[str]:
        return [item.post.text for item in await self.shown(event)]

    async def seq(self, event: Event | None = None) -> int:
        return (await self.store.read(items.page, (event or self.event).id, limit=1)).seq

    async def steps(self, after: int, event: Event | None = None, **more: Any) -> tuple[Step, ...]:
        window = await self.store.read(changes.window, (event or self.event).id, after=after, limit=1000, **more)
        return window.steps

    async def kinds(self, after: int, event: Event | None = None, **more: Any) -> list[tuple[str, int | None]]:
        return [(step.change.kind, step.change.subject) for step in await self.steps(after, event, **more)]


@pytest.fixture
async def scene(store: Store) -> Scene:
    made = Scene(store)
    made.event = await made.add_event()
    return made


@pytest.fixture(params=DATABASES)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The address of a database that is not there yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'new.db'}"
    else:
        with new_postgresql() as url:
            yield url
