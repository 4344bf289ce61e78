"""GET /e/{slug}/qr.svg: the short address of an event, for the cameras of a hall."""

import functools
from io import BytesIO

import segno
from aiohttp import web

from dashboard import public
from dashboard.keys import SITE, STORE

QUIET = 4  # modules of white around it, as the standard asks (ISO/IEC 18004)


async def show(request: web.Request) -> web.Response:
    """Black on white in any theme: not every camera reads the other way round."""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    return web.Response(
        body=drawn(request.app[SITE].absolute(f"/{event.slug}")),
        content_type="image/svg+xml",
        headers={"Cache-Control": "public, max-age=300", "X-Robots-Tag": "noindex"},
    )


@functools.lru_cache(maxsize=64)
def drawn(address: str) -> bytes:
    """``address`` as a QR code, a quarter of which may be covered or smeared where that costs no room."""
    drawing = BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawing, kind="svg", border=QUIET, dark="#000", light="#fff", omitsize=True, xmldecl=False, svgclass=None,
        lineclass=None, nl=False,
    )  # fmt: skip
    return drawing.getvalue()
