"""Lines that speak by themselves: nothing lost and nothing twice, however often they break."""

import asyncio

import pytest

from collector.networks import bluesky
from tests.collector.listening import listening, source_of, words
from tests.fakes.appview import FakeAppView
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger, a_source
from timeline.errors import SourceUnavailable


async def test_what_is_tagged_comes_in_and_nothing_else(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("one #pyconf")
            host.post("two #other", tags=("other",))
            host.post("three #pyconf in words alone", tags=())
            host.post("four", tags=("PyConf",))
            host.post("five ＃ＰＹＣＯＮＦ", tags=("ＰＹＣＯＮＦ",))
            await ledger.until(lambda: len(ledger.posts) == 3)
        assert words(ledger) == ["<p>five ＃ＰＹＣＯＮＦ</p>"[3:], "four</p>", "one"]
        assert host.errors == []


async def test_edits_replace_and_deletions_remove(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            first, second = host.post("one #pyconf"), host.post("two #pyconf")
            await ledger.until(lambda: len(ledger.posts) == 2)
            host.edit(first, "one, better")  # and without its tag: still ours to hear of
            host.delete(second)
            await ledger.until(lambda: words(ledger) == ["one, better</p>"])


async def test_a_deletion_right_after_its_creation_is_not_lost(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.stall()
            host.delete(host.post("gone #pyconf"))
            host.post("here #pyconf")
            host.go_on()  # the three arrive together
            await ledger.until(lambda: words(ledger) == ["here"] and "1" not in ledger.refs)


async def test_deletions_of_unknown_posts_cost_one_question_and_no_write(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http, commit_s=0.2):
            await host.until_connected()
            for number in range(200):
                host.say("commit", f"did:plc:{number}", operation="delete", collection="app.bsky.feed.post", rkey="x")
            await ledger.until(lambda: (ledger.kept.get((1, "")) or {}).get("seq") == 200)
        assert len(ledger.questions) <= 3
        assert [heard for heard, _, _ in ledger.accepts if heard] == []


async def test_an_account_that_goes_takes_its_posts_with_it(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("one #pyconf", did="did:plc:ada")
            host.post("two #pyconf", did="did:plc:bob")
            host.account("did:plc:ada", "takendown")
            host.account("did:plc:bob", "throttled")
            await ledger.until(lambda: words(ledger) == ["two"])


async def test_an_account_that_is_away_keeps_its_posts_for_when_it_is_back(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("one #pyconf", did="did:plc:ada")
            for status, label in (("deactivated", "!deactivated"), ("suspended", "!suspend"), (None, None)):
                host.account("did:plc:ada", status)
                await ledger.until(lambda label=label: ledger.away.get("did:plc:ada", "") == label)
        assert words(ledger) == ["one"]


async def test_a_line_that_is_cut_resumes_without_loss_or_repeat(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            for number in range(0, 40, 2):
                host.post(f"{number:02} #pyconf")
                await ledger.until(lambda n=number: len(ledger.posts) == n + 1)
                host.post(f"{number + 1:02} #pyconf")
                await host.hang_up()  # perhaps before it was sent
                await ledger.until(lambda n=number: len(ledger.posts) == n + 2)
        assert words(ledger) == [f"{number:02}" for number in range(40)]
        assert all("cursor" in dict(query) for query in host.asked[1:])


async def test_the_next_host_takes_over_by_time(http):
    async with FakeJetstream() as first, FakeJetstream(first=70_000) as second:
        ledger = MemoryLedger(source_of(first, second))
        async with listening(ledger, http):
            await first.until_connected()
            first.post("one #pyconf", rkey="1")
            await ledger.until(lambda: words(ledger) == ["one"])
            first.refuse = 503
            second.post("one #pyconf", rkey="1")
            second.post("two #pyconf", rkey="2")
            await first.hang_up()
            await ledger.until(lambda: ledger.kept[1, ""]["host"] == second.url)
            await ledger.until(lambda: words(ledger) == ["one", "two"])
        assert int(dict(second.asked[0])["cursor"]) > 10**15


async def test_a_silent_host_gives_way_to_the_next(http):
    async with FakeJetstream() as dead, FakeJetstream() as lively:
        ledger = MemoryLedger(source_of(dead, lively))
        async with listening(ledger, http):
            await lively.until_connected()  # after the door's silence
            lively.post("alive #pyconf")
            await ledger.until(lambda: words(ledger) == ["alive"])
        assert ledger.health[1].state == "ok"


async def test_sources_of_several_events_share_one_connection(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host), source_of(host, source_id=2, hashtags=("jsconf",)))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("a #pyconf")
            host.post("b #jsconf", tags=("jsconf",))
            await ledger.until(lambda: words(ledger) == ["a", "b"])
            live = [query for query in host.asked if "cursor" not in dict(query)]
            assert len(live) == 1
        assert {ids for _, ids, backfill in ledger.accepts if not backfill} == {(1, 2)}


async def test_a_dead_line_does_not_touch_its_neighbour(http):
    async with FakeJetstream(refuse=500) as dead, FakeJetstream() as lively:
        ledger = MemoryLedger(source_of(dead), source_of(lively, source_id=2))
        async with listening(ledger, http):
            await ledger.until(lambda: ledger.health.get(1) and ledger.health[1].state == "failing")
            await lively.until_connected()
            lively.post("alive #pyconf")
            await ledger.until(lambda: words(ledger) == ["alive"])
            dead.refuse = None
            await ledger.until(lambda: ledger.health[1].state == "ok")
        assert ledger.health[2].state == "ok"


async def test_a_fault_of_ours_is_told_and_the_line_taken_up_again(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            ledger.fails = RuntimeError("the words of a post")
            host.post("one #pyconf")
            await ledger.until(lambda: words(ledger) == ["one"])
        told = [health.error for _, health in ledger.reports if health.state == "failing"]
        assert told == ["Backchannel could not make sense of this source"]


async def test_an_error_frame_ends_the_line_and_it_is_taken_up_again(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("one #pyconf")
            await ledger.until(lambda: words(ledger) == ["one"])
            await host.error("ConsumerTooSlow")
            host.post("two #pyconf")
            await ledger.until(lambda: words(ledger) == ["one", "two"])


async def test_frames_that_are_garbage_are_counted_and_passed_over(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.say("commit", "did:plc:x", operation="create", collection="app.bsky.feed.post", rkey="1", record=7)
            host.post("facets #pyconf", facets="no list")
            host.say("novelty", "did:plc:x")
            host.say("sync", "did:plc:x")
            host.post("fine #pyconf")
            await ledger.until(lambda: words(ledger) == ["fine"])


async def test_authors_are_completed_when_the_appview_answers_again(http):
    from collector.introductions import Introductions

    async with FakeJetstream() as host, FakeAppView(silent=True) as appview:
        settings = {"jetstream": (host.url,), "appview": appview.url}
        ledger = MemoryLedger(a_source(1, "bluesky", settings=settings))
        looking = Introductions(ledger, http, bluesky, first_s=0.01, most_s=0.02)
        looking.update(ledger.listed)
        async with listening(ledger, http), asyncio.TaskGroup() as group:
            running = group.create_task(looking.run())
            await host.until_connected()
            for number in range(30):
                host.post(f"{number} #pyconf", did=f"did:plc:{number:02}")
                appview.know(f"did:plc:{number:02}", f"n{number:02}.example", f"Number {number}")
            await ledger.until(lambda: len(ledger.posts) == 30)
            assert {post.author.name for post in ledger.posts.values()} == {f"did:plc:{n:02}" for n in range(30)}
            looking.wake()
            await appview.polled.wait()
            appview.silent = False
            await ledger.until(lambda: len(ledger.authors) == 30)
            running.cancel()
        assert ledger.authors["did:plc:07"].author.handle == "@n07.example"
        assert max(len(actors) for actors in appview.asked) == 25


async def test_check_says_whether_a_host_speaks(http):
    async with FakeJetstream() as host, FakeJetstream(refuse=503) as dead:
        source = source_of(dead, host)
        assert await bluesky.check(source, http, wait_s=0.05) == "127.0.0.1 is there, but said nothing for 0 s"
        checking = asyncio.create_task(bluesky.check(source, http))
        await host.until_connected(2)
        host.post()
        assert await checking == "127.0.0.1 speaks"
        with pytest.raises(SourceUnavailable, match="trouble of its own"):
            await bluesky.check(source_of(dead), http)


def test_sources_that_name_the_same_hosts_share_a_line():
    one, other = (
        a_source(1, "bluesky"),
        a_source(2, "bluesky", settings={"jetstream": bluesky.HOSTS["v2"], "wire": "v2"}),
    )
    alone = a_source(3, "bluesky", settings={"jetstream": "wss://jetstream.example/"})
    assert bluesky.line(one) == bluesky.line(other)
    assert bluesky.line(alone) == "wss://jetstream.example v2"
