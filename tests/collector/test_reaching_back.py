"""What was said while nobody listened is fetched, and nothing of it twice."""

from collector.adapter import BACK
from collector.jetstream_position import Position
from collector.networks import bluesky
from tests.collector.listening import ago, listening, source_of, words
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger


async def test_a_restart_resumes_from_the_cursor_though_nothing_matched(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            for _ in range(50):
                host.post("nothing to us", tags=())
            await ledger.until(lambda: (ledger.kept.get((1, "")) or {}).get("seq") == 50)
        host.post("while we were away #pyconf")
        async with listening(ledger, http):
            await ledger.until(lambda: words(ledger) == ["while we were away"])
        assert ("cursor", "50") in host.asked[-1]
        assert [backfill for heard, _, backfill in ledger.accepts if heard] == [False]


async def test_a_new_source_is_live_at_once_and_reaches_back_beside(http):
    async with FakeJetstream() as host:
        for number in range(30):
            host.post(f"{number:02} #pyconf", at=ago(minutes=239 - 8 * number))
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("live #pyconf")
            await ledger.until(lambda: ledger.kept.get((1, BACK)) == {})
            await ledger.until(lambda: "live" in words(ledger))
        assert words(ledger) == [*(f"{number:02}" for number in range(15, 30)), "live"]  # two hours
        assert "cursor" not in dict(host.asked[0])
        assert int(dict(host.asked[1])["cursor"]) > 10**15


async def test_reaching_back_goes_on_where_a_kill_left_it(http):
    async with FakeJetstream() as host:
        for number in range(40):
            host.post(f"{number:02} #pyconf", at=ago(minutes=100 - number))
        ledger = MemoryLedger(source_of(host))
        half = {"host": host.url, "wire": "v2", "seq": 20, "at": ago(minutes=80).isoformat()}
        ledger.kept = {
            (1, ""): {**half, "seq": 40, "at": ago(seconds=0).isoformat(), "tags": ["pyconf"]},
            (1, BACK): half,
        }
        async with listening(ledger, http):
            await ledger.until(lambda: ledger.kept[1, BACK] == {})
        assert words(ledger) == [f"{number:02}" for number in range(19, 40)]


async def test_far_behind_it_is_live_at_once_and_what_was_missed_follows(http):
    async with FakeJetstream() as host:
        for number in range(30):
            host.post(f"{number:02} #pyconf", at=ago(minutes=34 - number))
        ledger = MemoryLedger(source_of(host))
        ledger.kept = {
            (1, ""): {
                "host": host.url,
                "wire": "v2",
                "seq": 10,
                "at": ago(minutes=20).isoformat(),
                "tags": ["pyconf"],
            }
        }
        async with listening(ledger, http):
            await ledger.until(lambda: ledger.kept.get((1, BACK)) == {})
        assert words(ledger) == [f"{number:02}" for number in range(9, 30)]
        assert {backfill for heard, _, backfill in ledger.accepts if heard} == {True}
        assert ["cursor" in dict(query) for query in host.asked[:2]] == [False, True]


async def test_a_number_the_host_forgot_is_reached_back_for_by_time(http):
    async with FakeJetstream(first=1_000) as host:
        for number in range(10):
            host.post(f"{number:02} #pyconf", at=ago(minutes=9 - number))
        host.floor = 1_005
        ledger = MemoryLedger(source_of(host))
        at = ago(minutes=9).isoformat()
        ledger.kept = {(1, ""): {"host": host.url, "wire": "v2", "seq": 3, "at": at, "tags": ["pyconf"]}}
        async with listening(ledger, http):
            await ledger.until(lambda: ledger.kept.get((1, BACK)) == {})
        assert words(ledger) == [f"{number:02}" for number in range(5, 10)]
        assert [dict(query).get("cursor", "")[:1] for query in host.asked[:2]] == ["3", ""]


async def test_a_number_from_the_future_is_resumed_by_time(http):
    """The host was built anew: our number is beyond its last."""
    async with FakeJetstream() as host:
        host.post("missed #pyconf", at=ago(seconds=0))
        ledger = MemoryLedger(source_of(host))
        at = ago(seconds=10).isoformat()
        ledger.kept = {(1, ""): {"host": host.url, "wire": "v2", "seq": 900, "at": at, "tags": ["pyconf"]}}
        async with listening(ledger, http):
            await ledger.until(lambda: words(ledger) == ["missed"])
        assert ledger.kept[1, ""]["seq"] == 1


async def test_a_deletion_while_reaching_back_does_not_bring_the_post_back(http):
    async with FakeJetstream() as host:
        old = host.post("to be deleted #pyconf", at=ago(minutes=30))
        for number in range(10):
            host.post(f"{number:02} #pyconf", at=ago(minutes=20))
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.delete(old)  # live, and before the reading reaches its creation
            await ledger.until(lambda: ledger.kept.get((1, BACK)) == {})
            await ledger.until(lambda: len(ledger.posts) == 10)
        assert words(ledger) == [f"{number:02}" for number in range(10)]


async def test_a_hashtag_added_later_is_reached_back_for(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http) as streams:
            await host.until_connected()
            host.post("seen #pyconf")
            host.post("passed over #sprint", tags=("sprint",))
            await ledger.until(lambda: (ledger.kept.get((1, "")) or {}).get("seq") == 2)
            await ledger.until(lambda: ledger.kept.get((1, BACK)) == {})
            streams.update([source_of(host, hashtags=("pyconf", "sprint"))])
            await ledger.until(lambda: words(ledger) == ["passed over", "seen"])


async def test_reaching_back_on_another_host_than_the_live_line_comes_to_an_end(http):
    async with FakeJetstream() as dead, FakeJetstream() as host:
        dead.refuse = 503
        for number in range(10):
            host.post(f"{number} #pyconf", at=ago(minutes=9 - number))
        source = source_of(dead, host)
        elsewhere = Position("ws://elsewhere.example", ago(minutes=3), 900)
        since = Position(dead.url, ago(minutes=6.5), 7)
        batches = [
            batch
            async for batch in bluesky.reach_back(
                [source], {(1, BACK): since.cursor()}, http, live={(1, ""): elsewhere.cursor()}
            )
        ]
        assert len([thing for batch in batches for thing in batch.heard]) in (8, 9)  # a little is read again
        assert batches[-1].cursors == {(1, BACK): {}}


async def test_what_no_host_repeats_any_more_closes_the_gap_and_is_told(http):
    async with FakeJetstream(first=100, floor=100, forgets=True) as host:
        since = Position(host.url, ago(days=30), 7)
        batches = bluesky.reach_back([source_of(host)], {(1, BACK): since.cursor()}, http, live={})
        told = [(batch.found, batch.cursors) async for batch in batches]
        assert told == [("no host repeats anything from so long ago", {(1, BACK): {}})]


async def test_a_host_built_anew_is_reached_back_on_by_time(http):
    async with FakeJetstream() as host:
        for number in range(5):
            host.post(f"{number} #pyconf", at=ago(minutes=30 - number))
        ledger = MemoryLedger(source_of(host))
        before = Position(host.url, ago(minutes=40), 9_000)
        ledger.kept = {(1, ""): before.cursor(tags=["pyconf"])}
        async with listening(ledger, http):
            await ledger.until(lambda: len(ledger.posts) == 5)
            await ledger.until(lambda: ledger.kept.get((1, BACK)) == {})


async def test_a_host_that_stalls_while_reaching_back_gives_way_to_the_next(http):
    async with FakeJetstream() as stalled, FakeJetstream(first=500) as host:
        for number in range(10):
            for each in (stalled, host):
                each.post(f"{number} #pyconf", at=ago(minutes=60 - number), rkey=f"{number}")
        stalled.stall()
        source = source_of(stalled, host)
        live = {(1, ""): Position(host.url, ago(minutes=1), 509).cursor()}
        back = Position(stalled.url, ago(minutes=70)).cursor()
        heard = []
        for _ in range(2):
            async for batch in bluesky.reach_back([source], {(1, BACK): back}, http, live=live):
                heard += batch.heard
                back = batch.cursors[1, BACK]
        assert back == {}
        assert len(heard) == 10


async def test_what_keeps_failing_is_told_beside_a_line_that_works(http):
    async with FakeJetstream() as host:
        host.post("missed #pyconf", at=ago(minutes=30))
        ledger = MemoryLedger(source_of(host))
        host.refuse_back = 503
        async with listening(ledger, http):
            await ledger.until(lambda: 1 in ledger.health and ledger.health[1].error)
            health = ledger.health[1]
            assert health.state == "ok"
            assert health.error.startswith("What was missed cannot be read yet: ")
            assert health.hint
            host.refuse_back = None
            await ledger.until(lambda: words(ledger) == ["missed"])
            await ledger.until(lambda: ledger.health[1].error is None)
