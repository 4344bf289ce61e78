"""The live stream that the pages read: ``/e/{slug}/stream``, the same cards as on the page."""

from aiohttp import web

from dashboard import languages, sse
from dashboard.fragments import Form


async def page(request: web.Request) -> web.StreamResponse:
    """GET /e/{slug}/stream?after=SEQ"""
    return await sse.stream(request, Form("page", languages.spoken().tag))
