"""The live timeline of an event: GET /e/{slug}, and the parts of it that scripts fetch again."""

from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from dashboard import pages, public
from dashboard.glance import Glance
from dashboard.keys import GLANCES, NETWORKS, RENDERER, STORE
from dashboard.listening import late
from dashboard.views import errors
from storage import items
from timeline.errors import BadCursor
from timeline.event import Event
from timeline.item import Place
from timeline.view import Filter

POSTS = 20  # of a page: two screens on a phone, 12 KB at most
MODULES = (
    "timeline.js", "announce.js", "connection.js", "keys.js", "lead.js", "live.js", "menu.js", "older.js", "order.js",
    "place.js", "signal.js", "theme.js",
)  # fmt: skip


class _NoSuchView(Exception):
    """The event is here, but not what the address asks of it."""


async def show(request: web.Request) -> web.Response:
    """The newest posts, or those before a position; ``fragment`` asks for the ``posts`` or the ``stage`` alone."""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    try:
        return await _answer(request, event, datetime.now(UTC))
    except _NoSuchView as error:
        return errors.no_such_view(request, event, str(error))


async def _answer(request: web.Request, event: Event, now: datetime) -> web.Response:
    match request.query.get("fragment"):
        case "posts":
            return pages.answer(request, "partials/_posts.html", **await _posts(request, event, now))
        case "stage":
            return pages.answer(request, "partials/_stage.html", **await _stage(request, event, now))
        case _:
            posts, stage = await _posts(request, event, now), await _stage(request, event, now)
            return pages.answer(request, "timeline.html", modules=MODULES, **(stage | posts))


async def _posts(request: web.Request, event: Event, now: datetime) -> dict[str, Any]:
    network, before = request.query.get("network"), request.query.get("before")
    if network and network not in {info.key for info in request.app[NETWORKS]}:
        raise _NoSuchView("This address asks for a network that we do not know.")
    try:
        position = Place.decode(before) if before else None
    except BadCursor as error:
        raise _NoSuchView("This address asks for posts from a place in the timeline that does not exist.") from error
    where = Filter(network=network or None)
    page = await request.app[STORE].read(items.page, event.id, before=position, limit=POSTS, where=where)
    return {
        "event": event,
        "now": now,
        "items": page.items,
        "cards": request.app[RENDERER].cards(page.items, event, now),
        "seq": page.seq,
        "next": page.next.encode() if page.next else None,
        "before": before,
        "network_filter": network,
        "first_run": not (page.items or network or before),
    }


async def _stage(request: web.Request, event: Event, now: datetime) -> dict[str, Any]:
    glance = await request.app[GLANCES].of(event, now)
    return {
        "event": event,
        "now": now,
        "phase": event.phase(now),
        "glance_seq": glance.seq,
        "signal": glance.signal,
        "heard": glance.heard,
        "networks": sorted(glance.networks.items(), key=lambda each: -each[1]),
        "late": late(glance.heard) if event.collect_from <= now else None,
        "highlights": glance.highlights,
        "pictures": glance.pictures,
        "shown_networks": _networks(request, glance),
    }


def _networks(request: web.Request, glance: Glance) -> list[str]:
    """What a reader can choose between: networks with posts, or listened to; news last, else by name."""
    renderer = request.app[RENDERER]
    listened = {heard.key for heard in glance.heard if heard.key in renderer.assets.marks}
    return sorted(listened | glance.networks.keys(), key=lambda key: (key == "feed", renderer.label(key)))
