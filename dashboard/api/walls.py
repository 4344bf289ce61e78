"""The walls of an event, for staff's programs: ``/api/v1/events/{slug}/walls``, and emptying them all at once."""

from datetime import UTC, datetime

import msgspec
from aiohttp import web

from dashboard import auth, staff
from dashboard.api.answer import answer
from dashboard.api.shape import Moment
from dashboard.keys import STORE
from dashboard.problems import problem
from storage import screenings, walls
from timeline.event import Event
from timeline.screen import Screen


class Wall(msgspec.Struct, kw_only=True):
    """One projector wall, as it reports itself. ``silent``: it was not heard of for 40 seconds."""

    id: str
    name: str
    layout: str
    mode: str
    size: tuple[int, int]
    showing: list[str]
    since: Moment
    heard_at: Moment
    silent: bool


class Walls(msgspec.Struct, kw_only=True):
    """The walls of an event that were heard of in the last ten minutes; what stood there by ``cleared_at`` is off."""

    walls: list[Wall]
    cleared_at: Moment | None


class Clear(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``undo``: let back in what the last clearing took away."""

    undo: bool = False


@auth.for_programs
async def listing(request: web.Request) -> web.Response:
    """GET /api/v1/events/{slug}/walls"""
    return await _told(request, await _event(request))


@auth.for_programs
async def clear(request: web.Request) -> web.Response:
    """POST /api/v1/events/{slug}/walls/clear: empties them all of what is in sight now, or undoes that."""
    event, body = await _event(request), await request.read()
    try:
        asked = msgspec.json.decode(body, type=Clear) if body.strip() else Clear()
    except ValueError as error:
        return problem(400, f"The body may be empty, or JSON with `undo`: {error}.")
    await request.app[STORE].write(walls.undo_clear if asked.undo else walls.clear, event.id, at=datetime.now(UTC))
    return await _told(request, await _event(request))


@auth.for_programs
async def undo(request: web.Request) -> web.Response:
    """DELETE /api/v1/events/{slug}/walls/clear: lets back in what the last clearing took away."""
    event = await _event(request)
    await request.app[STORE].write(walls.undo_clear, event.id, at=datetime.now(UTC))
    return await _told(request, await _event(request))


async def _event(request: web.Request) -> Event:
    return await staff.event_by_slug(request.app[STORE], request.match_info["slug"])


async def _told(request: web.Request, event: Event) -> web.Response:
    now, cleared_at = datetime.now(UTC), event.walls_cleared_at
    found = await request.app[STORE].read(screenings.connected, event.id, at=now)
    told = [_wall(screen, now) for screen in found]
    return answer(Walls(walls=told, cleared_at=cleared_at.astimezone(UTC) if cleared_at else None))


def _wall(screen: Screen, now: datetime) -> Wall:
    return Wall(
        id=screen.id,
        name=screen.name,
        layout=screen.layout,
        mode=screen.mode,
        size=(screen.width, screen.height),
        showing=[str(item_id) for item_id in screen.showing],
        since=screen.since.astimezone(UTC),
        heard_at=screen.heard_at.astimezone(UTC),
        silent=screen.is_silent(now),
    )
