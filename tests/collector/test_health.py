"""What is logged of sources that fail: each change once, and not each attempt."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from collector.health import Reports
from tests.factories import NOON, a_source
from tests.fakes.ledger import MemoryLedger
from timeline.errors import SourceUnavailable

SOURCE = a_source(id=7)
GONE = SourceUnavailable("it answers 502", hint="Wait.")


@pytest.fixture
def ledger():
    return MemoryLedger(SOURCE)


async def said(reports, *steps):
    """What the log says of these steps: ``well`` or ``failing`` of a part."""
    with capture_logs() as logs:
        for step, part in steps:
            if step == "well":
                await reports.well(SOURCE, at=NOON, part=part)
            else:
                await reports.failing(SOURCE, GONE, at=NOON, part=part)
    return [(log["event"], log["part"]) for log in logs]


async def test_a_change_is_logged_once_and_not_each_attempt(ledger):
    steps = [("well", "poll"), *[("failing", "poll")] * 3, *[("well", "poll")] * 3, ("failing", "poll")]

    assert await said(Reports(ledger), *steps) == [
        ("source fails", "poll"),
        ("source is back", "poll"),
        ("source fails", "poll"),
    ]


async def test_what_failed_before_a_restart_is_back_after_it(ledger):
    ledger.failed_before = {7: NOON - timedelta(hours=1)}

    assert await said(Reports(ledger), *[("well", "poll")] * 2, ("failing", "poll")) == [
        ("source is back", "poll"),
        ("source fails", "poll"),
    ]


async def test_or_it_still_fails_and_that_is_said_once(ledger):
    ledger.failed_before = {7: NOON - timedelta(hours=1)}

    assert await said(Reports(ledger), *[("failing", "poll")] * 3, ("well", "poll")) == [
        ("source still fails", "poll"),
        ("source is back", "poll"),
    ]


async def test_each_way_of_hearing_a_source_is_told_apart(ledger):
    reports = Reports(ledger)

    assert await said(reports, ("well", "poll"), ("failing", "line"), ("well", "poll"), ("failing", "line")) == [
        ("source fails", "line")
    ]
    assert (ledger.health[7].state, ledger.health[7].error) == ("ok", "it answers 502")
    assert await said(reports, ("failing", "poll")) == [("source fails", "poll")]
    assert ledger.health[7].state == "failing"


async def test_what_is_missed_is_told_beside_and_fails_nothing(ledger):
    reports = Reports(ledger)

    assert await said(reports, ("well", "line"), ("failing", "back")) == [("source fails", "back")]
    assert (ledger.health[7].state, ledger.health[7].error) == ("ok", "it answers 502")
    await said(reports, ("failing", "line"))
    assert ledger.health[7].state == "failing"
    await said(reports, ("well", "line"), ("well", "back"))
    assert (ledger.health[7].state, ledger.health[7].error) == ("ok", None)
