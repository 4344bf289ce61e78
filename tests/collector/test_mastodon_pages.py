"""Paging through servers that give less at a time than they are asked for."""

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from collector.adapter import Ask
from collector.mastodon_status import read, vouched
from collector.networks import mastodon
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.mastodon import FakeMastodon
from tests.fakes.mastodon_entities import a_status
from timeline.view import belongs

NOW = datetime.now(UTC)


async def poll(ledger, source, http, *, now=None):
    ask = Ask(source=source, cursors=await ledger.cursors([source.id]), now=now or datetime.now(UTC))
    async for batch in mastodon.fetch(ask, http):
        await ledger.accept(batch.heard, source_ids=[source.id], cursors=batch.cursors, backfill=batch.backfill)


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("ulids", [True, False])
async def test_short_pages_are_not_taken_for_the_end(http, links, ulids):
    async with FakeMastodon(most=20, links=links, ulids=ulids) as server:
        for number in range(100):
            server.post(f"{number}", at=NOW - timedelta(minutes=5 + number))
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        await poll(ledger, source, http)
        assert len(ledger.posts) == 100
        for number in range(60):
            server.post(f"new {number}", at=NOW - timedelta(seconds=200 - 3 * number))
        await poll(ledger, source, http)
        assert len(ledger.posts) == 160


async def test_more_than_a_page_within_the_minute_is_passed(http):
    async with FakeMastodon(most=20) as server:
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        for number in range(50):
            server.post(f"{number}", at=NOW - timedelta(seconds=number))
        await poll(ledger, source, http)
        for number in range(10):
            server.post(f"new {number}", at=NOW + timedelta(seconds=1 + number))
        await poll(ledger, source, http)
        assert len(ledger.posts) == 60


async def test_an_account_with_short_pages_is_read_to_its_end(http):
    async with FakeMastodon(most=10, links=False) as server:
        for number in range(35):
            server.post(f"{number}", at=NOW - timedelta(minutes=5 + number), tags=())
        source = a_source(settings={"server": server.url, "accounts": ["@ada"]}, hashtags=())
        ledger = MemoryLedger(source)
        await poll(ledger, source, http)
        assert len(ledger.posts) == 35


async def test_a_server_that_says_it_has_no_more_is_asked_for_no_more(http):
    async with FakeMastodon() as server:
        status = server.post("one", at=NOW - timedelta(hours=3))

        async def last(_: web.Request) -> web.Response:
            return web.json_response([status], headers={"Link": f'<{server.url}?min_id=1>; rel="prev"'})

        server.faults.append(last)
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        await poll(ledger, source, http)
        assert (len(ledger.posts), len(server.asked)) == (1, 1)


@pytest.mark.parametrize("tags", [[], None, [{"name": "somethingelse"}]])
async def test_what_a_hashtags_timeline_shows_carries_that_hashtag(http, tags):
    """Servers fold hashtags in their own ways, and some leave the list empty."""

    async with FakeMastodon() as server:
        status = {**server.post("one", at=NOW), "tags": tags}

        async def answer(_: web.Request) -> web.Response:
            return web.json_response([status])

        server.faults.append(answer)
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        await poll(ledger, source, http)
        [post] = ledger.posts.values()
        assert belongs(post, source, mastodon.INFO)


@pytest.mark.parametrize("tags", [[], None])
def test_a_status_without_a_list_of_tags_says_the_same_on_a_timeline_and_by_itself(tags):
    """Else every look at it would be an edit, which moderation withdraws."""
    status = a_status("https://other.example", "1", "Hello #PyConf and #Python", (), NOW, "ada", None) | {"tags": tags}
    alone = read(status, "other.example")
    assert vouched(alone, "pyconf") == alone


@pytest.mark.parametrize("number", ["17", 17])
def test_an_answer_tells_what_its_server_calls_the_answered_post(number):
    status = a_status("https://other.example", "18", "Hello", ("pyconf",), NOW, "ada", None)

    assert read(status, "other.example").answers is None
    assert read(status | {"in_reply_to_id": number}, "other.example").answers == "17"
