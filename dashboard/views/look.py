"""What is the organisers' own on an event's pages: its hue, its logo, the picture beside shared links."""

from aiohttp import web

from dashboard import public
from dashboard.assets import GUARD
from dashboard.keys import SHELF, STORE
from timeline.event import Picture

_TYPES = frozenset({"image/svg+xml", "image/png", "image/jpeg", "image/webp"})


async def theme(request: web.Request) -> web.Response:
    """GET /e/{slug}/theme.css: the event's accent. Hue alone, so that contrast stays as it was measured."""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    hue = event.look.accent_hue
    return web.Response(text="" if hue is None else f":root{{--hue:{hue}}}", content_type="text/css")


async def logo(request: web.Request) -> web.StreamResponse:
    """GET /e/{slug}/logo"""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    return _picture(request, event.look.logo)


async def picture(request: web.Request) -> web.StreamResponse:
    """GET /e/{slug}/picture"""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    return _picture(request, event.look.picture)


async def sponsor(request: web.Request) -> web.StreamResponse:
    """GET /e/{slug}/sponsors/{key}: named by its content, so that it is fetched once for every wall."""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    shown = (one.picture for one in event.look.sponsors)
    return _picture(request, next((one for one in shown if one.content_hash == request.match_info["key"]), None))


def _picture(request: web.Request, told: Picture | None) -> web.StreamResponse:
    path = request.app[SHELF].path(told.content_hash) if told is not None else None
    if told is None or path is None or told.content_type not in _TYPES or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(
        path,
        headers={
            "Content-Type": told.content_type,
            "Cache-Control": "public, max-age=3600",  # its address carries what it is, and changes with it
            "Content-Security-Policy": GUARD,
            "Cross-Origin-Resource-Policy": "cross-origin",  # other sites show it beside links to us
        },
    )
