"""Events for calendars: all that are listed at /events.ics, one at /e/{slug}/event.ics."""

import asyncio

from aiohttp import web

from dashboard import public
from dashboard.calendar import TYPE, calendar
from dashboard.keys import SITE, STORE
from storage import events


async def every(request: web.Request) -> web.Response:
    """GET /events.ics, to subscribe to."""
    store, site = request.app[STORE], request.app[SITE]
    written = await store.read(events.written)
    listed = [event for event in await public.public_events(store) if event.id in written]
    body = await asyncio.to_thread(calendar, listed, written, site, name=site.title)
    return _answer(body, "events", listed=True)


async def one(request: web.Request) -> web.Response:
    """GET /e/{slug}/event.ics, to add."""
    store = request.app[STORE]
    event = await public.event_by_slug(store, request.match_info["slug"])
    written = await store.read(events.written)
    body = await asyncio.to_thread(calendar, [event], written, request.app[SITE], name=event.title)
    return _answer(body, event.slug, listed=event.may_be_found)


def _answer(body: bytes, name: str, *, listed: bool) -> web.Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.ics"', "Cache-Control": "public, max-age=300"}
    if not listed:
        headers["X-Robots-Tag"] = "noindex"
    return web.Response(body=body, content_type=TYPE, charset="utf-8", headers=headers)
