"""Listening to X, searching it and asking it again, against a server that speaks as X's documents say."""

import asyncio
import json
from datetime import timedelta

import pytest

from collector import x_stream, x_trouble
from collector.networks import x
from tests.collector.streaming_x import Heard, now, source_of
from tests.fakes.ledger import a_source
from tests.fakes.x import FakeX
from timeline.errors import SourceUnavailable
from timeline.network import Secret
from timeline.post import Sighting, Unreadable


@pytest.fixture
async def server():
    async with FakeX() as server:
        yield server


async def test_a_post_comes_with_all_that_is_asked_for(server, http):
    server.author("ada", name="Ada Quill")
    async with Heard(server, http) as heard:
        tweet = server.post("Doors & more #pyconf", attachments={"media_keys": [server.picture(alt_text="A quay")]})
        batch = await heard.next()

    [sighting] = batch.heard
    post = sighting.post
    assert batch.read == [tweet["id"]]
    assert (post.uri, sighting.ref) == (f"https://x.com/i/status/{tweet['id']}", tweet["id"])
    assert (
        post.html
        == '<p>Doors &amp; more <a href="https://x.com/hashtag/pyconf" class="hashtag" dir="auto">#pyconf</a></p>'
    )
    assert (post.author.name, post.author.handle, post.author.url) == ("Ada Quill", "@ada", "https://x.com/ada")
    assert [(one.alt, one.width) for one in post.media] == [("A quay", 800)]


async def test_rules_are_made_kept_and_removed_and_those_of_others_stay(server, http):
    server.rules = [
        {"id": "1", "value": "cats", "tag": "mine"},
        {"id": "2", "value": "(#gone) -is:retweet", "tag": "backchannel:9"},
    ]
    async with Heard(server, http):
        made = list(server.rules)
    async with Heard(server, http):
        assert server.rules == made
    async with Heard(server, http, source_of(server, settings={"accounts": ("@bob",)})):
        assert [rule["value"] for rule in server.rules] == ["cats", "(#pyconf OR from:bob) -is:retweet"]

    assert [(rule["value"], rule.get("tag")) for rule in made] == [
        ("cats", "mine"),
        ("(#pyconf) -is:retweet", "backchannel:1"),
    ]


@pytest.mark.parametrize("all_or_nothing", [False, True])
async def test_a_rule_that_somebody_else_has_serves_us_and_keeps_none_of_ours_out(server, http, all_or_nothing):
    server.all_or_nothing = all_or_nothing
    server.rules = [{"id": "1", "value": "(#PyConf) -is:retweet", "tag": "theirs"}]
    others = source_of(server, 2, hashtags=("sprints",))
    async with Heard(server, http, source_of(server), others) as heard:
        assert [rule.get("tag") for rule in server.rules] == ["theirs", "backchannel:2"]
        server.post("One #pyconf")
        server.post("Two #sprints")
        assert [len((await heard.next()).heard) for _ in range(2)] == [1, 1]


async def test_a_rule_that_x_does_not_take_is_told(server, http, monkeypatch):
    monkeypatch.setattr(x.x_rules, "terms", lambda _: {"odd": "#odd ("})
    with pytest.raises(SourceUnavailable, match="does not take a rule of ours"):
        await x.check(source_of(server), http)


async def test_an_edit_is_the_same_post_with_a_newer_address(server, http):
    async with Heard(server, http) as heard:
        tweet = server.post("First #pyconf")
        newer = server.edit(tweet, "Second #pyconf")
        first, second = [(await heard.next()).heard[0] for _ in range(2)]

    assert first.ref == second.ref == tweet["id"]
    assert first.post.uri == second.post.uri
    assert second.post.url == f"https://x.com/i/status/{newer['id']}"
    assert first.post.edited_at is None
    assert second.post.edited_at is not None
    assert first.post.published_at == second.post.published_at


async def test_what_ends_tweepys_stream_for_good_costs_us_a_line(server, http):
    async with Heard(server, http) as heard:
        server.say(b'{"data": {"id": "12", "te')
        assert (await heard.next()).heard == (Unreadable(reason="x: not a line of the stream"),)
        server.say(b"[1, 2]")
        assert (await heard.next()).heard == (Unreadable(reason="x: not a line of the stream"),)
        tweet = server.post(live=False)
        users = [server.author("ada")]
        for rules in ([{"id": 7}], [{"id": 8, "tag": None}], None):
            server.say(json.dumps({"data": tweet, "includes": {"users": users}, "matching_rules": rules}).encode())
            assert isinstance((await heard.next()).heard[0], Sighting)
        server.say(json.dumps({"data": {"id": "77"}}).encode())
        batch = await heard.next()
        assert batch.heard == [Unreadable(reason="x: KeyError in a post")]
        assert batch.read == ["77"]


async def test_a_sign_of_life_is_a_batch_without_anything(server, http):
    async with Heard(server, http) as heard:
        server.beat()
        assert await heard.next() == x_stream.Batch()


async def test_reposts_are_read_and_passed_over(server, http):
    async with Heard(server, http) as heard:
        tweet = server.post(live=False, referenced_tweets=[{"type": "retweeted", "id": "5"}])
        server.say(json.dumps({"data": tweet}).encode())
        batch = await heard.next()
    assert (batch.heard, batch.read) == ((), [tweet["id"]])


@pytest.mark.parametrize("ending", ["end", "disconnect"])
async def test_when_x_ends_the_stream_so_do_we(server, http, ending):
    heard = Heard(server, http)
    async with heard:
        getattr(server, ending)()
        with pytest.raises(StopAsyncIteration):
            await heard.next()


async def test_silence_a_cut_and_a_line_too_long_are_trouble_of_the_network(server, http, monkeypatch):
    monkeypatch.setattr(x_stream, "SILENCE_S", 0.2)
    async with Heard(server, http) as heard:
        with pytest.raises(SourceUnavailable, match="silent") as silent:
            await heard.next()
    await server._until(lambda: not server._streams)
    async with Heard(server, http) as heard:
        await server.hang_up()
        with pytest.raises(SourceUnavailable, match="broke off") as cut:
            await heard.next()
    monkeypatch.setattr(x_stream, "LINE_BYTES", 1_000)
    async with Heard(server, http) as heard:
        server.say(b"x" * 5_000_000)
        with pytest.raises(SourceUnavailable, match="of more than") as long:
            await heard.next()
    assert {error.value.pace for error in (silent, cut, long)} == {x_trouble.NETWORK}


@pytest.mark.parametrize(
    ("fault", "reason", "pace", "waits"),
    [
        (401, "does not take the bearer token", x_trouble.NOT_ALLOWED, False),
        (402, "no credits left", x_trouble.NOT_ALLOWED, False),
        (403, "does not allow this app", x_trouble.NOT_ALLOWED, False),
        (429, "asks us to slow down", x_trouble.TOO_MANY, True),
        (500, "has trouble of its own", x_trouble.HTTP, False),
        ("html", "has trouble of its own", x_trouble.HTTP, False),
    ],
)
@pytest.mark.parametrize("where", ["rules", "stream"])
async def test_each_refusal_has_a_reason_a_fix_and_its_documented_pace(server, http, fault, reason, pace, waits, where):
    (server.faults if where == "rules" else server.stream_faults).append(fault)
    batches = x.listen([source_of(server)], {}, http, now=now())
    with pytest.raises(SourceUnavailable, match=reason) as told:
        await anext(batches)
    assert told.value.pace == pace
    assert told.value.hint
    assert (told.value.retry_after_s is not None) == waits
    if fault == 429:
        assert 100 < told.value.retry_after_s <= 121  # x-rate-limit-reset, which tweepy passes over


async def test_a_second_connection_is_told_as_another_program(server, http):
    async with Heard(server, http):
        with pytest.raises(SourceUnavailable, match="another program holds the one connection"):
            await Heard(server, http).__aenter__()


async def test_x_is_connected_to_fifty_times_in_fifteen_minutes_at_most():
    connections, begun = x_stream.Connections(), now()
    for number in range(50):
        connections.note("one", begun + timedelta(seconds=number))
    connections.note("another", begun)
    with pytest.raises(SourceUnavailable) as told:
        connections.note("one", begun + timedelta(minutes=14))
    assert told.value.retry_after_s == 60
    connections.note("one", begun + timedelta(minutes=15))


async def test_answers_that_are_no_answers_are_told_as_such(server, http):
    for fault in ("malformed", "empty"):
        server.faults.append(fault)
        with pytest.raises(SourceUnavailable, match="no answer of its API"):
            await x.check(source_of(server), http)


async def test_checking_reads_no_posts_and_changes_no_rules(server, http):
    server.post()
    server.rules = [{"id": "1", "value": "cats", "tag": "mine"}]
    found = await x.check(source_of(server), http)
    assert found == (
        "127.0.0.1 takes the token and one rule for #pyconf; 3,000 posts a day at most, about $15; "
        "one rule of other programs stay as they are"
    )
    assert server.sent == []
    assert [rule["value"] for rule in server.rules] == ["cats"]


async def test_checking_tells_what_is_wrong_with_token_and_plan(server, http):
    with pytest.raises(SourceUnavailable, match="does not take the bearer token") as refused:
        await x.check(source_of(server, token="guess"), http)
    server.plan = "none"
    with pytest.raises(SourceUnavailable, match="you must use keys of an attached App"):
        await x.check(source_of(server), http)
    assert "guess" not in f"{refused.value.reason} {refused.value.hint}"


async def test_tweepy_goes_through_our_door(server, guarded):
    with pytest.raises(SourceUnavailable, match="not encrypted"):
        await x.check(source_of(server), guarded)
    behind = source_of(server, settings={"api": f"https://127.0.0.1:{server.port}"})
    with pytest.raises(SourceUnavailable, match="private network"):
        await x.check(behind, guarded)
    assert server.asked == []


async def test_without_a_token_there_is_no_line_and_the_fix_is_told(server, http):
    bare = a_source(1, "x", settings={"api": server.url})
    assert x.line(bare) is None
    with pytest.raises(SourceUnavailable, match="bearer token is missing"):
        await x.recall(["1"], bare, http)


async def test_an_event_that_does_not_collect_yet_costs_nothing_and_begins_in_time(server, http):
    begins = now()
    before, just_before = begins - timedelta(seconds=90), begins - timedelta(seconds=0.01)
    both = [source_of(server), source_of(server, 2, hashtags=("later",), collect_from=begins)]
    with pytest.raises(SourceUnavailable, match="collects yet") as told:
        await anext(x.listen(both[1:], {}, http, now=before))
    assert told.value.retry_after_s == 90
    assert server.asked == []

    batches = x.listen(both, {}, http, now=just_before)
    assert await anext(batches) == x_stream.Batch()
    assert [rule["value"] for rule in server.rules] == ["(#pyconf) -is:retweet"]
    await asyncio.sleep(0.02)
    with pytest.raises(StopAsyncIteration):  # to be taken up anew, now with both
        await anext(batches)
    await server._until(lambda: not server._streams)
    async with Heard(server, http, *both):
        assert len(server.rules) == 2


async def test_a_stream_that_is_let_go_is_hung_up_at_once(server, http):
    async with Heard(server, http):
        pass
    await server._until(lambda: not server._streams, timeout_s=0.5)


def test_events_of_one_token_share_a_line():
    one, other, third = (a_source(n, "x", settings={"bearer_token": Secret(token)}) for n, token in enumerate("aab"))
    assert x.line(one) == x.line(other) != x.line(third)
