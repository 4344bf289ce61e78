"""The frozen wire: the same posts, and what it does not say of itself found out."""

import pytest

from collector.adapter import BACK
from collector.jetstream_position import Position
from collector.networks import bluesky
from tests.collector.listening import ago, listening, source_of, words
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger

V1 = {"wire": "v1"}


async def test_posts_edits_deletions_and_accounts_come_by_the_frozen_wire(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host, settings=V1))
        async with listening(ledger, http):
            await host.until_connected()
            first, second = host.post("one #pyconf"), host.post("two #pyconf")
            host.post("three #other", tags=("other",))
            host.say("identity", "did:plc:bob", identity={"did": "did:plc:bob", "handle": "bob.example"})
            host.post("four #pyconf", did="did:plc:bob")
            await ledger.until(lambda: words(ledger) == ["four", "one", "two"])
            host.edit(first, "one, better #pyconf")
            host.delete(second)
            host.account("did:plc:bob", "deleted")
            await ledger.until(lambda: words(ledger) == ["one, better"])
        assert set(host.paths) == {"/subscribe"}
        assert ("wantedCollections", "app.bsky.feed.post") in host.asked[0]
        assert host.errors == []
        assert host.packed > 0


async def test_a_frozen_line_that_is_cut_resumes_without_loss_or_repeat(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host, settings=V1))
        async with listening(ledger, http):
            await host.until_connected()
            for number in range(0, 20, 2):
                host.post(f"{number:02} #pyconf")
                await ledger.until(lambda n=number: len(ledger.posts) == n + 1)
                host.post(f"{number + 1:02} #pyconf")
                await host.hang_up()  # perhaps before it was sent
                await ledger.until(lambda n=number: len(ledger.posts) == n + 2)
        assert words(ledger) == [f"{number:02}" for number in range(20)]


@pytest.mark.parametrize("fault", ["drop_at_seam", "reorder_at_seam"])
async def test_what_is_dropped_or_reordered_where_a_replay_turns_live_is_heard_all_the_same(http, fault):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host, settings=V1))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("before #pyconf")
            await ledger.until(lambda: words(ledger) == ["before"])
            await ledger.until(lambda: ledger.kept.get((1, BACK)) == {})
            setattr(host, fault, 1)
            said = len(host.asked)
            await host.hang_up()
            host.post("meanwhile #pyconf")
            await host.until_connected(said + 2)
            host.post("at the seam #pyconf")
            host.post("after #pyconf")
            await ledger.until(lambda: words(ledger) == ["after", "at the seam", "before", "meanwhile"])


async def test_what_the_frozen_wire_leaves_out_in_silence_is_told_as_a_gap(http):
    async with FakeJetstream(first=100) as host:
        for number in range(10):
            host.post(f"{number} #pyconf", at=ago(hours=20 - 2 * number))
        host.floor = 105
        ledger = MemoryLedger(source_of(host, settings=V1))
        since = ago(hours=19)
        ledger.kept = {(1, ""): Position(host.url, since, wire="v1").cursor(tags=["pyconf"])}
        async with listening(ledger, http):
            await ledger.until(lambda: ledger.kept.get((1, BACK)) == {})
        assert words(ledger) == [str(number) for number in range(5, 10)]
        gap = ledger.gaps[1]
        assert (gap.since, round((ago(hours=10) - gap.until).total_seconds() / 60)) == (since, 0)
        assert gap.reason == "the Jetstream host keeps nothing from so long ago"


async def test_a_change_of_wire_goes_by_the_time(http):
    async with FakeJetstream(first=5_000) as host:
        for number in range(4):
            host.post(f"{number} #pyconf", at=ago(minutes=3 - number))
        ledger = MemoryLedger(source_of(host))
        ledger.kept = {(1, ""): Position(host.url, ago(minutes=2), 1_763_000_000_000_000, "v1").cursor(tags=["pyconf"])}
        async with listening(ledger, http):
            await ledger.until(lambda: len(ledger.posts) == 4)
            await ledger.until(lambda: ledger.kept[1, ""]["wire"] == "v2")
        assert int(dict(host.asked[0])["cursor"]) > 10**15  # never the number of the other wire
        assert ledger.kept[1, ""]["seq"] == 5_003


async def test_a_frozen_host_that_falls_silent_gives_way_and_nothing_is_lost(http):
    async with FakeJetstream() as first, FakeJetstream(first=900) as second:
        ledger = MemoryLedger(source_of(first, second, settings=V1))
        async with listening(ledger, http):
            await first.until_connected()
            first.post("one #pyconf", rkey="1")
            second.post("one #pyconf", rkey="1")
            await ledger.until(lambda: words(ledger) == ["one"])
            first.stall()
            second.post("two #pyconf", rkey="2")
            await ledger.until(lambda: words(ledger) == ["one", "two"])
            await ledger.until(lambda: ledger.kept[1, ""]["host"] == second.url)


def test_wires_do_not_share_a_line():
    one, other = source_of(settings={"jetstream": "wss://a.example"}), source_of(settings={"wire": "v1"})
    assert bluesky.line(one) == "wss://a.example v2"
    assert bluesky.line(other) == "wss://jetstream2.us-east.bsky.network wss://jetstream1.us-west.bsky.network v1"
