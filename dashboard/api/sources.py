"""How an event's sources fare, for staff's programs: ``/api/v1/events/{slug}/sources``."""

from datetime import UTC, datetime

import msgspec
from aiohttp import web

from dashboard import auth, staff
from dashboard.api.answer import answer
from dashboard.api.shape import Moment
from dashboard.keys import NETWORKS, STORE
from dashboard.standing import Standing
from timeline import network


class Budget(msgspec.Struct, kw_only=True):
    """Posts that may be read in this UTC day, and have been; ``forecast`` is about how many it will be."""

    limit: int
    spent: int
    forecast: int | None
    resets_at: Moment


class Gap(msgspec.Struct, kw_only=True):
    """What was said in this time can no longer be had."""

    since: Moment
    until: Moment
    reason: str


class Source(msgspec.Struct, kw_only=True):
    """One place we collect from. ``lag_seconds`` is from published to first seen, the median of the last hour's
    newest posts; ``error`` is what is wrong, in words, and ``hint`` the next step."""

    id: str
    kind: str
    label: str
    state: network.SourceState
    last_success_at: Moment | None
    last_post_at: Moment | None
    lag_seconds: float | None
    error: str | None
    hint: str | None
    posts: int
    budget: Budget | None
    posts_last_hour: int
    failing_since: Moment | None
    next_poll_at: Moment | None
    gap: Gap | None
    terms: tuple[str, ...]


class Sources(msgspec.Struct, kw_only=True):
    """The sources of an event, those that need a look first."""

    sources: list[Source]


@auth.for_programs
async def listing(request: web.Request) -> web.Response:
    """GET /api/v1/events/{slug}/sources"""
    store = request.app[STORE]
    event = await staff.event_by_slug(store, request.match_info["slug"])
    found = await staff.standings(store, request.app[NETWORKS], event, datetime.now(UTC))
    return answer(Sources(sources=[source(one) for one in found]))


def source(told: Standing) -> Source:
    status = told.status
    return Source(
        id=str(status.source.id),
        kind=status.source.kind,
        label=told.name,
        state=status.state,
        last_success_at=_utc(status.last_success_at),
        last_post_at=_utc(status.last_post_at),
        lag_seconds=None if told.lag_s is None else round(told.lag_s, 1),
        error=status.error,
        hint=status.hint,
        posts=status.posts,
        budget=_budget(told),
        posts_last_hour=told.hour,
        failing_since=_utc(status.failing_since),
        next_poll_at=_utc(status.next_poll_at),
        gap=_gap(status.gap) if status.gap else None,
        terms=told.terms,
    )


def _budget(told: Standing) -> Budget | None:
    budget = told.status.budget
    if budget is None:
        return None
    return Budget(limit=budget.limit, spent=budget.spent, forecast=told.forecast, resets_at=budget.resets_at)


def _gap(gap: network.Gap) -> Gap:
    return Gap(since=gap.since.astimezone(UTC), until=gap.until.astimezone(UTC), reason=gap.reason)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None
