"""GET /: what is on, what is coming, what was. Of very many past events the latest; the others by year."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from dashboard import pages, public
from dashboard.glance import Glance
from dashboard.keys import GLANCES, STORE
from dashboard.listening import Heard, late
from timeline.event import Event

MOST = 60  # events drawn; where there are more, past ones are found by year
_LATEST = 12  # past events that are drawn whatever is on: three rows


@dataclass(frozen=True, slots=True)
class Listed:
    """An event as the page lists it; ``glance`` is None where it is told in words alone."""

    event: Event
    glance: Glance | None
    late: Heard | None


async def show(request: web.Request) -> web.Response:
    """Events by phase: live ones whole, those with posts first; coming ones soonest first, past ones latest first.

    ``year`` asks for the past ones of a year alone.
    """
    now = datetime.now(UTC)
    events = sorted(await public.public_events(request.app[STORE]), key=lambda event: event.starts_at, reverse=True)
    past = [event for event in events if event.phase(now) == "past"]
    if "year" in request.query:
        return await _year(request, past, now)
    live = [event for event in events if event.phase(now) == "live"]
    coming = [event for event in events if event.phase(now) == "coming"][::-1]
    shown = past if len(events) <= MOST else past[: max(_LATEST, MOST - len(live) - len(coming))]
    return pages.answer(
        request, "index.html", modules=("site.js", "theme.js"), sheets=("index.css",), now=now, year=None,
        live=sorted(await _listed(request, live, now), key=_is_empty), coming=await _listed(request, coming, now),
        past=await _listed(request, shown, now), past_count=len(past),
        years=_years(past) if len(shown) < len(past) else [],
    )  # fmt: skip


async def _year(request: web.Request, past: Sequence[Event], now: datetime) -> web.Response:
    years = _years(past)
    year = request.query["year"]
    if year not in {str(one) for one in years}:
        raise web.HTTPNotFound
    found = [event for event in past if str(_year_of(event)) == year]
    return pages.answer(
        request, "index.html", modules=("site.js", "theme.js"), sheets=("index.css",), now=now, year=int(year),
        live=[], coming=[], past=await _listed(request, found, now), past_count=len(found), years=years,
    )  # fmt: skip


async def _listed(request: web.Request, events: Sequence[Event], now: datetime) -> list[Listed]:
    """``events`` in their order, drawn as far as that is not too many to read."""
    glances = request.app[GLANCES]
    drawn = await asyncio.gather(*(glances.of(event, now) for event in events[:MOST]))
    told = [
        Listed(event, glance, late(glance.heard) if event.collect_from <= now else None)
        for event, glance in zip(events, drawn, strict=False)
    ]
    return told + [Listed(event, None, None) for event in events[MOST:]]


def _years(past: Iterable[Event]) -> list[int]:
    """The years that had events, the latest first."""
    return sorted({_year_of(event) for event in past}, reverse=True)


def _year_of(event: Event) -> int:
    return event.starts_at.astimezone(event.zone).year


def _is_empty(one: Listed) -> bool:
    return one.glance is None or one.glance.latest is None
