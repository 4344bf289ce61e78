"""When posts are looked at again."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import DAY, HOUR, MINUTE, NOON
from timeline.recheck import Rule, rules

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def due(age: timedelta, confirmed: timedelta, **how: object) -> bool:
    """Whether a post said ``age`` ago and last confirmed ``confirmed`` ago is due; on no wall."""
    told = rules(NOON, **{"announced_since": None, **how})  # type: ignore[arg-type]
    return any(applies(rule, age, confirmed) for rule in (*told.often, *told.seldom) if not rule.on_wall)


def applies(rule: Rule, age: timedelta, confirmed: timedelta) -> bool:
    return NOON - confirmed < rule.before and (rule.since is None or NOON - age > rule.since)


@pytest.mark.parametrize(
    ("age", "every"),
    [(MINUTE, 5 * MINUTE), (59 * MINUTE, 5 * MINUTE), (2 * HOUR, HOUR), (23 * HOUR, HOUR), (2 * DAY, 30 * DAY)],
)
def test_what_is_not_announced_is_looked_at_by_its_age(age: timedelta, every: timedelta) -> None:
    assert not due(age, every - MINUTE)
    assert due(age, every + MINUTE)


@pytest.mark.parametrize("age", [MINUTE, 2 * HOUR, 2 * DAY])
def test_what_is_announced_is_looked_at_once_a_month(age: timedelta) -> None:
    assert not due(age, 29 * DAY, announced_since=LONG_AGO)
    assert due(age, 31 * DAY, announced_since=LONG_AGO)


@pytest.mark.parametrize(("age", "every"), [(MINUTE, 5 * MINUTE), (2 * HOUR, HOUR), (2 * DAY, DAY)])
def test_what_may_have_been_missed_is_looked_at_once_and_no_more_often_for_a_line_that_flaps(
    age: timedelta, every: timedelta
) -> None:
    """The line stood again an instant ago."""
    assert due(age, every + MINUTE, announced_since=NOON)
    assert not due(age, every - MINUTE, announced_since=NOON)
    assert not due(age, every + MINUTE, announced_since=NOON - every - 2 * MINUTE)


def test_what_stands_on_a_wall_is_looked_at_every_five_minutes_however_old() -> None:
    [wall] = [rule for rule in rules(NOON, announced_since=None).often if rule.on_wall]

    assert (wall.since, wall.before) == (None, NOON - 5 * MINUTE)


def test_where_reading_is_charged_for_a_post_is_due_once_a_utc_day_while_its_event_collects() -> None:
    told = rules(NOON, announced_since=None, metered=True)

    assert told.often == ()
    assert told.seldom == (Rule(before=NOON - 12 * HOUR, collecting=True), Rule(before=NOON - 30 * DAY))
