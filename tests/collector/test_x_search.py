"""What was missed, and what was said before: X's recent search in pages, within seven days and a budget."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.adapter import BACKFILL_POSTS, Ask
from collector.networks import x
from collector.x_posts import id_at
from collector.x_search import KEPT, REACH
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.x import FakeX
from timeline.errors import SourceUnavailable
from timeline.network import Secret

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def server():
    async with FakeX() as server:
        yield server


def source_of(server, **more):
    settings = {"api": server.url, "bearer_token": Secret("sesame"), **more.pop("settings", {})}
    return a_source(1, "x", settings=settings, **{"collect_from": NOW - timedelta(days=2), **more})


async def poll(ledger, http, *, now=None, batches=1_000):
    """One poll as the collector does it, ended after so many batches; what was found, and the gaps."""
    [source] = ledger.listed
    ask = Ask(
        source=source,
        cursors=await ledger.cursors([1]),
        now=now or datetime.now(UTC),
        allowance=await ledger.allowance([1]),
    )
    told = []
    async for batch in x.fetch(ask, http):
        await ledger.accept(
            batch.heard,
            source_ids=[1],
            cursors=batch.cursors,
            backfill=batch.backfill,
            read=batch.read,
            gaps=batch.gaps,
        )
        told.append(batch)
        if len(told) == batches:
            break
    return told


def said(ledger):
    return sorted(int(post.html.removeprefix("<p>").split(" ")[0]) for post in ledger.posts.values())


def speak(server, count, *, before=MINUTE, apart=MINUTE, **more):
    return [server.post(f"{n} #pyconf", at=NOW - before - n * apart, live=False, **more) for n in range(count)]


async def test_a_first_run_pages_back_to_where_the_event_collects_from(server, http):
    speak(server, 250, apart=timedelta(hours=1))
    ledger = MemoryLedger(source_of(server, collect_from=NOW - timedelta(hours=130)))

    told = await poll(ledger, http)

    assert said(ledger) == list(range(130))
    assert [len(batch.heard) for batch in told] == [100, 30]
    assert all(batch.backfill for batch in told)
    assert ledger.gaps == {}
    assert len(server.sent) == 130


async def test_the_search_goes_on_from_where_it_was_and_reads_little_twice(server, http):
    ledger = MemoryLedger(source_of(server))
    speak(server, 5)
    await poll(ledger, http)
    server.post("100 #pyconf", live=False)
    [batch] = await poll(ledger, http)

    assert said(ledger) == [0, 1, 2, 3, 4, 100]
    assert not batch.backfill
    assert len(server.sent) <= 5 + 3  # what lies within the last minute comes again, and is charged once a day


async def test_a_run_that_is_ended_goes_on_from_there(server, http):
    speak(server, 350)
    ledger = MemoryLedger(source_of(server))
    for _ in range(4):
        await poll(ledger, http, batches=1)
        server.post(f"{1000 + len(server.tweets)} #pyconf", live=False)
    assert set(range(350)) <= set(said(ledger))
    await poll(ledger, http)
    assert len(said(ledger)) == 354
    assert len(server.sent) <= 354 + 5


async def test_what_was_said_while_we_were_away_is_fetched(server, http):
    ledger = MemoryLedger(source_of(server))
    await poll(ledger, http, now=NOW - timedelta(hours=5))
    speak(server, 120)
    await poll(ledger, http)
    assert said(ledger) == list(range(120))


async def test_what_x_does_not_reach_is_a_gap_told_once(server, http):
    begun = NOW - timedelta(days=14)
    ledger = MemoryLedger(source_of(server, collect_from=begun))
    await poll(ledger, http, now=NOW)
    gap = ledger.gaps.pop(1)
    assert (gap.since, gap.until) == (begun, NOW - REACH)
    await poll(ledger, http, now=NOW)
    assert ledger.gaps == {}


async def test_a_quiet_week_is_no_gap_and_one_away_is(server, http):
    ledger = MemoryLedger(source_of(server))
    server.post("0 #pyconf", at=NOW - timedelta(days=1), live=False)
    await poll(ledger, http)
    [key] = ledger.kept
    ledger.kept[key] = {**ledger.kept[key], "newest": "1" * 18}  # the last post is months old, we asked a moment ago
    await poll(ledger, http)
    assert ledger.gaps == {}

    asked = NOW - timedelta(days=9)
    ledger.kept[key] = {"newest": "1" * 18, "asked": asked.isoformat()}
    await poll(ledger, http)
    assert ledger.gaps[1].since == asked


async def test_a_new_source_reads_two_thousand_posts_at_most(server, http):
    speak(server, BACKFILL_POSTS + 150, apart=timedelta(seconds=30))
    ledger = MemoryLedger(source_of(server))
    await poll(ledger, http)
    assert len(server.sent) == BACKFILL_POSTS
    assert "2,000 posts at most" in ledger.gaps[1].reason
    await poll(ledger, http)
    assert len(server.sent) <= BACKFILL_POSTS + 5


async def test_a_hashtag_added_later_is_fetched_too_and_alone(server, http):
    ledger = MemoryLedger(source_of(server))
    server.post("0 #pyconf", at=NOW - timedelta(hours=3), live=False)
    server.post("1 #sprints", at=NOW - timedelta(hours=2), live=False)
    await poll(ledger, http)
    [source] = ledger.listed
    ledger.listed = [source_of(server, hashtags=("pyconf", "sprints"), settings=dict(source.settings))]
    server.asked.clear()
    await poll(ledger, http)
    assert said(ledger) == [0, 1]
    assert sorted(query["query"] for _, _, query in server.asked) == [
        "(#pyconf) -is:retweet",
        "(#sprints) -is:retweet",
    ]


async def test_many_hashtags_are_asked_for_together_as_far_as_a_query_goes(server, http):
    tags = tuple(f"tag{number}" for number in range(100))
    ledger = MemoryLedger(source_of(server, hashtags=tags))
    await poll(ledger, http)
    assert len(server.asked) == 2
    server.asked.clear()
    await poll(ledger, http)
    assert len(server.asked) == 2


@pytest.mark.parametrize("budget", [60, 75, 150, 187])
async def test_a_search_never_reads_more_than_is_left(server, http, budget):
    speak(server, 300)
    ledger = MemoryLedger(source_of(server))
    ledger.budget = budget
    while len(await poll(ledger, http)) > 1:
        pass
    assert budget - KEPT - 10 < len(server.sent) <= budget - KEPT


async def test_the_last_posts_of_a_day_are_left_to_the_stream(server, http):
    speak(server, 3)
    ledger = MemoryLedger(source_of(server))
    ledger.budget = KEPT + 9
    [batch] = await poll(ledger, http)
    assert server.asked == []
    assert "the stream has them" in batch.found
    ledger.budget = KEPT + 10
    await poll(ledger, http)
    assert said(ledger) == [0, 1, 2]


async def test_a_search_finds_the_newest_version_of_an_edit_under_its_first_name(server, http):
    tweet = server.post("1 #pyconf", at=NOW - 5 * MINUTE, live=False)
    server.edit(tweet, "2 #pyconf", at=NOW - MINUTE, live=False)
    ledger = MemoryLedger(source_of(server))
    await poll(ledger, http)
    assert list(ledger.posts) == [f"https://x.com/i/status/{tweet['id']}"]
    assert said(ledger) == [2]


async def test_a_refusal_is_told_and_nothing_moves(server, http):
    speak(server, 3)
    ledger = MemoryLedger(source_of(server))
    server.faults += [429, "html", "malformed"]
    for reason in ("slow down", "trouble of its own", "no answer of its API"):
        with pytest.raises(SourceUnavailable, match=reason):
            await poll(ledger, http)
    assert ledger.kept == {}
    await poll(ledger, http)
    assert said(ledger) == [0, 1, 2]


async def test_before_an_event_collects_x_is_not_asked(server, http):
    speak(server, 3)
    ledger = MemoryLedger(source_of(server, collect_from=datetime.now(UTC) + MINUTE))
    assert await poll(ledger, http) == []
    assert server.asked == []


async def test_a_gap_is_told_only_once_something_was_asked(server, http):
    ledger = MemoryLedger(source_of(server, collect_from=NOW - timedelta(days=14)))
    ledger.budget = KEPT
    await poll(ledger, http)
    assert ledger.gaps == {}
    ledger.budget = KEPT + 100
    await poll(ledger, http)
    assert ledger.gaps[1].since == NOW - timedelta(days=14)


async def test_a_run_that_x_can_no_longer_go_on_with_is_begun_anew(server, http):
    speak(server, 5)
    long_ago = NOW - timedelta(days=9)
    below = str(id_at(long_ago))
    ledger = MemoryLedger(source_of(server))
    ledger.kept[1, "pyconf"] = {"newest": below, "asked": long_ago.isoformat(), "top": below, "below": below}
    await poll(ledger, http)
    assert said(ledger) == list(range(5))
    assert ledger.gaps[1].since == long_ago
    assert "below" not in ledger.kept[1, "pyconf"]
