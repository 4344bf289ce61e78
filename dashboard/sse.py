"""One reader of a live stream: pulls what it missed until it is level, then shares the hub's frames."""

import asyncio
import random
import socket

import structlog
from aiohttp import HttpVersion11, web

from dashboard import frames
from dashboard.channel import STEPS, Channel, Pace
from dashboard.compression import accepts
from dashboard.fragments import Form
from dashboard.frames import Wire
from dashboard.keys import HUB, STORE
from dashboard.public import event_by_slug
from storage import changes
from storage.store import Store
from timeline.errors import NoSuchEvent

SEND_BUFFER_BYTES = 64 * 1024
"""What the kernel may hold for one reader. Left alone it takes up to 4 MB of a stalled one,
and our own bound is never reached: of 200 stalled readers none was noticed, with this all were."""

_log = structlog.get_logger(__name__)
_LOST = -1  # a position that cannot be one of ours


async def stream(request: web.Request, form: Form) -> web.StreamResponse:
    """Answer with the event's changes after the reader's position, then with every one that follows."""
    hub, store = request.app[HUB], request.app[STORE]
    if hub.closed:
        raise _closing()
    wire = Wire(gzip=accepts(request, "gzip"), chunked=request.version >= HttpVersion11)
    response, slug, transport = _head(wire), request.match_info["slug"], request.transport
    if request.method == "HEAD" or transport is None:
        await event_by_slug(store, slug)
        return response
    async with hub.channel(slug) as channel:
        if hub.closed:
            raise _closing()
        _bound_kernel_buffer(transport)
        await response.prepare(request)
        reader = _Reader(response, wire, form, channel, store, hub.pace)
        try:
            await reader.catch_up(await reader.greet(_asked(request)))
        except TimeoutError:
            hub.metrics.cut_off.inc()
            transport.abort()
        except (ConnectionError, NoSuchEvent):
            return response
        except Exception:  # the answer has begun: nothing else can be answered any more
            _log.exception("a stream broke off", slug=slug)
            transport.abort()
        if not channel.ended and not transport.is_closing():  # level, and nothing was awaited since
            with channel.seat(form, wire, transport) as gone:
                await gone
    return response


class _Reader:
    """The part of a stream that is one reader's own: its greeting, and what it missed."""

    def __init__(
        self, response: web.StreamResponse, wire: Wire, form: Form, channel: Channel, store: Store, pace: Pace
    ) -> None:
        self._response = response
        self._wire = wire
        self._form = form
        self._channel = channel
        self._store = store
        self._pace = pace

    async def greet(self, asked: int | None) -> int:
        """Say when to come back, what the event is like, and whether the reader is lost; where it stands now."""
        channel = self._channel
        latest = channel.position
        if asked is not None and asked > latest:  # our position may be a moment old, or its number made up
            latest = (await event_by_slug(self._store, channel.event.slug)).seq
        words = frames.retry(random.randint(*self._pace.retry_ms)) + channel.fragments.state(channel.event, self._form)
        position = latest if asked is None else asked
        if not 0 <= position <= latest:
            position = latest
            words += frames.reset(position)
        if self._wire.gzip:
            await self._response.write(frames.GZIP_HEAD)
        await self._write(words)
        return position

    async def catch_up(self, position: int) -> None:
        """Write what the reader has missed until it stands where everybody does."""
        channel = self._channel
        while position != channel.position and not channel.ended:
            if position > channel.position:
                await self._wait()
            elif (steps := channel.recent.since(position, STEPS)) is not None:
                position = steps[-1].change.seq if len(steps) == STEPS else channel.position
                await self._write(channel.fragments.messages(steps, channel.event, self._form))
            else:
                position = await self._pull(position)

    async def _pull(self, position: int) -> int:
        """Read on in the log itself and write that; where the reader stands then."""
        channel = self._channel
        window = await self._store.read(changes.window, channel.event.id, after=position, limit=STEPS)
        if 0 < position < window.floor:  # 0 is the start of the log, wherever that is by now
            await self._write(frames.reset(window.latest))
            return window.latest
        level = channel.position  # further than that is the hub's to tell, or it would come twice
        steps = [step for step in window.steps if step.change.seq <= level]
        words = channel.fragments.messages(steps, channel.event, self._form, fresh=window.latest >= level)
        await self._write(words)
        return min(window.upto, level)

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


def _closing() -> web.HTTPException:
    return web.HTTPServiceUnavailable(text="This server is about to restart.", headers={"Retry-After": "3"})


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
