"""What is deleted on a polled server: the sweep of the last hour misses it, and then asks."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.adapter import Ask
from collector.networks import mastodon
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.mastodon import FakeMastodon

NOW = datetime.now(UTC)


class Sweeps:
    """Polls eleven minutes apart, so that each but the first sweeps."""

    def __init__(self, server, http, **more):
        self.source = a_source(settings={"server": server.url, **more})
        self.ledger = MemoryLedger(self.source)
        self.http = http
        self.now = NOW

    async def sweep(self, times=1):
        for _ in range(times):
            ask = Ask(source=self.source, cursors=await self.ledger.cursors([1]), now=self.now)
            async for batch in mastodon.fetch(ask, self.http):
                await self.ledger.accept(batch.heard, source_ids=[1], cursors=batch.cursors, backfill=batch.backfill)
            self.now += timedelta(minutes=11)
        return {post.html.removeprefix("<p>").split(" <")[0] for post in self.ledger.posts.values()}


@pytest.mark.parametrize("ulids", [False, True])
async def test_a_post_deleted_within_the_hour_is_removed(http, ulids):
    async with FakeMastodon(ulids=ulids, most=5) as server:
        for number in range(12):
            server.post(f"{number}", at=NOW - timedelta(minutes=number))
        sweeps = Sweeps(server, http)
        await sweeps.sweep(2)
        server.delete(server.statuses[3])
        assert await sweeps.sweep() == {f"{number}" for number in range(12)} - {"3"}


async def test_the_only_post_there_was_is_removed_too(http):
    async with FakeMastodon() as server:
        only = server.post("only", at=NOW)
        sweeps = Sweeps(server, http)
        await sweeps.sweep(2)
        server.delete(only)
        assert await sweeps.sweep() == set()


async def test_a_post_that_lost_its_hashtag_or_grew_old_is_not_taken_for_deleted(http):
    async with FakeMastodon() as server:
        server.post("old", at=NOW - timedelta(minutes=35))
        edited = server.post("edited", at=NOW)
        sweeps = Sweeps(server, http)
        await sweeps.sweep(2)
        edited["tags"] = []
        assert await sweeps.sweep(5) == {"old", "edited"}


async def test_a_post_that_lost_its_hashtag_is_heard_as_it_is_now(http):
    async with FakeMastodon() as server:
        server.post("old", at=NOW - timedelta(minutes=35))
        edited = server.post("edited", at=NOW)
        sweeps = Sweeps(server, http)
        await sweeps.sweep(2)
        edited["tags"] = []
        server.edit(edited, "without <b>it</b>")
        assert await sweeps.sweep() == {"old", "without"}


async def test_a_server_that_shows_no_single_post_has_deleted_nothing(http):
    async with FakeMastodon(secretive=True) as server:
        server.post("kept", at=NOW - timedelta(minutes=1))
        gone = server.post("gone", at=NOW)
        sweeps = Sweeps(server, http)
        await sweeps.sweep(2)
        server.delete(gone)
        assert await sweeps.sweep(2) == {"kept", "gone"}
        assert server.looked_up == [gone["id"]]
