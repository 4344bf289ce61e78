"""A database, a door with short deadlines, and halls on them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from collector import mastodon_stream, x_stream, x_trouble
from collector.http import Http
from collector.recheck import Rechecks
from collector.streams import Streams
from storage.store import Store
from storage.tail import Tail
from tests.fakes.trouble import trusted
from tests.faults.hall import Hall
from tests.faults.rigs import Rig
from timeline import recheck
from timeline.errors import Pace

WHO = {"contact": "comms@example.org", "version": "0.1", "base_url": "https://live.example.org"}
Opens = Callable[[Sequence[Rig]], Awaitable[Hall]]


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for seconds waits for moments, in the same order."""
    for what, soon in (
        (Streams, {"first_s": 0.02, "most_s": 0.2, "commit_s": 0.05, "proof_s": 0.5}),
        (Rechecks, {"look_s": 0.1, "pace_s": 0.0, "first_s": 0.1, "most_s": 0.2}),
    ):
        for name, value in soon.items():
            monkeypatch.setitem(what.__init__.__kwdefaults__, name, value)
    for module, name, value in (
        (recheck, "FRESH_EVERY", timedelta(seconds=0.2)),
        (recheck, "RECENT_EVERY", timedelta(seconds=0.2)),
        (recheck, "CONFIRMED_FOR", timedelta(seconds=0.1)),
        (mastodon_stream, "SILENCE_S", 0.4),
        (x_stream, "SILENCE_S", 0.4),
        (x_trouble, "NETWORK", Pace(first_s=0.05, most_s=0.2, doubling=False)),
        (x_trouble, "HTTP", Pace(first_s=0.05, most_s=0.2)),
        (x_trouble, "TOO_MANY", Pace(first_s=0.2, most_s=0.4)),
        (x_trouble, "NOT_ALLOWED", Pace(first_s=0.2, most_s=0.4)),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.fixture
async def hall_of(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opens]:
    """``await hall_of([rig, …])``: an event that collects from these."""
    hurry(monkeypatch)
    async with AsyncExitStack() as stack:
        store = await Store.open(sqlite_url)
        stack.push_async_callback(store.close)
        tail = Tail(store, look_s=0.02)
        await tail.start()
        stack.push_async_callback(tail.stop)
        http = await stack.enter_async_context(
            Http(
                **WHO,
                allow_private_addresses=True,
                connect_s=1,
                idle_s=0.3,
                silence_s=0.4,
                answer_s=1.2,
                trust=trusted(),
            )
        )

        async def opens(rigs: Sequence[Rig]) -> Hall:
            for rig in rigs:
                await stack.enter_async_context(rig)
            hall = Hall(store, tail, http, rigs)
            await hall.open()
            return hall

        yield opens
