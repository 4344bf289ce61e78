"""Asking Mastodon, against a server that pages, limits and refuses as the real one does."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.adapter import Ask
from collector.mastodon_server import LOW
from collector.networks import mastodon
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.mastodon import FakeMastodon
from timeline.errors import SourceUnavailable
from timeline.network import Secret
from timeline.text import fold_hashtag

NOW = datetime.now(UTC)


async def poll(ledger, source, http, *, now=None, batches=1_000):
    """One poll as the collector does it, ended after so many batches."""
    ask = Ask(source=source, cursors=await ledger.cursors([source.id]), now=now or datetime.now(UTC))
    taken = 0
    async for batch in mastodon.fetch(ask, http):
        await ledger.accept(
            batch.heard, source_ids=[source.id], cursors=batch.cursors, backfill=batch.backfill, gaps=batch.gaps
        )
        taken += 1
        if taken == batches:
            return


def said(ledger):
    return sorted(
        post.html.removeprefix("<p>").split("<")[0].strip().removesuffix("</p>") for post in ledger.posts.values()
    )


async def test_a_first_run_pages_back_to_where_the_event_collects_from(http):
    async with FakeMastodon() as server:
        for number in range(150):
            server.post(f"{number:03}", at=NOW - timedelta(minutes=number))
        source = a_source(settings={"server": server.url}, collect_from=NOW - timedelta(minutes=99.5))
        ledger = MemoryLedger(source)
        await poll(ledger, source, http)

        # a page reaches past it; what is older is the ledger's to leave out
        assert said(ledger) == [f"{number:03}" for number in range(120)]
        assert "back" not in ledger.kept[1, "pyconf"]
        assert {backfill for _, _, backfill in ledger.accepts} == {True}


async def test_a_first_run_takes_two_thousand_posts_at_most_and_tells_what_it_left(http):
    async with FakeMastodon() as server:
        for number in range(2_100):
            server.post(f"{number}", at=NOW - timedelta(seconds=number))
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        await poll(ledger, source, http)
        assert len(ledger.posts) == 2_000
        gap = ledger.gaps[1]
        assert (gap.since, gap.reason) == (source.collect_from, "a new source reaches back 2,000 posts at most")
        assert gap.until == min(post.published_at for post in ledger.posts.values())


@pytest.mark.parametrize("batches", [1, 2, 3])
async def test_a_first_run_that_is_killed_goes_on_where_it_was(http, batches):
    async with FakeMastodon() as server:
        for number in range(200):
            server.post(f"{number:03}", at=NOW - timedelta(minutes=number + 5))
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        await poll(ledger, source, http, batches=batches)
        assert len(ledger.posts) == 40 * batches
        server.post("new")
        await poll(ledger, source, http)
        assert said(ledger) == [*(f"{number:03}" for number in range(200)), "new"]
        assert sum(path.endswith("tag/pyconf") for path, _ in server.asked) <= batches + 8


@pytest.mark.parametrize("ids", [{}, {"ulids": True}, {"pixelfed": True}])
async def test_polls_page_until_caught_up(http, ids):
    async with FakeMastodon(**ids) as server:
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        server.post("first", at=NOW - timedelta(hours=2))
        await poll(ledger, source, http)
        for number in range(130):
            server.post(f"{number:03}", at=NOW - timedelta(seconds=1_000 - number))
        await poll(ledger, source, http)
        assert said(ledger) == [*(f"{number:03}" for number in range(130)), "first"]
        assert ledger.accepts[-1][2] is False


async def test_a_hashtag_without_posts_is_live_from_its_first_one(http):
    async with FakeMastodon() as server:
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        await poll(ledger, source, http)
        server.post("the first of all")
        await poll(ledger, source, http)
        assert [(len(heard), backfill) for heard, _, backfill in ledger.accepts[:2]] == [(0, True), (1, False)]


async def test_a_hashtag_is_asked_for_as_it_is_written(http):
    """Folded for comparing, some scripts lose marks that a server knows the hashtag by."""
    async with FakeMastodon() as server:
        server.post("が", tags=("がっこう",))
        folded = fold_hashtag("がっこう")
        source = a_source(settings={"server": server.url}, hashtags=(folded,), spellings=("がっこう",))
        ledger = MemoryLedger(source)
        await poll(ledger, source, http)
        assert (said(ledger), list(ledger.kept)) == (["が"], [(1, folded)])


@pytest.mark.parametrize("ulids", [False, True])
async def test_a_post_that_federates_within_the_minute_is_found_at_the_next_poll(http, ulids):
    async with FakeMastodon(ulids=ulids) as server:
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        server.post("on time", at=NOW)
        await poll(ledger, source, http)
        server.federates("late", late=timedelta(seconds=40))
        await poll(ledger, source, http)
        assert said(ledger) == ["late", "on time"]


async def test_a_post_that_federates_within_the_hour_is_found_by_the_sweep(http):
    async with FakeMastodon() as server:
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        for number in range(60):  # more than a page lies above it
            server.post(f"{number:02}", at=NOW - timedelta(seconds=number))
        await poll(ledger, source, http, now=NOW)
        server.federates("later still", late=timedelta(minutes=50))
        await poll(ledger, source, http, now=NOW + timedelta(minutes=5))
        assert "later still" not in said(ledger)
        await poll(ledger, source, http, now=NOW + timedelta(minutes=25))
        assert "later still" in said(ledger)


async def test_an_edit_within_the_hour_is_seen(http):
    async with FakeMastodon() as server:
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        status = server.post("befor", at=NOW - timedelta(minutes=30))
        await poll(ledger, source, http, now=NOW)
        server.edit(status, "before")
        await poll(ledger, source, http, now=NOW + timedelta(minutes=25))
        [post] = ledger.posts.values()
        assert (post.html, post.edited_at is not None) == ("<p>before</p>", True)


async def test_near_the_servers_limit_paging_stops_and_goes_on_next_time(http):
    async with FakeMastodon(remaining=LOW + 2) as server:
        for number in range(200):
            server.post(f"{number:03}", at=NOW - timedelta(minutes=number + 5))
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        await poll(ledger, source, http)
        assert len(ledger.posts) == 80
        server.remaining = 300
        await poll(ledger, source, http)
        assert len(ledger.posts) == 200


async def test_a_server_that_asks_us_to_wait_is_believed(http):
    async with FakeMastodon(remaining=0) as server:
        with pytest.raises(SourceUnavailable, match="slow down") as caught:
            await poll(MemoryLedger(), a_source(settings={"server": server.url}), http)
        assert 290 < (caught.value.retry_after_s or 0) <= 301  # the reset is told by a clock, which counts seconds


async def test_accounts_are_followed_beside_hashtags_and_boosts_are_passed_over(http):
    async with FakeMastodon() as server:
        tagged = server.post("tagged", author="bob")
        server.post("untagged", tags=(), author="ada")
        server.boost(tagged, author="ada")
        source = a_source(settings={"server": server.url, "accounts": ["@ada"]}, hashtags=())
        ledger = MemoryLedger(source)
        await poll(ledger, source, http)
        assert said(ledger) == ["untagged"]
        assert all(query["exclude_reblogs"] == "true" for path, query in server.asked if "accounts" in path)
        asked = len(server.asked)
        await poll(ledger, source, http)
        assert (len(ledger.posts), len(server.asked)) == (1, asked + 2)


async def test_an_account_that_is_gone_is_named_and_keeps_nothing_of_the_others_back(http):
    async with FakeMastodon() as server:
        server.post("one", tags=(), author="ada")
        source = a_source(settings={"server": server.url, "accounts": ["@nobody", "@ada"]})
        ledger = MemoryLedger(source)
        with pytest.raises(SourceUnavailable, match="knows no account @nobody"):
            await poll(ledger, source, http)
        assert said(ledger) == ["one"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (503, "trouble of its own"),
        (404, "knows no such page"),
        ("malformed", "no JSON"),
        (422, "members only"),
        (401, "members only"),  # GoToSocial
        (403, "members only"),  # Pixelfed
    ],
)
async def test_what_a_server_does_wrong_is_told_in_words(http, fault, words):
    async with FakeMastodon() as server:
        server.faults.append(fault)
        with pytest.raises(SourceUnavailable, match=words):
            await poll(MemoryLedger(), a_source(settings={"server": server.url}), http)


async def test_a_server_for_members_is_told_apart_and_opens_with_a_token(http):
    async with FakeMastodon(token="s3cret") as server:
        server.post()
        with pytest.raises(SourceUnavailable, match="members only") as caught:
            await mastodon.check(a_source(settings={"server": server.url}), http)
        assert caught.value.hint == "Give this source a token."
        with pytest.raises(SourceUnavailable, match="does not accept the token"):
            await mastodon.check(a_source(settings={"server": server.url, "token": Secret("wrong")}), http)
        right = a_source(settings={"server": server.url, "token": Secret("s3cret")})
        assert await mastodon.check(right, http) == "127.0.0.1: #pyconf 1 post, streams"


async def test_an_empty_answer_of_a_server_for_members_is_seen_through(http):
    async with FakeMastodon(closed=True) as server:
        server.post()
        source = a_source(settings={"server": server.url})
        for attempt in (mastodon.check(source, http), poll(MemoryLedger(), source, http)):
            with pytest.raises(SourceUnavailable, match="members only"):
                await attempt


async def test_a_server_that_closes_later_is_noticed_by_the_sweep_and_removes_nothing(http):
    async with FakeMastodon() as server:
        server.post("shown", at=NOW)
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        await poll(ledger, source, http)
        server.closed = True
        with pytest.raises(SourceUnavailable, match="members only"):
            await poll(ledger, source, http, now=NOW + timedelta(minutes=25))
        assert said(ledger) == ["shown"]


async def test_that_only_some_is_shown_is_said_once_by_the_first_poll(http):
    async with FakeMastodon(access={"local": "public", "remote": "authenticated"}) as server:
        server.post()
        source = a_source(settings={"server": server.url})
        ask = Ask(source=source, cursors={}, now=NOW)
        found = [batch.found async for batch in mastodon.fetch(ask, http)]
        assert [each for each in found if each] == ["127.0.0.1 shows no posts of other servers without a token"]


async def test_an_account_is_searched_for_where_a_server_knows_no_lookup(http):
    async with FakeMastodon(lookup=False) as server:
        server.post("untagged", tags=(), author="ada")
        for name in ("@ada", "@ADA@127.0.0.1"):
            source = a_source(settings={"server": server.url, "accounts": [name]}, hashtags=())
            assert await mastodon.check(source, http) == f"127.0.0.1: {name} is there"
        nobody = a_source(settings={"server": server.url, "accounts": ["@eve"]}, hashtags=())
        with pytest.raises(SourceUnavailable, match="knows no account @eve"):
            await mastodon.check(nobody, http)
