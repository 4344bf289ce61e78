"""A line that stands and does not tell everything is not relied on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from collector import trust
from collector.adapter import Batch
from collector.health import Reports
from collector.networks import mastodon
from collector.polls import Polls
from collector.trust import Trust
from tests.factories import a_sighting
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.mastodon import FakeMastodon

STOOD = datetime(2026, 11, 21, 9, tzinfo=UTC)
SOURCE = a_source(1)


def ago(**time):
    return STOOD + timedelta(hours=1) - timedelta(**time)


def standing(*refs):
    """A line that stands and has told these."""
    ledger = MemoryLedger()
    ledger.refs = dict.fromkeys(refs, "https://tide.example/1")
    trusted = Trust(ledger)
    trusted.stands(1, STOOD)
    trusted.level(1, STOOD)
    return trusted


def found(said, **more):
    return Batch(heard=[a_sighting("one", ref="7", published_at=said)], **more)


@pytest.mark.parametrize(
    ("said", "untold"),
    [
        (ago(minutes=30), True),
        (ago(seconds=20), False),  # on its way by both roads
        (ago(minutes=61), False),  # from before it stood
        (None, False),
    ],
)
async def test_what_was_said_while_a_line_stood_it_should_have_told(said, untold):
    assert await standing().untold(SOURCE, mastodon.INFO, found(said), ago()) is untold
    assert not await standing("7").untold(SOURCE, mastodon.INFO, found(said), ago())
    assert not await standing().untold(SOURCE, mastodon.INFO, found(said, backfill=True), ago())


async def test_what_streams_never_tell_and_what_is_charged_for_is_not_expected_of_one():
    charged = replace(mastodon.INFO, budget="budget_posts_per_day")
    assert not await standing().untold(SOURCE, charged, found(ago(minutes=30)), ago())
    assert not await standing().untold(SOURCE, mastodon.INFO, found(ago(minutes=30)), ago() + timedelta(hours=8))


async def test_nothing_is_expected_before_the_gap_is_filled_and_a_line_that_stands_anew_is_trusted_anew():
    trusted, batch = Trust(MemoryLedger()), found(ago(minutes=30))
    trusted.stands(1, STOOD)
    trusted.level(1, STOOD - timedelta(seconds=1))  # a poll that was under way
    assert not await trusted.untold(SOURCE, mastodon.INFO, batch, ago())
    trusted.level(1, STOOD)
    assert await trusted.untold(SOURCE, mastodon.INFO, batch, ago())
    with capture_logs() as logs:
        trusted.doubt(SOURCE)
    assert not trusted.trusts(1)
    assert not await trusted.untold(SOURCE, mastodon.INFO, batch, ago())
    assert [line["event"] for line in logs] == ["line does not tell everything"]
    trusted.fell(1)
    trusted.level(1, ago())
    assert not await trusted.untold(SOURCE, mastodon.INFO, batch, ago())
    trusted.stands(1, ago())
    assert trusted.trusts(1)


async def test_a_source_whose_line_is_silent_on_something_is_asked_as_often_as_without(http, monkeypatch):
    monkeypatch.setattr(trust, "PROMPT", timedelta())
    async with FakeMastodon() as server:
        server.post("before")
        ledger = MemoryLedger(a_source(settings={"server": server.url}))
        polls = Polls(ledger, http, {"mastodon": mastodon}, Reports(ledger))
        due = await _polled(polls, ledger, 1)
        assert due < timedelta(minutes=1)
        polls.line_stands([1])
        assert await _polled(polls, ledger, 1) > timedelta(minutes=9)
        told = server.post("which its stream told")
        await ledger.accept(await mastodon.recall([told["id"]], ledger.listed[0], http), source_ids=[1])
        assert await _polled(polls, ledger, 2) > timedelta(minutes=9)
        server.post("which its stream never told")
        assert await _polled(polls, ledger, 3) < timedelta(minutes=1)


async def test_a_gap_that_could_not_be_fetched_is_tried_again_soon(http):
    async with FakeMastodon() as server:
        server.faults.append(503)
        ledger = MemoryLedger(a_source(settings={"server": server.url}))
        polls = Polls(ledger, http, {"mastodon": mastodon}, Reports(ledger))
        polls.update(ledger.listed)
        polls.line_stands([1])
        assert await _polled(polls, ledger, 0) < timedelta(minutes=2)


async def _polled(polls, ledger, posts):
    """Poll once; how long until the next."""
    polls.update(ledger.listed)
    due = await polls._poll(ledger.listed[0])
    assert len(ledger.posts) == posts
    return due - datetime.now(UTC)
