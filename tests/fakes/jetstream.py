"""A Jetstream host on loopback, v2 wire, as the lexicon network.bsky.jetstream.subscribeEvents has it."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import WSMsgType, web

METHOD = "/xrpc/network.bsky.jetstream.subscribeEvents"
POSTS = "app.bsky.feed.post"
KINDS = ("commit", "identity", "account", "sync")
TIMESTAMPS_FROM = 10**15

Event = dict[str, Any]


@dataclass
class FakeJetstream:
    """``async with FakeJetstream() as host``: then ``host.url``, ``host.post(…)``, ``host.delete(…)``.

    ``floor`` is the oldest number it still has. ``stall()`` says nothing more until ``go_on()``; ``hang_up()``
    ends every connection; ``refuse`` is a status to answer with, ``slow_s`` a pause before each frame.
    ``asked`` keeps every request's query.
    """

    port: int = 0
    events: list[Event] = field(default_factory=list)
    floor: int = 1
    refuse: int | None = None
    forgets: bool = False  # an older make, which refuses times from too long ago as well
    slow_s: float = 0.0
    breath: int | None = None  # frames after which it hangs up by itself; 0 is at once
    asked: list[list[tuple[str, str]]] = field(default_factory=list)
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
        """A terminal error frame to everybody, and the end."""
        frame = json.dumps({"$type": "error", "error": name, "message": "reconnect"})
        for socket in list(self._sockets):
            await socket.send_str(frame)
        await self.hang_up()

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

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(list(request.query.items()))
        kinds = request.query.getall("kinds", list(KINDS))
        if self.refuse:
            return web.json_response({"error": "ServiceUnavailable"}, status=self.refuse)
        if any(name.startswith("wanted") for name in request.query) or not set(kinds) <= set(KINDS):
            return web.json_response({"error": "InvalidRequest"}, status=400)
        start, info = self._start(request.query.get("cursor"))
        if start is None:
            return web.json_response({"error": "CursorTooOld", "message": f"floor is {self.floor}"}, status=400)
        socket = web.WebSocketResponse(protocols=("xrpc.v1.json",), heartbeat=30)
        await socket.prepare(request)
        sending = asyncio.create_task(self._send(socket, start, info, kinds, request.query.getall("collections", [])))
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
        since = [each["seq"] for each in self.events if _micros(each) >= number]
        found = min(since, default=following)
        oldest = next((each for each in self.events if each["seq"] >= self.floor), None)
        outdated = oldest is not None and self.floor > self.first and number < _micros(oldest)
        return max(found, self.floor), "OutdatedCursor" if outdated else None

    async def _send(
        self, socket: web.WebSocketResponse, seq: int, info: str | None, kinds: list[str], collections: list[str]
    ) -> None:
        if info:
            notice = {"$type": "network.bsky.jetstream.subscribeEvents#info", "name": info}
            await socket.send_str(_frame(notice))
        breath = self.breath
        if breath == 0:
            await socket.close()
            return
        while True:
            await self._until_said(seq)
            for event in self.events[max(0, seq - self.events[0]["seq"]) :]:
                await self._open.wait()
                if self.slow_s:
                    await asyncio.sleep(self.slow_s)
                seq = event["seq"] + 1
                kind = event["$type"].rpartition("#")[2]
                if kind in kinds and (kind != "commit" or not collections or event["collection"] in collections):
                    await socket.send_str(_frame(event))
                    if breath is not None and (breath := breath - 1) == 0:
                        await socket.close()
                        return

    async def _until_said(self, seq: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self.events and self.events[-1]["seq"] >= seq)


def _micros(event: Event) -> int:
    return int(datetime.fromisoformat(event["witnessedAt"]).timestamp() * 1_000_000)


def _frame(payload: Event) -> str:
    """As Go's encoder writes it: no spaces, letters as they are."""
    return json.dumps({"$type": "message", "payload": payload}, ensure_ascii=False, separators=(",", ":"))
