"""Pages as answers, drawn in the theme and the language of their reader."""

from typing import Any

from aiohttp import web

from dashboard import languages, thrift
from dashboard.keys import RENDERER

_THEMES = ("light", "dark")
_COOKIE = "theme"


def answer(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """A page, or a part of one. Each reader's own: a cache on the way must not mix them."""
    context.setdefault("theme", theme(request))
    context.setdefault("here", request.path)
    return web.Response(
        text=request.app[RENDERER].page(template, **context),
        status=status,
        content_type="text/html",
        headers={
            "Cache-Control": "private, no-cache",
            "Content-Language": languages.spoken().html,
            "Accept-CH": thrift.ASK,
            "Vary": thrift.DEPENDS_ON,
        },
    )


def theme(request: web.Request) -> str:
    """What the reader chose; nothing where the system decides."""
    chosen = request.cookies.get(_COOKIE, "")
    return chosen if chosen in _THEMES else ""
