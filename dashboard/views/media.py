"""Our own copies of pictures: ``/media/{key}``, for as long as a shown post uses them."""

from aiohttp import web

from dashboard.keys import SHELF, STORE
from storage import media

MAX_AGE_S = 300  # a picture that is removed is gone from every cache after this


async def show(request: web.Request) -> web.StreamResponse:
    """GET /media/{key}"""
    kept = await request.app[STORE].read(media.find, request.match_info["key"])
    if kept is None:
        raise web.HTTPNotFound(text="No picture is kept under this address.")
    path = request.app[SHELF].path(kept.content_hash)
    if not path.is_file():
        raise web.HTTPNotFound(text="No picture is kept under this address.")
    return web.FileResponse(
        path,
        headers={
            "Content-Type": kept.content_type,  # as sniffed when it was fetched, never as the source called it
            "Cache-Control": f"public, max-age={MAX_AGE_S}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )
