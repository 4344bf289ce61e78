"""A bad way to a server: it relays what our door and a stand-in say to each other, and goes wrong on request.

Between the two it speaks HTTPS and web sockets with a certificate of its own, so that
everything a hoster, a proxy, a firewall or a dying machine does to a connection can be
done to any network, whatever it speaks.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import aiohttp
from aiohttp import WSMsgType, web
from yarl import URL

CERTIFICATES = Path(__file__).parent / "certificates"  # for loopback alone; good for a hundred years
MEGABYTE = 1024 * 1024
_NOT_RELAYED = {"host", "connection", "upgrade", "content-length", "transfer-encoding", "keep-alive", "date", "server"}
_RESET = struct.pack("ii", 1, 0)  # linger on, for no time: what is left unsaid is dropped, and the other side is told

Said = str | bytes


def trusted() -> ssl.SSLContext:
    """For a door that believes what our ways show it, and nobody else."""
    return ssl.create_default_context(cafile=CERTIFICATES / "authority.pem")


class Cut(Exception):
    """Raised by a fault to end a connection: ``last`` goes out first, half a frame of it where ``broken``."""

    def __init__(self, last: Said = b"", *, broken: bool = False) -> None:
        super().__init__()
        self.last = last
        self.broken = broken


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong. Every connection that stands is cut first, unless it is ``mute``.

    ``instead`` answers in the server's place. ``answer`` is given a good answer whole, ``said`` yields what
    becomes of a stream's messages; ``down``: nobody listens; ``mute``: nothing comes through and nothing
    ends; ``stranger``: the certificate is somebody else's.
    """

    name: str
    instead: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    answer: Callable[[web.Request, bytes, Mapping[str, str]], Awaitable[web.StreamResponse]] | None = None
    said: Callable[[AsyncIterator[Said]], AsyncIterator[Said]] | None = None
    down: bool = False
    mute: bool = False
    stranger: bool = False


@dataclass
class Way:
    """``async with Way(port) as way``: then ``way.url``, ``way.ws``, ``await way.breaks(fault)``, ``await way.mend()``.

    ``asked`` counts what came in, ``met`` is set when the fault has been met.
    """

    port: int
    asked: int = 0
    met: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    fault: Fault | None = None
    own_port: int = 0
    _visits: set["_Visit"] = field(default_factory=set)
    _transports: set[asyncio.Transport] = field(default_factory=set)

    @property
    def ws(self) -> str:
        return self.url.replace("http", "ws", 1)

    async def __aenter__(self) -> Self:
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(CERTIFICATES / "host.pem")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), auto_decompress=False, timeout=aiohttp.ClientTimeout(total=None)
        )
        app = web.Application(client_max_size=16 * MEGABYTE)
        app.router.add_route("*", "/{path:.*}", self._visit)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await self._listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._cut_all()
        await self._runner.cleanup()
        await self._session.close()

    async def _listen(self) -> None:
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.own_port, ssl_context=self._tls, reuse_address=True)
        await self._site.start()
        self.own_port = self._runner.addresses[0][1]
        self.url = f"https://127.0.0.1:{self.own_port}"

    async def breaks(self, fault: Fault) -> None:
        """From now on, until mended."""
        self.fault = fault
        self.met.clear()
        if fault.mute:
            for visit in self._visits:
                visit.muted.set()
            return
        if fault.down:
            await self._site.stop()
        if fault.stranger:
            self._tls.load_cert_chain(CERTIFICATES / "stranger.pem")
        self._cut_all()

    async def mend(self) -> None:
        """Whoever comes from now on meets no trouble; what is mute stays so, as a half-open connection does."""
        fault, self.fault = self.fault, None
        if fault is None:
            return
        if fault.down:
            await self._listen()
        if fault.stranger:
            self._tls.load_cert_chain(CERTIFICATES / "host.pem")
        if not fault.mute:
            self._cut_all()

    def cut(self) -> None:
        """Every connection ends at once; the next one finds all well."""
        self._cut_all()

    def _cut_all(self) -> None:
        for transport in self._transports:
            reset(transport)
        self._transports.clear()

    async def _visit(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        self.asked += 1
        if self.fault is not None and (self.fault.down or self.fault.stranger):  # let in a moment before
            reset(request.transport)
            return await _nothing(request)
        self._transports.add(request.transport)
        visit = _Visit(self.fault)
        self._visits.add(visit)
        working = asyncio.ensure_future(self._answer(request, visit))
        muted = asyncio.ensure_future(visit.muted.wait())
        try:
            await asyncio.wait({working, muted}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            working.cancel()
            return await _nothing(request)
        finally:
            self._visits.discard(visit)
            for task in (working, muted):
                task.cancel()
            await asyncio.gather(working, muted, return_exceptions=True)

    async def _answer(self, request: web.Request, visit: "_Visit") -> web.StreamResponse:
        fault = visit.fault
        if fault is not None and (fault.mute or fault.instead):
            self.met.set()
            return await (fault.instead or _nothing)(request)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._relay_socket(request, visit)
        return await self._relay_answer(request, visit)

    async def _relay_answer(self, request: web.Request, visit: "_Visit") -> web.StreamResponse:
        url = URL(f"http://127.0.0.1:{self.port}{request.raw_path}", encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_RELAYED}
        body = await request.read()
        async with self._session.request(
            request.method, url, headers=headers, data=body or None, allow_redirects=False
        ) as answer:
            told = {name: value for name, value in answer.headers.items() if name.lower() not in _NOT_RELAYED}
            if answer.content_length is not None or answer.status != 200:
                whole = await answer.read()
                if answer.status == 200 and visit.fault is not None and visit.fault.answer is not None:
                    self.met.set()
                    return await visit.fault.answer(request, whole, told)
                return web.Response(status=answer.status, body=whole, headers=told)
            stream = web.StreamResponse(headers=told)
            await stream.prepare(request)
            try:
                async with aclosing(self._changed(answer.content.iter_any(), visit)) as messages:
                    async for message in messages:
                        await stream.write(_line(message))
            except Cut as cut:
                last = _line(cut.last)
                await stream.write(last[: len(last) // 2] if cut.broken else last)
                reset(request.transport)
            return stream

    async def _relay_socket(self, request: web.Request, visit: "_Visit") -> web.StreamResponse:
        url = URL(f"ws://127.0.0.1:{self.port}{request.raw_path}", encoded=True)
        protocols = tuple(p.strip() for p in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if p.strip())
        headers = {name: request.headers[name] for name in ("Authorization",) if name in request.headers}
        try:
            there = await self._session.ws_connect(
                url, protocols=protocols, headers=headers, max_msg_size=0, autoping=False
            )
        except aiohttp.WSServerHandshakeError as error:
            return web.json_response({"error": error.message}, status=error.status)
        here = web.WebSocketResponse(protocols=(there.protocol,) if there.protocol else (), max_msg_size=0)
        await here.prepare(request)
        sending = asyncio.ensure_future(_pass_on(here, there))
        try:
            async with aclosing(self._changed(_messages(there, here), visit)) as messages:
                async for message in messages:
                    await (here.send_str(message) if isinstance(message, str) else here.send_bytes(message))
            await here.close()
        except Cut as cut:
            if cut.broken:
                request.transport.write(b"\x81\x7e\xff\xf0" + bytes(100))  # a frame of 65,520 bytes, and 100 of them
                reset(request.transport)
            elif cut.last:
                await (here.send_str(cut.last) if isinstance(cut.last, str) else here.send_bytes(cut.last))
            await here.close()
        except ConnectionError:
            pass  # the door has gone
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await there.close()
        return here

    async def _changed(self, messages: AsyncIterator[Said], visit: "_Visit") -> AsyncIterator[Said]:
        if visit.fault is not None and visit.fault.said is not None:
            self.met.set()
            messages = visit.fault.said(messages)
        async for message in messages:
            yield message


class _Visit:
    """One request, and the fault that it meets."""

    def __init__(self, fault: Fault | None) -> None:
        self.fault = fault
        self.muted = asyncio.Event()


def reset(transport: asyncio.BaseTransport | None) -> None:
    """End a connection as a machine does that knows nothing of it."""
    if not isinstance(transport, asyncio.Transport) or transport.is_closing():
        return
    with suppress(OSError):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


async def _nothing(_: web.Request) -> web.StreamResponse:
    """No answer, until the other side gives up: aiohttp then ends the handler."""
    await asyncio.Event().wait()
    raise AssertionError


def _line(message: Said) -> bytes:
    return message if isinstance(message, bytes) else message.encode() + b"\n"


async def _messages(there: aiohttp.ClientWebSocketResponse, here: web.WebSocketResponse) -> AsyncIterator[Said]:
    """What the server says; its pings go on to the door, and are answered."""
    async for message in there:
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            yield message.data
        elif message.type is WSMsgType.PING:
            await there.pong(message.data)
            await here.ping(message.data)


async def _pass_on(here: web.WebSocketResponse, there: aiohttp.ClientWebSocketResponse) -> None:
    async for message in here:
        if message.type == WSMsgType.TEXT:
            await there.send_str(message.data)
    await there.close()
