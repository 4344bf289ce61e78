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
