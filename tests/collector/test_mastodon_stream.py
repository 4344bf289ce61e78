"""Listening to Mastodon: one socket for everything, nothing lost however it breaks."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from collector import mastodon_stream, streams
from collector.networks import mastodon
from tests.collector.tooting import listening, source_of, words
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.mastodon import FakeMastodon
from timeline.network import Secret

PYCONF, JSCONF, HOME = ("hashtag", "pyconf"), ("hashtag", "jsconf"), ("user",)
NOW = datetime.now(UTC)


async def test_what_is_said_edited_and_deleted_arrives_whichever_way_a_server_streams(http, way):
    async with FakeMastodon() as server:
        way(server)
        ledger = MemoryLedger(source_of(server, hashtags=("jsconf", "pyconf")))
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF, JSCONF)
            one, two = server.post("one"), server.post("two", tags=("jsconf",))
            server.post("three", tags=("elsewhere",))
            await ledger.until(lambda: words(ledger) == ["one", "two"])
            server.edit(one, "one, better")
            server.delete(two)
            await ledger.until(lambda: words(ledger) == ["one, better"])
        assert ledger.health[1].state == "ok"
        assert all("access_token" not in query for query in server.streaming.queries)


async def test_everything_on_a_server_shares_one_socket_and_each_hashtag_is_asked_for_once(http):
    async with FakeMastodon() as server:
        ledger = MemoryLedger(
            source_of(server, 1),
            source_of(server, 2, hashtags=("jsconf", "pyconf"), spellings=("JSConf", "PyConf")),
            source_of(server, 3, accounts=("@ada",), hashtags=()),
        )
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF, JSCONF, HOME)
            server.post("both", tags=("pyconf", "jsconf"))
            await ledger.until(lambda: words(ledger) == ["both"])
        assert server.streaming.connections == 1
        assert sorted(server.streaming.said) == [JSCONF, PYCONF, HOME]
        assert {ids for _, ids, _ in ledger.accepts} == {(1, 2, 3)}


def test_a_line_is_a_server_and_a_token_and_needs_one():
    one, other = (a_source(n, settings={"server": "tide.example/", "token": Secret("a")}) for n in (1, 2))
    assert mastodon.line(one) == mastodon.line(other)
    assert mastodon.line(a_source(settings={"server": "https://tide.example", "token": Secret("b")})) != mastodon.line(
        one
    )
    assert "a" not in (mastodon.line(one) or "").split()
    assert mastodon.line(a_source(settings={"server": "https://tide.example"})) is None


async def test_the_streams_may_be_on_another_host(http):
    async with FakeMastodon() as elsewhere, FakeMastodon(streaming_url=elsewhere.url) as server:
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await elsewhere.streaming.until_heard(PYCONF)
        assert server.streaming.connections == 0


async def test_an_older_server_says_where_it_streams_in_the_older_way(http):
    async with FakeMastodon() as elsewhere, FakeMastodon(v2=False, streaming_url=elsewhere.url) as server:
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await elsewhere.streaming.until_heard(PYCONF)


async def test_of_the_home_timeline_only_who_is_followed_is_taken(http, way):
    async with FakeMastodon(followed={"ada", "eve"}) as server:
        way(server)
        ledger = MemoryLedger(source_of(server, accounts=("@ada",)))
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF, HOME)
            server.post("a friend of the account", tags=(), author="eve")
            server.post("kept back", tags=(), author="ada", visibility="private")
            server.boost(server.post("boosted", tags=(), author="bob"), author="ada")
            server.post("untagged", tags=(), author="ada")
            await ledger.until(lambda: words(ledger) == ["untagged"])
        assert [type(thing).__name__ for heard, _, _ in ledger.accepts for thing in heard] == ["Sighting"]


@pytest.mark.parametrize("more", [{"visibility": "unlisted"}, {"local_only": True}])
async def test_what_is_not_for_everybody_is_passed_over(http, more):
    async with FakeMastodon() as server:
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF)
            server.streaming.publish("update", {**server.post("x", tags=()), **more}, {PYCONF})
            server.post("for everybody")
            await ledger.until(lambda: words(ledger) == ["for everybody"])


@pytest.mark.parametrize("mark", ["limited", "suspended"])
async def test_whom_the_server_holds_back_is_passed_over(http, mark):
    async with FakeMastodon() as server:
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF)
            server.post("held back", account={**server.account("eve"), mark: True})
            server.post("shown")
            await ledger.until(lambda: words(ledger) == ["shown"])


async def test_deletions_before_their_post_and_edits_before_their_update_are_told_as_they_come(http):
    async with FakeMastodon() as server:
        server.streaming.shuffled = True
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF)
            gone = server.post("gone")
            server.delete(gone)
            await ledger.until(lambda: words(ledger) == ["gone"])  # a ledger without tombstones
        [first, second] = [thing for heard, _, _ in ledger.accepts for thing in heard]
        assert (first.ref, second.ref) == (gone["id"], gone["id"])
        assert mastodon.INFO.deletes == "scoped"


async def test_unknown_events_pass_by_and_garbage_is_counted(http):
    async with FakeMastodon() as server:
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF)
            server.streaming.publish("announcement.reaction", "{}", {PYCONF})
            server.streaming.frame('{"stream":["user"],"event":"filters_changed"}')
            server.streaming.frame("")
            for garbage in ("{", "[]", '{"event":"update","payload":"{"}', '{"event":"update"}', '{"event":"delete"}'):
                server.streaming.frame(garbage)
            server.post("fine")
            await ledger.until(lambda: words(ledger) == ["fine"])
        dropped = [thing for heard, _, _ in ledger.accepts for thing in heard if type(thing).__name__ == "Unreadable"]
        assert len(dropped) == 5
        assert server.streaming.connections == 1


async def test_a_server_that_turns_a_stream_down_later_is_told_in_words(http):
    async with FakeMastodon() as server:
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF)
            server.streaming.frame('{"error":"Access to this timeline is disabled","status":403}')
            told = "127.0.0.1 does not let this token listen"
            await ledger.until(lambda: 1 in ledger.health and ledger.health[1].error == told)


@pytest.mark.parametrize("cut", [False, True])
async def test_what_was_said_while_the_line_was_down_is_fetched(http, way, cut):
    async with FakeMastodon() as server:
        way(server)
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http, polled=True):
            await server.streaming.until_heard(PYCONF)
            server.post("before")
            await ledger.until(lambda: words(ledger) == ["before"])
            seen = server.streaming.connections
            server.quiet = True
            await server.streaming.hang_up(cut=cut)
            server.post("between")
            server.quiet = False
            await server.streaming.until_heard(PYCONF, connections=seen + 1)
            server.post("after")
            await ledger.until(lambda: words(ledger) == ["after", "before", "between"])
        assert ledger.health[1].state == "ok"


async def test_an_edit_while_the_line_was_down_is_seen_although_the_hour_was_swept_not_long_ago(http):
    async with FakeMastodon() as server:
        status = server.post("befor", at=NOW - timedelta(minutes=30))
        server.post("newest", at=NOW)
        ledger = MemoryLedger(source_of(server))
        swept = {"newest": server.statuses[1]["id"], "newest_at": NOW.isoformat()}
        ledger.kept[1, "pyconf"] = {**swept, "swept_at": (NOW - timedelta(minutes=2)).isoformat()}
        server.edit(status, "before")
        async with listening(ledger, http, polled=True):
            await ledger.until(lambda: "before" in words(ledger))


async def test_a_quiet_line_goes_on_showing_that_it_stands(http, way, monkeypatch):
    monkeypatch.setattr(mastodon_stream, "SIGN_S", 0.02)
    monkeypatch.setattr(streams, "TELL_EVERY", timedelta())
    async with FakeMastodon() as server:
        way(server)
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await ledger.until(lambda: len(ledger.reports) > 3)
        assert {health.state for _, health in ledger.reports} == {"ok"}
        assert ledger.posts == {}


async def test_a_line_that_is_given_up_leaves_nothing_running(http, way):
    async with FakeMastodon() as server:
        way(server)
        ledger = MemoryLedger(source_of(server, hashtags=("jsconf", "pyconf")))
        before = asyncio.all_tasks()
        async with listening(ledger, http) as lines:
            await server.streaming.until_heard(PYCONF, JSCONF)
            ledger.listed = [source_of(server)]
            lines.update(ledger.listed)
            await server.streaming.until_heard(connections=server.streaming.connections + 1)
            await ledger.until(lambda: 1 in ledger.health)
        ours = {task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task.get_coro())}
        assert {task.get_name() for task in ours if not task.done()} == set()


async def test_a_post_is_handed_on_as_soon_as_it_is_said(http):
    async with FakeMastodon() as server:
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http, commit_s=1.0):
            await server.streaming.until_heard(PYCONF)
            await ledger.until(lambda: 1 in ledger.health)
            clock = asyncio.get_running_loop().time
            began = clock()
            for number in range(20):
                server.post(f"{number}")
                await ledger.until(lambda n=number: len(ledger.posts) == n + 1)
            assert clock() - began < 20 * 1.0  # what only moves a cursor waits that long; posts do not
