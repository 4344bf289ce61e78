"""GET /{slug}: the short address of an event, as it is read from a wall and typed on a phone."""

from aiohttp import web

from dashboard import public
from dashboard.keys import STORE


async def lead(request: web.Request) -> web.Response:
    """Leads to the event; capitals are a phone's doing. Not for good: an address may be another event's one day."""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"].lower())
    raise web.HTTPFound(f"/e/{event.slug}", headers={"Cache-Control": "no-cache"})
