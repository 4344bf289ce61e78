"""Where a day's budget is going: what will have been read by midnight, and whether it lasts until then."""

from datetime import datetime, timedelta

from timeline.network import Budget

_DAY = timedelta(days=1)
_EARLY = timedelta(minutes=15)  # less of a day than this says nothing of the rest


def by_midnight(budget: Budget, *, last_hour: int, at: datetime) -> int | None:
    """About how many posts will have been read when the budget is set back; None while nobody can tell.

    At the pace of the day so far or of the last hour, whichever is faster: a conference's morning
    is quicker than the night before it, and to be warned too soon costs less than too late.
    """
    pace = _pace_s(budget, last_hour, at)
    if pace is None:
        return None
    return budget.spent + round(pace * max((budget.resets_at - at).total_seconds(), 0))


def runs_out_at(budget: Budget, *, last_hour: int, at: datetime) -> datetime | None:
    """When at that pace nothing may be read any more, if that is before the budget is set back."""
    pace = _pace_s(budget, last_hour, at)
    if budget.left == 0 or not pace:
        return None
    out = at + timedelta(seconds=budget.left / pace)
    return out if out < budget.resets_at else None


def _pace_s(budget: Budget, last_hour: int, at: datetime) -> float | None:
    """Posts a second."""
    passed = at - (budget.resets_at - _DAY)
    if passed < _EARLY:
        return None
    return max(budget.spent / passed.total_seconds(), min(last_hour, budget.spent) / 3600)
