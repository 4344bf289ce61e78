from datetime import UTC, datetime, timedelta

from timeline.forecast import by_midnight, runs_out_at
from timeline.network import Budget

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


def at(hour, minute=0):
    return MIDNIGHT - timedelta(days=1) + timedelta(hours=hour, minutes=minute)


def budget(spent, limit=3_000):
    return Budget(limit=limit, spent=spent, resets_at=MIDNIGHT)


def test_the_pace_of_the_day_so_far_goes_on():
    assert by_midnight(budget(600), last_hour=0, at=at(12)) == 1_200


def test_a_quick_last_hour_counts_for_more_than_the_night_before_it():
    assert by_midnight(budget(600), last_hour=200, at=at(12)) == 3_000


def test_the_last_hour_cannot_have_cost_more_than_the_day():
    assert by_midnight(budget(10), last_hour=500, at=at(12)) == 130


def test_nobody_can_tell_just_after_midnight():
    assert by_midnight(budget(50), last_hour=50, at=at(0, 14)) is None
    assert runs_out_at(budget(50), last_hour=50, at=at(0, 14)) is None


def test_it_tells_when_the_budget_runs_out():
    assert runs_out_at(budget(2_000), last_hour=500, at=at(12)) == at(14)


def test_a_budget_that_lasts_or_is_spent_runs_out_at_no_time():
    assert runs_out_at(budget(600), last_hour=0, at=at(12)) is None
    assert runs_out_at(budget(3_000), last_hour=0, at=at(12)) is None
    assert runs_out_at(budget(0), last_hour=9, at=at(12)) is None
