"""The walls of an event, for staff: which are connected, what each shows, and the button that empties them all."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from dashboard import auth, csrf, pages, staff
from dashboard.keys import STORE
from dashboard.problems import problem
from storage import items, screenings, walls
from timeline.event import Event
from timeline.item import Item
from timeline.screen import Screen

_MODULES = ("sources.js", "announce.js", "theme.js")


@dataclass(frozen=True, slots=True)
class Shown:
    """A wall, and the posts that it says it shows, those of this event which are still in sight."""

    screen: Screen
    items: list[Item]
    silent: bool


@auth.for_people
async def show(request: web.Request) -> web.Response:
    """GET /desk/{slug}/walls; ``fragment=walls`` asks for the list alone."""
    event = await staff.event_by_slug(request.app[STORE], request.match_info["slug"])
    told = await _told(request, event, datetime.now(UTC))
    if request.query.get("fragment") == "walls":
        return pages.answer(request, "partials/_walls.html", **told)
    return pages.answer(request, "walls.html", modules=_MODULES, sheets=("desk.css",), **told)


@auth.for_people
async def clear(request: web.Request) -> web.StreamResponse:
    """POST /desk/{slug}/walls/clear: empties them all; ``undo`` names the clearing that is to be undone."""
    if not csrf.is_ours(request):
        return problem(403, "That came from another site.")
    store, now = request.app[STORE], datetime.now(UTC)
    event = await staff.event_by_slug(store, request.match_info["slug"])
    word = (await request.post()).get("undo")
    if word is None:
        await store.write(walls.clear, event.id, at=now)
    else:
        await store.write(walls.undo_clear, event.id, of=_moment(word), at=now)
    raise web.HTTPSeeOther(f"/desk/{event.slug}/walls")


async def _told(request: web.Request, event: Event, now: datetime) -> dict[str, Any]:
    store = request.app[STORE]
    screens = await store.read(screenings.connected, event.id, at=now)
    wanted = sorted({item_id for screen in screens for item_id in screen.showing})
    found = await store.read(items.by_ids, wanted) if wanted else {}
    ours = {item_id: item for item_id, item in found.items() if item.event_id == event.id}
    shown = [
        Shown(screen, [ours[item_id] for item_id in screen.showing if item_id in ours], screen.is_silent(now))
        for screen in screens
    ]
    return {"event": event, "now": now, "walls": shown, "silent": sum(one.silent for one in shown)}


def _moment(word: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(word))
    except ValueError:
        raise web.HTTPBadRequest(text="This form cannot be read.") from None
    if moment.tzinfo is None:
        raise web.HTTPBadRequest(text="This form cannot be read.")
    return moment
