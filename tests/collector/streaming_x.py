"""A source of X in tests, and a connection that stands."""

import asyncio
from datetime import UTC, datetime

from collector import x_stream
from collector.networks import x
from tests.fakes.ledger import a_source
from timeline.network import Secret


def now():
    return datetime.now(UTC)


def source_of(server, number=1, *, token="sesame", **more):
    settings = {"api": server.url, "bearer_token": Secret(token, name="env X"), **more.pop("settings", {})}
    return a_source(number, "x", settings=settings, **more)


class Heard:
    """``async with Heard(server, http) as heard``: a connection that stands; ``heard.next()`` is its next batch."""

    def __init__(self, server, http, *sources):
        self.batches = x.listen(sources or (source_of(server),), {}, http, now=now())

    async def __aenter__(self):
        assert await self.next() == x_stream.Batch()
        return self

    async def __aexit__(self, *_):
        await self.batches.aclose()

    async def next(self):
        async with asyncio.timeout(5):
            return await anext(self.batches)
