"""GET /desk: every event, drafts too, and whether its sources need a look."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from aiohttp import web

from dashboard import auth, pages, staff, standing
from dashboard.keys import NETWORKS, STORE
from dashboard.standing import Standing
from timeline.event import Event

_MOST = 60  # events drawn


@dataclass(frozen=True, slots=True)
class Listed:
    """An event as the desk lists it."""

    event: Event
    summary: str
    sources: list[Standing]


@auth.for_people
async def event(request: web.Request) -> web.StreamResponse:
    """GET /desk/{slug}: there is one page of an event so far."""
    found = await staff.event_by_slug(request.app[STORE], request.match_info["slug"])
    raise web.HTTPSeeOther(f"/desk/{found.slug}/sources")


def _rank(now: datetime, one: Listed) -> tuple[bool, bool]:
    return not one.event.collects(now), not any(source.mood == "fault" for source in one.sources)


@auth.for_people
async def show(request: web.Request) -> web.Response:
    """Events whose sources need a look on top, then the others that collect, the latest to start first."""
    now, store, networks = datetime.now(UTC), request.app[STORE], request.app[NETWORKS]
    events = (await staff.all_events(store))[:_MOST]
    found = await asyncio.gather(*(staff.standings(store, networks, event, now) for event in events))
    listed = [Listed(event, standing.summary(sources), sources) for event, sources in zip(events, found, strict=True)]
    return pages.answer(
        request, "desk.html", modules=("site.js", "theme.js"), sheets=("desk.css",),
        now=now, listed=sorted(listed, key=partial(_rank, now)),
    )  # fmt: skip
