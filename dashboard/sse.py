"""One reader of a live stream: pulls what it missed until it is level, then shares the hub's frames."""

import asyncio
import random
import socket

from aiohttp import HttpVersion11, web

from dashboard import frames
from dashboard.compression import accepts
from dashboard.fragments import Form
from dashboard.frames import Wire
from dashboard.hub import STEPS, Channel, Pace
from dashboard.keys import HUB, STORE
from dashboard.public import event_by_slug
from storage import changes
from storage.store import Store
from timeline.event import Event

SEND_BUFFER_BYTES = 64 * 1024
"""What the kernel may hold for one reader. Left alone it takes up to 4 MB of a stalled one,
and our own bound is never reached: of 200 stalled readers none was noticed, with this all were."""

_LOST = -1  # a position that cannot be one of ours


async def stream(request: web.Request, form: Form) -> web.StreamResponse:
    """Answer with the event's changes after the reader's position, then with every one that follows."""
    hub, store = request.app[HUB], request.app[STORE]
    if hub.closed:
        raise web.HTTPServiceUnavailable(text="This server is about to restart.", headers={"Retry-After": "3"})
    event = await event_by_slug(store, request.match_info["slug"])
    wire = Wire(gzip=accepts(request, "gzip"), chunked=request.version >= HttpVersion11)
    response = _head(wire)
    transport = request.transport
    if request.method == "HEAD" or transport is None:
        return response
    _bound_kernel_buffer(transport)
    await response.prepare(request)
    with hub.channel(event) as channel:
        reader = _Reader(response, wire, form, channel, hub.pace)
        try:
            position = await reader.greet(event, _asked(request))
            await reader.catch_up(store, position)
        except TimeoutError:
            transport.abort()
            hub.metrics.cut_off.inc()
        except ConnectionError:
            return response
        if not channel.ended and not transport.is_closing():  # level, and nothing was awaited since
            with channel.seat(form, wire, transport) as gone:
                await gone
    return response


class _Reader:
    """The part of a stream that is one reader's own: its greeting, and what it missed."""

    def __init__(self, response: web.StreamResponse, wire: Wire, form: Form, channel: Channel, pace: Pace) -> None:
        self._response = response
        self._wire = wire
        self._form = form
        self._channel = channel
        self._pace = pace

    async def greet(self, event: Event, asked: int | None) -> int:
        """Say when to come back, what the event is like, and whether the reader is lost; where it stands now."""
        if self._wire.gzip:
            await self._response.write(frames.GZIP_HEAD)
        words = frames.retry(random.randint(*self._pace.retry_ms)) + self._channel.fragments.state(event)
        position = event.seq if asked is None else asked
        if not 0 <= position <= event.seq:
            position = event.seq
            words += frames.reset(position)
        await self._write(words)
        return position

    async def catch_up(self, store: Store, position: int) -> None:
        """Pull and write until the reader stands where everybody does."""
        channel = self._channel
        while position != channel.position and not channel.ended:
            if position > channel.position:
                await self._wait()
                continue
            window = await store.read(changes.window, channel.event.id, after=position, limit=STEPS)
            if 0 < position < window.floor:  # 0 is the start of the log, wherever that is by now
                position = window.latest
                await self._write(frames.reset(position))
                continue
            level = channel.position  # further than that is the hub's to tell, or it would come twice
            steps = [step for step in window.steps if step.change.seq <= level]
            words = channel.fragments.messages(steps, channel.event, self._form, fresh=window.latest >= level)
            position = min(window.upto, level)
            await self._write(words)

    async def _wait(self) -> None:
        """The hub is about to tell what this reader has read elsewhere; a quiet comment if that takes long."""
        try:
            async with asyncio.timeout(self._pace.beat_s):
                await self._channel.moves()
        except TimeoutError:
            await self._write(frames.BEAT)

    async def _write(self, words: bytes) -> None:
        """Raises TimeoutError when the reader takes nothing for too long."""
        if words:
            async with asyncio.timeout(self._pace.stall_s):
                await self._response.write(frames.deflate(words) if self._wire.gzip else words)


def _asked(request: web.Request) -> int | None:
    """The number the reader says it has: None for now, ``_LOST`` for what is no number.

    A browser that comes back repeats its old ``after=`` beside the header: the header wins.
    """
    word = request.headers.get("Last-Event-ID") or request.query.get("after")
    if word is None:
        return None
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= 18 else _LOST


def _head(wire: Wire) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",  # nginx would collect what is meant to arrive at once
            "Vary": "Accept-Encoding",
        }
    )
    if wire.gzip:
        response.headers["Content-Encoding"] = "gzip"
    if not wire.chunked:
        response.force_close()
    return response


def _bound_kernel_buffer(transport: asyncio.Transport) -> None:
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
