"""Answers made smaller: brotli where the reader takes it, else gzip. Streams have their own way."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable

import brotli
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

WORTH_BYTES = 1024
OFF_LOOP_BYTES = 32 * 1024  # about 1 ms of work
_TYPES = {
    "text/html", "text/css", "text/plain", "text/javascript", "image/svg+xml",
    "application/json", "application/problem+json", "application/manifest+json",
    "application/atom+xml", "application/rss+xml", "application/feed+json", "application/xml",
}  # fmt: skip


def accepts(request: web.Request, coding: str) -> bool:
    """Whether the reader takes ``coding`` (RFC 9110, section 12.5.3)."""
    for part in request.headers.get("Accept-Encoding", "").split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() == coding:
            return weight.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def varying(response: web.Response) -> str:
    """What an answer depends on: its coding, and whatever its view named."""
    return ", ".join([*response.headers.getall("Vary", []), "Accept-Encoding"])


async def compress(request: web.Request, response: web.Response) -> None:
    """Put the body of ``response`` into the best coding the reader takes, where that is worth it."""
    body = response.body
    if not isinstance(body, bytes) or response.content_type not in _TYPES or "Content-Encoding" in response.headers:
        return
    response.headers["Vary"] = varying(response)
    coding = next((name for name in _CODINGS if accepts(request, name)), None)
    if len(body) < WORTH_BYTES or coding is None:
        return
    small = _CODINGS[coding]
    response.body = await asyncio.to_thread(small, body) if len(body) > OFF_LOOP_BYTES else small(body)
    response.headers["Content-Encoding"] = coding


def _gzip(body: bytes) -> bytes:
    press = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return press.compress(body) + press.flush()


def _brotli(body: bytes) -> bytes:
    small: bytes = brotli.compress(body, quality=4)
    return small


_CODINGS: dict[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": _gzip}
