"""What may be wrong with a stream of Mastodon, and what is told of it."""

import asyncio
from datetime import timedelta

import pytest

from collector import mastodon_stream
from tests.collector.tooting import listening, source_of, words
from tests.fakes.ledger import MemoryLedger
from tests.fakes.mastodon import FakeMastodon

PYCONF = ("hashtag", "pyconf")


async def test_a_silent_line_is_noticed_and_taken_up_again(http, way, monkeypatch):
    monkeypatch.setattr(mastodon_stream, "SILENCE_S", 0.2)
    async with FakeMastodon() as server:
        way(server)
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF)
            server.streaming.deaf = True
            await server.streaming.hang_up()
            seen = server.streaming.connections
            await server.streaming.until_heard(connections=seen + 1)
            told = "127.0.0.1 has been silent for 0 s"
            await ledger.until(lambda: 1 in ledger.health and ledger.health[1].error == told)
            server.streaming.deaf = False
            await server.streaming.until_heard(PYCONF, connections=seen + 2)
            server.post("alive")
            await ledger.until(lambda: words(ledger) == ["alive"])


@pytest.mark.parametrize("sockets", [True, False])
async def test_a_quiet_hashtag_is_not_taken_for_a_dead_line(http, monkeypatch, sockets):
    monkeypatch.setattr(mastodon_stream, "SILENCE_S", 0.6)
    async with FakeMastodon() as server:
        server.streaming.ping_s = server.streaming.thump_s = 0.05
        server.streaming.sockets = sockets
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF)
            await asyncio.sleep(0.9)
            server.post("at last")
            await ledger.until(lambda: words(ledger) == ["at last"])
        assert server.streaming.connections == 1


async def test_a_token_that_is_taken_back_ends_the_stream_and_is_told_in_words(http, way):
    async with FakeMastodon() as server:
        way(server)
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF)
            await server.streaming.kill()
            told = "127.0.0.1 does not let this token listen"
            await ledger.until(lambda: 1 in ledger.health and ledger.health[1].error == told)
        assert ledger.health[1].state == "failing"
        assert "read:statuses" in (ledger.health[1].hint or "")
        assert "s3cret" not in str(ledger.reports)


async def test_a_token_that_is_taken_back_keeps_nothing_from_us_that_everybody_may_see(http):
    async with FakeMastodon() as server:
        ledger = MemoryLedger(source_of(server, every_s=0.05))
        async with listening(ledger, http, polled=True):
            await server.streaming.until_heard(PYCONF)
            await server.streaming.kill()
            server.post("to everybody")
            await ledger.until(lambda: words(ledger) == ["to everybody"])
            told = "127.0.0.1 does not let this token listen"
            await ledger.until(lambda: (ledger.health[1].state, ledger.health[1].error) == ("ok", told))


async def test_an_event_without_end_is_broken_off(http, monkeypatch):
    monkeypatch.setattr(mastodon_stream, "LONGEST", 2_000)
    async with FakeMastodon() as server:
        server.streaming.sockets = False
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await server.streaming.until_heard(PYCONF)
            for _ in range(30):
                server.streaming.line(f"data: {'x' * 100}")
            await ledger.until(lambda: 1 in ledger.health and ledger.health[1].state == "failing")
            await server.streaming.until_heard(PYCONF, connections=2)
        assert ledger.health[1].error == "127.0.0.1 sent an event of more than 2,000 bytes"


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("0.20.1 git-3f2a1b4", "GoToSocial"),
        ("3.5.3 (compatible; Pixelfed 0.12.4)", "Pixelfed"),
        ("2.8.0 (compatible; Friendica 2025.07)", "Friendica"),
    ],
)
async def test_a_server_that_streams_no_hashtags_is_asked_as_often_as_one_without_a_token(http, version, name):
    async with FakeMastodon(version=version) as server:
        server.post("by asking")
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http, polled=True):
            await ledger.until(lambda: words(ledger) == ["by asking"] and 1 in ledger.health)
            await ledger.until(lambda: ledger.health[1].state == "ok" and ledger.health[1].error)
        assert ledger.health[1].error == f"{name} streams no hashtags"
        told = ledger.health[1]
        assert (told.next_poll_at or told.at) < told.at + timedelta(seconds=120)
        assert server.streaming.connections == 0


async def test_a_server_that_offers_no_way_to_listen_is_asked_and_seldom_tried_again(http):
    async with FakeMastodon() as server:
        server.streaming.sockets = server.streaming.answers = False
        server.post("by asking")
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http, polled=True):
            told = "127.0.0.1 offers no stream"
            await ledger.until(lambda: words(ledger) == ["by asking"] and 1 in ledger.health)
            await ledger.until(lambda: ledger.health[1].state == "ok" and ledger.health[1].error == told)
            tried = len(server.streaming.queries)
            await asyncio.sleep(0.15)  # the next attempt would have come by now
        assert len(server.streaming.queries) == tried


async def test_a_server_that_hangs_up_before_it_answers_has_not_stood(http):
    async with FakeMastodon() as server:
        server.streaming.deaf = True
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await server.streaming.until_heard()
            await server.streaming.hang_up()
            await ledger.until(lambda: 1 in ledger.health)
        assert (ledger.health[1].state, ledger.health[1].error) == ("failing", "127.0.0.1 hung up")


async def test_a_busy_server_that_refuses_is_tried_again(http):
    async with FakeMastodon() as server:
        server.streaming.refuse = 503
        ledger = MemoryLedger(source_of(server))
        async with listening(ledger, http):
            await ledger.until(lambda: 1 in ledger.health and ledger.health[1].state == "failing")
            server.streaming.refuse = None
            await server.streaming.until_heard(PYCONF)
            await ledger.until(lambda: ledger.health[1].state == "ok")
