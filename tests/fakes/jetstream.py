"""A Jetstream host on loopback: lexicon network.bsky.jetstream.subscribeEvents, and the frozen ``/subscribe``."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import WSMsgType, web

from tests.fakes.jetstream_wishes import KINDS, Event, Wishes, frame_v2, micros

METHOD = "/xrpc/network.bsky.jetstream.subscribeEvents"
DICTIONARY = "/xrpc/network.bsky.jetstream.getZstdDictionary"
POSTS = "app.bsky.feed.post"
TIMESTAMPS_FROM = 10**15


@dataclass
class FakeJetstream:
    """``async with FakeJetstream() as host``: then ``host.url``, ``host.post(…)``, ``host.delete(…)``.

    ``floor`` is the oldest number it still has. ``stall()`` says nothing more until ``go_on()``; ``hang_up()``
    ends every connection; ``refuse`` is a status to answer with, ``refuse_back`` one for
    who asks for the past, ``slow_s`` a pause before each frame.
    ``asked`` keeps every request's query, ``paths`` where it went. ``dictionary`` is what it hands out to pack v2's
    frames with, None for a host that offers none; v1's is frozen. ``drop_at_seam`` leaves out so many events
    where a replay turns live, ``reorder_at_seam`` sends the last of the replay after the first that is live.
    """

    port: int = 0
    events: list[Event] = field(default_factory=list)
    floor: int = 1
    refuse: int | None = None
    refuse_back: int | None = None
    forgets: bool = False  # an older make, which refuses times from too long ago as well
    slow_s: float = 0.0
    breath: int | None = None  # frames after which it hangs up by itself; 0 is at once
    asked: list[list[tuple[str, str]]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    dictionary: bytes | None = None
    packed: int = 0  # frames sent as zstd
    drop_at_seam: int = 0
    reorder_at_seam: bool = False
    errors: list[str] = field(default_factory=list)
    url: str = ""
    first: int = 1  # the number of its first event
    _sockets: dict[web.WebSocketResponse, tuple[asyncio.BaseTransport | None, asyncio.Task[None]]] = field(
        default_factory=dict
    )
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _open: asyncio.Event = field(default_factory=asyncio.Event)
    _tellers: set[asyncio.Task[None]] = field(default_factory=set)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        self._open.set()
        app = web.Application()
        app.router.add_get(METHOD, self._subscribe)
        app.router.add_get("/subscribe", self._subscribe)
        app.router.add_get(DICTIONARY, self._dictionary)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"ws://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()
        assert self._runner is not None
        await self._runner.cleanup()

    def say(self, kind: str, did: str, at: datetime | None = None, **more: Any) -> Event:
        """Any event; everybody connected hears of it."""
        moment = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        seq = self.events[-1]["seq"] + 1 if self.events else self.first
        event = {"$type": f"network.bsky.jetstream.subscribeEvents#{kind}", "seq": seq, "did": did, "time": moment}
        event |= {"witnessedAt": moment, **more}
        self.events.append(event)
        self._tell()
        return event

    def post(
        self,
        text: str = "Hello #pyconf",
        *,
        tags: tuple[str, ...] = ("pyconf",),
        did: str = "did:plc:ada",
        rkey: str | None = None,
        at: datetime | None = None,
        operation: str = "create",
        **more: Any,
    ) -> Event:
        """Somebody posts; each of ``tags`` is a facet where the text has it, and beside the text where not."""
        created = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds")
        record: Event = {"$type": POSTS, "text": text, "createdAt": created.replace("+00:00", "Z"), "langs": ["en"]}
        raw = text.encode()
        for tag in tags:
            start = raw.find(f"#{tag}".encode())
            if start < 0:
                record.setdefault("tags", []).append(tag)
                continue
            feature = {"$type": "app.bsky.richtext.facet#tag", "tag": tag}
            index = {"byteStart": start, "byteEnd": start + len(f"#{tag}".encode())}
            record.setdefault("facets", []).append({"features": [feature], "index": index})
        key = rkey or f"3k{len(self.events):011}"
        about = {"rev": key, "operation": operation, "collection": POSTS, "rkey": key}
        return self.say("commit", did, at, **about, record=record | more, cid=f"bafyrei{key}")

    def edit(self, event: Event, text: str, **more: Any) -> Event:
        return self.post(text, did=event["did"], rkey=event["rkey"], operation="update", **more)

    def delete(self, event: Event, *, at: datetime | None = None) -> Event:
        about = {"rev": event["rkey"], "operation": "delete", "collection": POSTS, "rkey": event["rkey"]}
        return self.say("commit", event["did"], at, **about)

    def account(self, did: str, status: str | None) -> Event:
        """An account changes; without a status it is active again."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        about = {"active": status is None, "did": did, "seq": 9, "time": now} | ({"status": status} if status else {})
        return self.say("account", did, account=about)

    def stall(self) -> None:
        self._open.clear()

    def go_on(self) -> None:
        self._open.set()

    async def hang_up(self) -> None:
        """End every connection at once, as a server that dies does."""
        ending = list(self._sockets.values())
        for transport, sending in ending:
            sending.cancel()
            if transport is not None:
                transport.abort()
        await asyncio.gather(*(sending for _, sending in ending), return_exceptions=True)

    async def error(self, name: str) -> None:
        """A terminal error frame to everybody, and the end; v1 knows none and just ends."""
        frame = json.dumps({"$type": "error", "error": name, "message": "reconnect"})
        for socket in list(self._sockets):
            if socket.ws_protocol:
                await socket.send_str(frame)
        await self.hang_up()

    async def garble(self, content: bytes) -> None:
        """Bytes to everybody, as a binary message."""
        for socket in list(self._sockets):
            await socket.send_bytes(content)

    async def until_connected(self, times: int = 1) -> None:
        """Until somebody has asked so many times and listens."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.asked) >= times and self._sockets)

    async def until_left(self) -> None:
        """Until nobody listens any more."""
        async with self._news:
            await self._news.wait_for(lambda: not self._sockets)

    def _tell(self) -> None:
        async def tell() -> None:
            async with self._news:
                self._news.notify_all()

        task = asyncio.get_running_loop().create_task(tell())
        self._tellers.add(task)
        task.add_done_callback(self._tellers.discard)

    async def _dictionary(self, _: web.Request) -> web.Response:
        if self.dictionary is None:
            return web.json_response({"error": "MethodNotImplemented"}, status=501)
        return web.Response(body=self.dictionary, content_type="application/octet-stream")

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(list(request.query.items()))
        self.paths.append(request.path)
        if refused := self.refuse or (self.refuse_back if "cursor" in request.query else None):
            return web.json_response({"error": "ServiceUnavailable"}, status=refused)
        frozen = request.path == "/subscribe"
        mistake = self._mistake_v1(request) if frozen else self._mistake_v2(request)
        if mistake:
            return web.json_response({"error": mistake}, status=400)
        start, info = (self._start_v1 if frozen else self._start)(request.query.get("cursor"))
        if start is None:
            return web.json_response({"error": "CursorTooOld", "message": f"floor is {self.floor}"}, status=400)
        socket = web.WebSocketResponse(protocols=() if frozen else ("xrpc.v1.json",), heartbeat=30, compress=False)
        await socket.prepare(request)
        wishes = Wishes(frozen, request.query, self.dictionary)
        sending = asyncio.create_task(self._send(socket, start, info, wishes))
        self._sockets[socket] = (request.transport, sending)
        self._tell()
        try:
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self.errors.append("the client sent data")
                    await socket.close(code=1008)
        finally:
            sending.cancel()
            del self._sockets[socket]
            self._tell()
        return socket

    def _mistake_v1(self, request: web.Request) -> str | None:
        """One scheme of compression at a time; parameters of the other wire mean nothing and are passed over."""
        deflates = "permessage-deflate" in request.headers.get("Sec-WebSocket-Extensions", "")
        return "choose one compression scheme" if request.query.get("compress") == "true" and deflates else None

    def _mistake_v2(self, request: web.Request) -> str | None:
        kinds = request.query.getall("kinds", list(KINDS))
        if any(name.startswith("wanted") for name in request.query) or not set(kinds) <= set(KINDS):
            return "InvalidRequest"
        if "compress" in request.query:
            return "InvalidRequest"
        wanted = request.query.get("zstdDictionary")
        if wanted is not None and (self.dictionary is None or int(wanted) != dictionary_id(self.dictionary)):
            return "UnknownZstdDictionary"
        return None

    def _start_v1(self, cursor: str | None) -> tuple[int | None, str | None]:
        """As v1 has it: what is too old is clamped without a word, what is yet to come is the live tip."""
        following = self.events[-1]["seq"] + 1 if self.events else self.first
        if cursor is None:
            return following, None
        number = int(cursor)
        since = [each["seq"] for each in self.events if micros(each) >= number]
        return max(min(since, default=following), self.floor), None

    def _start(self, cursor: str | None) -> tuple[int | None, str | None]:
        """The first number to send, None where it is gone; and a notice to begin with."""
        following = self.events[-1]["seq"] + 1 if self.events else self.first
        if cursor is None:
            return following, None
        number = int(cursor)
        if number < TIMESTAMPS_FROM:
            if number > following:
                return following, "FutureCursor"
            return (number, None) if number >= self.floor else (None, None)
        if self.forgets:
            return None, None
        since = [each["seq"] for each in self.events if micros(each) >= number]
        found = min(since, default=following)
        oldest = next((each for each in self.events if each["seq"] >= self.floor), None)
        outdated = oldest is not None and self.floor > self.first and number < micros(oldest)
        return max(found, self.floor), "OutdatedCursor" if outdated else None

    async def _send(self, socket: web.WebSocketResponse, seq: int, info: str | None, wishes: Wishes) -> None:
        if info:
            notice = {"$type": "network.bsky.jetstream.subscribeEvents#info", "name": info}
            await self._say(socket, wishes, frame_v2(notice))
        breath = self.breath
        if breath == 0:
            await socket.close()
            return
        seam = (self.events[-1]["seq"] if self.events else self.first - 1) if wishes.replays else None
        while True:
            await self._until_said(seq)
            batch = self.events[max(0, seq - self.events[0]["seq"]) :]
            if seam is not None and batch[-1]["seq"] > seam:
                batch, seam = self._at_the_seam(batch, seam), None
            for event in batch:
                await self._open.wait()
                if self.slow_s:
                    await asyncio.sleep(self.slow_s)
                seq = max(seq, event["seq"] + 1)
                if wishes.wants(event):
                    await self._say(socket, wishes, wishes.frame(event))
                    if breath is not None and (breath := breath - 1) == 0:
                        await socket.close()
                        return

    def _at_the_seam(self, batch: list[Event], seam: int) -> list[Event]:
        """What a client gets of these where its replay turns live at ``seam``, in that order."""
        replayed = [event for event in batch if event["seq"] <= seam]
        live = [event for event in batch if event["seq"] > seam]
        if self.drop_at_seam:
            return replayed + live[self.drop_at_seam :]
        if self.reorder_at_seam and replayed:
            return [*replayed[:-1], live[0], replayed[-1], *live[1:]]
        return batch

    async def _say(self, socket: web.WebSocketResponse, wishes: Wishes, frame: str) -> None:
        if wishes.packer is None:
            await socket.send_str(frame)
            return
        self.packed += 1
        await socket.send_bytes(wishes.packer.compress(frame.encode()))

    async def _until_said(self, seq: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self.events and self.events[-1]["seq"] >= seq)


def dictionary_id(content: bytes) -> int:
    return int.from_bytes(content[4:8], "little")
