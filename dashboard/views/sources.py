"""How an event's sources stand, for staff: GET /desk/{slug}/sources, and its list that scripts fetch again."""

from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from dashboard import auth, pages, staff, standing
from dashboard.keys import NETWORKS, STORE

_MODULES = ("sources.js", "announce.js", "theme.js", "words.js")


@auth.for_people
async def show(request: web.Request) -> web.Response:
    """The page; ``fragment=sources`` asks for the list alone."""
    now, store = datetime.now(UTC), request.app[STORE]
    event = await staff.event_by_slug(store, request.match_info["slug"])
    found = await staff.standings(store, request.app[NETWORKS], event, now)
    told: dict[str, Any] = {"event": event, "now": now, "sources": found, "summary": standing.summary(found)}
    if request.query.get("fragment") == "sources":
        return pages.answer(request, "partials/_sources.html", **told)
    return pages.answer(request, "sources.html", modules=_MODULES, sheets=("desk.css",), **told)
