"""What the collector's tests share: a door that may reach loopback, and one that may not."""

from collections.abc import AsyncIterator

import pytest

from collector.http import Http

WHO = {"contact": "comms@example.org", "version": "0.1", "base_url": "https://live.example.org"}


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    """Short deadlines, so that what waits for one ends soon."""
    async with Http(**WHO, allow_private_addresses=True, connect_s=1, idle_s=0.3, silence_s=0.3) as door:
        yield door


@pytest.fixture
async def guarded() -> AsyncIterator[Http]:
    """As in production: the public internet alone."""
    async with Http(**WHO, connect_s=1, idle_s=0.3) as door:
        yield door


@pytest.fixture(params=["one socket", "answers", "sockets", "pleroma"])
def way(request):
    """The ways a server may stream."""

    def offer(server):
        streaming = server.streaming
        match request.param:
            case "answers":
                streaming.sockets = False
            case "sockets":
                streaming.subscribes = streaming.answers = False
            case "pleroma":
                server.version, streaming.protocol, streaming.subscribes = (
                    "2.7.2 (compatible; Pleroma 2.6.0)",
                    True,
                    False,
                )

    return offer
