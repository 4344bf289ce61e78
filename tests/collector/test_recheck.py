"""Posts are looked at again: each in its turn, within bounds, and never in the way of anything."""
# ruff: noqa: ARG002  the peers here need less than they are given

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from structlog.testing import capture_logs

from collector.recheck import LONG_AGO, TURN, Rechecks
from tests.factories import a_sighting
from tests.fakes.ledger import MemoryLedger, a_source
from timeline.errors import SourceUnavailable
from timeline.network import NetworkInfo
from timeline.post import Removal


@dataclass
class Peer:
    """A network that tells of its posts when asked: ``gone`` ones as removed, of ``silent`` ones nothing."""

    INFO: NetworkInfo = field(default_factory=lambda: NetworkInfo(key="mastodon", label="Peer", fields=()))
    RECALLED: int = 2
    gone: set = field(default_factory=set)
    silent: set = field(default_factory=set)
    asked: list = field(default_factory=list)
    fails: list = field(default_factory=list)
    held: asyncio.Event | None = None

    async def check(self, source, http):
        return "ok"

    async def recall(self, refs, source, http):
        self.asked.append((source.id, list(refs)))
        if self.held is not None:
            await self.held.wait()
        if self.fails:
            raise self.fails.pop(0)
        told = [ref for ref in refs if ref not in self.silent]
        return [Removal(ref=ref) if ref in self.gone else a_sighting(ref) for ref in told]


@dataclass
class Speaker(Peer):
    """One that also speaks by itself."""

    def line(self, source):
        return "line"

    async def listen(self, sources, cursors, http, *, now):
        await asyncio.Event().wait()
        yield


@asynccontextmanager
async def looking(ledger, *peers, **how):
    quick = {"look_s": 0.01, "seldom_s": 60, "pace_s": 0, "first_s": 0.01}
    rechecks = Rechecks(ledger, None, {peer.INFO.key: peer for peer in peers}, **{**quick, **how})
    task = asyncio.create_task(rechecks.run())
    try:
        yield rechecks
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def shows(ledger, *refs, source_id=1):
    """The ledger holds these posts, and they are due."""
    for ref in refs:
        sighting = a_sighting(ref)
        ledger.posts[sighting.post.uri], ledger.refs[ref] = sighting.post, sighting.post.uri
    ledger.stale[source_id] = [*ledger.stale.get(source_id, ()), *refs]


def all_done(ledger):
    return lambda: not any(ledger.stale.values())


async def test_what_is_due_is_asked_for_in_handfuls_and_what_is_gone_goes():
    peer, ledger = Peer(gone={"two"}), MemoryLedger(a_source(1))
    shows(ledger, "one", "two", "three")

    async with looking(ledger, peer):
        await ledger.until(all_done(ledger))

    assert peer.asked == [(1, ["one", "two"]), (1, ["three"])]
    assert set(ledger.refs) == {"one", "three"}


async def test_what_the_network_does_not_tell_of_stays_and_is_not_asked_for_over_and_over():
    peer, ledger = Peer(silent={"one"}), MemoryLedger(a_source(1))
    shows(ledger, "one")

    async with looking(ledger, peer):
        await ledger.until(all_done(ledger))
        seen = len(ledger.wondered)
        while len(ledger.wondered) < seen + 3:
            await asyncio.sleep(0.01)

    assert (len(peer.asked), set(ledger.refs)) == (1, {"one"})


async def test_a_server_that_fails_is_left_alone_and_asked_again_and_the_log_says_so_once():
    trouble = [SourceUnavailable("busy"), SourceUnavailable("busy", retry_after_s=0.05)]
    peer, ledger = Peer(gone={"one"}, fails=trouble), MemoryLedger(a_source(1))
    shows(ledger, "one")

    with capture_logs() as logs:
        async with looking(ledger, peer):
            await ledger.until(all_done(ledger))
            while len(logs) < 2:
                await asyncio.sleep(0.01)

    assert len(peer.asked) == 3
    assert [line["event"] for line in logs] == ["posts are not looked at again for now", "posts are looked at again"]


async def test_a_post_that_an_adapter_breaks_on_stands_in_nobodys_way():
    peer, ledger = Peer(fails=[RuntimeError("secret words")], gone={"three"}), MemoryLedger(a_source(1))
    shows(ledger, "one", "two", "three")

    with capture_logs() as logs:
        async with looking(ledger, peer):
            await ledger.until(all_done(ledger))
            while len(logs) < 2:
                await asyncio.sleep(0.01)

    assert [refs for _, refs in peer.asked] == [["one", "two"], ["three"]]
    assert [line["event"] for line in logs] == ["looking again broke", "posts are looked at again"]
    assert "secret words" not in str(logs)


async def test_a_slow_server_keeps_no_other_waiting():
    slow = Peer(held=asyncio.Event())
    quick = Peer(INFO=NetworkInfo(key="feed", label="Quick", fields=()))
    ledger = MemoryLedger(a_source(1), a_source(2, "feed"))
    shows(ledger, "one", source_id=1)
    shows(ledger, "two", source_id=2)

    async with looking(ledger, slow, quick):
        await ledger.until(lambda: not ledger.stale[2])
        await ledger.until(lambda: slow.asked)

    assert (slow.asked, quick.asked) == ([(1, ["one"])], [(2, ["two"])])


async def test_what_is_new_waits_for_one_turn_at_most():
    """An archive is gone through bit by bit: what is due is asked for anew after every turn."""
    peer, ledger = Peer(RECALLED=1), MemoryLedger(a_source(1))
    shows(ledger, *(str(number) for number in range(TURN + 5)))

    async with looking(ledger, peer):
        await ledger.until(lambda: len(peer.asked) >= TURN)
        sighting = a_sighting("fresh")
        ledger.posts[sighting.post.uri], ledger.refs["fresh"] = sighting.post, sighting.post.uri
        ledger.stale[1].insert(0, "fresh")
        await ledger.until(all_done(ledger))

    assert peer.asked[TURN] == (1, ["fresh"])


async def test_reading_that_is_charged_for_stops_at_half_of_what_is_left_and_is_told():
    info = NetworkInfo(key="x", label="X", fields=(), budget="budget_posts_per_day")
    peer, ledger = Peer(INFO=info), MemoryLedger(a_source(1, "x"))
    ledger.budget = 6
    shows(ledger, *"abcdef")

    async with looking(ledger, peer):
        await ledger.until(lambda: len(ledger.read) == 3)
        seen = len(ledger.wondered)
        while len(ledger.wondered) < seen + 3:
            await asyncio.sleep(0.01)

    assert peer.asked == [(1, ["a", "b"]), (1, ["c"])]
    assert ledger.read == ["a", "b", "c"]


async def test_while_a_line_stands_it_is_believed_and_no_longer():
    scoped = Speaker(INFO=NetworkInfo(key="mastodon", label="Scoped", fields=(), deletes="scoped"))
    ledger = MemoryLedger(a_source(1))

    async def told(rechecks):
        seen = len(ledger.wondered)
        while len(ledger.wondered) < seen + 3:
            await asyncio.sleep(0.01)
        return ledger.wondered[-1][1]

    async with looking(ledger, scoped) as rechecks:
        assert await told(rechecks) is None
        rechecks.line_stands([1])
        since = await told(rechecks)
        rechecks.line_fell([1])
        assert await told(rechecks) is None
        rechecks.line_stands([1])
        assert since is not None
        assert (await told(rechecks)) > since


async def test_a_firehose_takes_up_where_it_broke_off_so_that_only_gaps_count():
    firehose = Speaker(INFO=NetworkInfo(key="mastodon", label="Firehose", fields=(), deletes="firehose"))
    ledger = MemoryLedger(a_source(1))

    async with looking(ledger, firehose, look_s=0.05) as rechecks:
        rechecks.line_stands([1])
        while not ledger.wondered:
            await asyncio.sleep(0.01)

    assert ledger.wondered[0] == {1: LONG_AGO}
