"""An answer in JSON."""

from typing import Any

from aiohttp import web

from dashboard.api import shape


def answer(thing: Any) -> web.Response:
    return web.Response(body=shape.encode(thing), content_type="application/json")
