"""The streaming half of a fake Mastodon server, as the real one (4.5) was seen to speak.

A user's token or 401; one web socket for everything that is subscribed to, or an endless answer a
stream; payloads encoded twice; pings, thumps; deletions that overtake; never a word of what was missed.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

PATH = "/api/v1/streaming"
Stream = tuple[str, ...]  # ("hashtag", "pyconf") or ("user",)


@dataclass(eq=False)
class Listener:
    """One connection and what it has subscribed to; ``socket`` is None where it reads an endless answer."""

    streams: set[Stream]
    socket: web.WebSocketResponse | None
    answer: web.StreamResponse
    request: web.Request


@dataclass
class FakeStreaming:
    """``tokens`` are those of users. ``sockets`` and ``answers`` say what it offers, ``subscribes`` whether one
    socket can carry several streams, ``protocol`` whether a token must come as its protocol (Pleroma).

    ``refuse`` is a status to answer with, ``deaf`` makes sockets stand without a word or a pong. ``shuffled``
    lets deletions and edits overtake what they delete and edit. ``said`` is everything subscribed to, in order.
    """

    tokens: set[str] = field(default_factory=lambda: {"s3cret"})
    sockets: bool = True
    answers: bool = True
    subscribes: bool = True
    protocol: bool = False
    refuse: int | None = None
    deaf: bool = False
    shuffled: bool = False
    ping_s: float = 30.0
    thump_s: float = 15.0
    said: list[Stream] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0
    _listeners: set[Listener] = field(default_factory=set)
    _held: list[tuple[str, str, set[Stream]]] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def add_to(self, app: web.Application) -> None:
        app.router.add_get(PATH, self._socket)
        app.router.add_get(PATH + "/hashtag", self._endless)
        app.router.add_get(PATH + "/user", self._endless)

    async def until_heard(self, *streams: Stream, connections: int = 1) -> None:
        """Wait until these are listened to, on the so-manieth connection there was or a later one."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(
                lambda: self.connections >= connections and set(streams) <= self._listened() and self._listeners
            )

    def _listened(self) -> set[Stream]:
        return {stream for listener in self._listeners for stream in listener.streams}

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def publish(self, event: str, payload: Any, streams: set[Stream]) -> None:
        """Say something on some streams. Shuffled, an update waits for whatever is said next."""
        said = payload if isinstance(payload, str) else json.dumps(payload)
        if self.shuffled and event == "update":
            self._held.append((event, said, streams))
            return
        for each in ((event, said, streams), *self._held):
            self._write(*each)
        self._held.clear()

    def _write(self, event: str, said: str, streams: set[Stream]) -> None:
        for listener in self._listeners:
            for stream in sorted(listener.streams & streams):
                if listener.socket is None:
                    self._send(listener, f"event: {event}\ndata: {said}\n\n".encode())
                else:
                    self.frame(json.dumps({"stream": stream, "event": event, "payload": said}), listener)

    def frame(self, text: str, to: Listener | None = None) -> None:
        """Put a text frame on a socket, or on all."""
        for listener in [to] if to else self._listeners:
            data = text.encode()
            size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2)
            if len(data) >= 1 << 16:
                size = b"\x7f" + len(data).to_bytes(8)
            self._raw(listener, b"\x81" + size + data)

    def line(self, text: str) -> None:
        """Put a line on every endless answer."""
        for listener in self._listeners:
            self._send(listener, f"{text}\n".encode())

    def _send(self, listener: Listener, data: bytes) -> None:
        self._raw(listener, b"%x\r\n%b\r\n" % (len(data), data))

    def _raw(self, listener: Listener, data: bytes) -> None:
        if listener.request.transport is not None:
            listener.request.transport.write(data)  # type: ignore[attr-defined]

    async def hang_up(self, *, cut: bool = False) -> None:
        """End every connection, with ``cut`` in the middle of a frame or line."""
        for listener in list(self._listeners):
            if cut:
                self._raw(listener, b'\x81\x7e\x10\x00{"stream":' if listener.socket else b"400\r\nevent: upd")
            transport = listener.request.transport
            if transport is not None:
                transport.close()
            self._listeners.discard(listener)
        await self._tell()

    async def kill(self, token: str = "s3cret") -> None:
        """The user takes the token back: its streams end at once."""
        self.tokens.discard(token)
        await self.hang_up()

    def _refused(self, request: web.Request) -> web.Response | None:
        header = request.headers.get("Authorization", "").removeprefix("Bearer ")
        given = request.headers.get("Sec-WebSocket-Protocol", "") if self.protocol else header
        if self.refuse is not None:
            return web.json_response({"error": "Something"}, status=self.refuse)
        if given not in self.tokens:
            error = "Invalid access token" if given else "Missing access token"
            return web.json_response({"error": error}, status=403 if self.protocol else 401)
        return None

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(dict(request.query))
        if not self.sockets:
            raise web.HTTPNotFound
        if (refused := self._refused(request)) is not None:
            return refused
        asked = _stream_of(request.query)
        if self.protocol and request.query.get("tag", "").lower() != request.query.get("tag", ""):
            asked = ("hashtag", "nobody's")  # Pleroma folds what is posted, and not what is asked for
        if not self.subscribes and asked is None:
            return web.Response(status=400)
        socket = web.WebSocketResponse(
            heartbeat=None if self.deaf else self.ping_s,
            protocols=tuple(self.tokens) if self.protocol else (),
        )
        await socket.prepare(request)
        listener = Listener({asked} if asked else set(), socket, socket, request)
        async with self._listening(listener):
            if self.deaf:
                await asyncio.Event().wait()
            async for message in socket:
                if message.type is WSMsgType.TEXT and self.subscribes:
                    self._told(listener, message.data)
                    await self._tell()
        return socket

    def _told(self, listener: Listener, text: str) -> None:
        with suppress(ValueError):
            said = json.loads(text)
            if said["type"] != "subscribe":
                return
            stream = _stream_of(said)
            if stream is None:
                error = {"error": "Missing tag name parameter", "status": 400}
                self.frame(json.dumps(error), listener)
            elif not self.deaf:
                self.said.append(stream)
                listener.streams.add(stream)

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(dict(request.query))
        if not self.answers:
            raise web.HTTPNotFound
        if (refused := self._refused(request)) is not None:
            return refused
        stream = _stream_of({"stream": request.path.rsplit("/", 1)[1], **request.query})
        if stream is None:
            return web.json_response({"error": "Missing tag name parameter"}, status=400)
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "private, no-store"})
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        listener = Listener({stream}, None, answer, request)
        self.said.append(stream)
        async with self._listening(listener):
            self._send(listener, b":)\n")
            while True:
                await asyncio.sleep(self.thump_s)
                if not self.deaf:
                    self._send(listener, b":thump\n")
        return answer

    def _listening(self, listener: Listener) -> "_Standing":
        return _Standing(self, listener)


@dataclass
class _Standing:
    """A connection while it stands."""

    streaming: FakeStreaming
    listener: Listener

    async def __aenter__(self) -> None:
        self.streaming.connections += 1
        self.streaming._listeners.add(self.listener)
        await self.streaming._tell()

    async def __aexit__(self, *_: object) -> None:
        self.streaming._listeners.discard(self.listener)
        await self.streaming._tell()


def _stream_of(said: Mapping[str, Any]) -> Stream | None:
    """The stream somebody asks for; the server folds case."""
    match said.get("stream"):
        case "hashtag" if said.get("tag"):
            return "hashtag", str(said["tag"]).casefold()
        case "user":
            return ("user",)
        case _:
            return None
