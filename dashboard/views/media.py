"""Our own copies of pictures: ``/media/{key}``, for as long as a shown post uses them."""

from aiohttp import web

from dashboard.keys import SHELF, SIZES, STORE
from storage import media, sizes

MAX_AGE_S = 300  # a picture that is removed is gone from every cache after this


async def show(request: web.Request) -> web.StreamResponse:
    """GET /media/{key}; ``w`` asks for a copy of that width, in the smallest form that the browser reads."""
    kept = await request.app[STORE].read(media.find, request.match_info["key"])
    if kept is None:
        raise web.HTTPNotFound(text="No picture is kept under this address.")
    path = request.app[SHELF].path(kept.content_hash)
    if not path.is_file():
        raise web.HTTPNotFound(text="No picture is kept under this address.")
    content_type = kept.content_type  # as sniffed when it was fetched, never as the source called it
    if (width := _width(request, kept)) is not None:
        coding: sizes.Coding = "avif" if "image/avif" in request.headers.get("Accept", "") else "webp"
        if (smaller := await request.app[SIZES].of(kept.content_hash, width, coding)) is not None:
            path, content_type = smaller, f"image/{coding}"
    return web.FileResponse(
        path,
        headers={
            "Content-Type": content_type,
            "Vary": "Accept",
            "Cache-Control": f"public, max-age={MAX_AGE_S}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


def _width(request: web.Request, kept: media.KeptMedia) -> int | None:
    """The width asked for; None where that is none of ours, or no smaller than what we have."""
    word = request.query.get("w", "")
    width = int(word) if word.isascii() and word.isdecimal() and len(word) <= 4 else 0
    return width if width in sizes.WIDTHS and width < (kept.width or 0) else None
