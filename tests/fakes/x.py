"""An api.x.com on loopback: rules, filtered stream, recent search and look-up as X's documents have them (2026-11).

It answers with the fields and expansions that are asked for and no others, escapes text as X does, gives an edit a
new id, and counts every post it sends.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ssl import SSLContext
from typing import Any, Self

from aiohttp import web

from tests.fakes.x_world import EPOCH, Tweet, World

RULE_LENGTH, QUERY_LENGTH, MOST_RULES = 1_024, 512, 1_000
PROBLEM = "https://api.twitter.com/2/problems"


@dataclass
class FakeX(World):
    """``async with FakeX() as server``: then ``server.url``, ``server.post(…)``, ``server.edit(…)``.

    ``faults`` are handed out one a request, in order: a status code, ``"malformed"``, ``"html"``, ``"empty"``, or a
    coroutine function that answers in the server's place. ``asked`` keeps every request's method, path and query,
    ``sent`` the id of every post that left, ``polled`` is set at each search. ``say`` puts any line on the stream.
    """

    token: str = "sesame"
    port: int = 0
    heartbeat_s: float = 20.0
    ssl: SSLContext | None = None  # for clients that speak HTTPS alone
    all_or_nothing: bool = False  # one rule that it does not take keeps out the others sent with it
    plan: str | None = None  # None: everything is allowed; "none": 403 for every call
    faults: deque[Any] = field(default_factory=deque)
    stream_faults: deque[Any] = field(default_factory=deque)  # for the stream alone
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)  # pictures, by path
    polled: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    _streams: list[tuple[asyncio.BaseTransport | None, "asyncio.Queue[bytes | None]", Mapping[str, str]]] = field(
        default_factory=list
    )
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _telling: set["asyncio.Task[None]"] = field(default_factory=set)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/2/tweets/search/stream/rules", self._get_rules)
        app.router.add_post("/2/tweets/search/stream/rules", self._change_rules)
        app.router.add_get("/2/tweets/search/stream", self._stream)
        app.router.add_get("/2/tweets/search/recent", self._search)
        app.router.add_get("/2/tweets", self._look_up)
        app.router.add_get("/{path:.+}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.ssl).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http{'s' if self.ssl else ''}://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()
        assert self._runner is not None
        await self._runner.cleanup()

    def say(self, line: bytes) -> None:
        """Any line to everybody who listens."""
        for _, queue, _ in self._streams:
            queue.put_nowait(line + b"\r\n")

    def beat(self) -> None:
        self.say(b"")

    def disconnect(self) -> None:
        """As X ends a stream for reasons of its own: a line that says so, then the end."""
        fault = {
            "title": "operational-disconnect",
            "disconnect_type": "UpstreamOperationalDisconnect",
            "detail": "This stream has been disconnected upstream for operational reasons.",
            "type": f"{PROBLEM}/operational-disconnect",
        }
        self.say(json.dumps({"errors": [fault]}).encode())
        self.end()

    def end(self) -> None:
        """End every stream as a server does that has finished."""
        for _, queue, _ in self._streams:
            queue.put_nowait(None)

    async def hang_up(self) -> None:
        """End every stream at once, in the middle of whatever it says."""
        for transport, _, _ in list(self._streams):
            if transport is not None:
                transport.abort()
        await self._until(lambda: not self._streams)

    async def until_connected(self, times: int = 1) -> None:
        """Return once somebody listens, for the so manieth time."""
        await self._until(lambda: self._streams and self.connections >= times)

    async def _until(self, true: Callable[[], object], timeout_s: float = 10.0) -> None:
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(true)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def deliver(self, tweet: Tweet) -> None:
        matching = [rule for rule in self.rules if self.matches(tweet, rule["value"])]
        if not matching:
            return
        told = [{"id": rule["id"], **({"tag": rule["tag"]} if "tag" in rule else {})} for rule in matching]
        for _, queue, query in self._streams:
            self.sent.append(tweet["id"])
            line = {**self.whole([tweet], query, single=True), "matching_rules": told}
            queue.put_nowait(json.dumps(line).encode() + b"\r\n")

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not request.path.startswith("/2/"):
            return await handler(request)
        self.asked.append((request.method, request.path, dict(request.query)))
        faults = self.faults
        if request.path.endswith("/stream") and self.stream_faults:
            faults = self.stream_faults
        if faults:
            return await self._fault(request, faults.popleft())
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _problem(401, "Unauthorized", "Unauthorized")
        if self.plan == "none":
            detail = "When authenticating requests to the X API v2 endpoints, you must use keys of an attached App."
            return _problem(403, "Client Forbidden", detail, reason="client-not-enrolled")
        return await handler(request)

    async def _fault(self, request: web.Request, fault: Any) -> web.StreamResponse:
        match fault:
            case 429:
                reset = int(datetime.now(UTC).timestamp()) + 120
                return _problem(
                    429, "Too Many Requests", "Too Many Requests", headers={"x-rate-limit-reset": str(reset)}
                )
            case int():
                return _problem(fault, "Trouble", "Something is wrong")
            case "malformed":
                return web.Response(text='{"data": [{"id": "12', content_type="application/json")
            case "html":
                return web.Response(status=503, text="<html>Over capacity</html>", content_type="text/html")
            case "empty":
                return web.Response(status=200)
            case _:
                answer: web.StreamResponse = await fault(request)
                return answer

    async def _file(self, request: web.Request) -> web.Response:
        content = self.files.get(request.path)
        if content is None:
            raise web.HTTPNotFound
        return web.Response(body=content)

    async def _get_rules(self, _: web.Request) -> web.Response:
        meta = {"sent": _now(), "result_count": len(self.rules)}
        return web.json_response({**({"data": self.rules} if self.rules else {}), "meta": meta})

    async def _change_rules(self, request: web.Request) -> web.Response:
        told = await request.json()
        dry = request.query.get("dry_run") == "true"
        if "delete" in told:
            ids = told["delete"]["ids"]
            before = len(self.rules)
            self.rules = [rule for rule in self.rules if rule["id"] not in ids]
            deleted = before - len(self.rules)
            summary = {"deleted": deleted, "not_deleted": len(ids) - deleted}
            return web.json_response({"meta": {"sent": _now(), "summary": summary}})
        added, faults = [], []
        for rule in told["add"]:
            known = next((each for each in self.rules if each["value"].casefold() == rule["value"].casefold()), None)
            if known:
                about = {"title": "DuplicateRule", "type": f"{PROBLEM}/duplicate-rules", "id": known["id"]}
                faults.append({"value": rule["value"], **about})
            elif len(rule["value"]) > RULE_LENGTH or rule["value"].count("(") != rule["value"].count(")"):
                about = {
                    "title": "UnprocessableEntity",
                    "details": ["no viable alternative"],
                    "type": f"{PROBLEM}/invalid-rules",
                }
                faults.append({"value": rule["value"], **about})
            elif len(self.rules) + len(added) >= MOST_RULES:
                faults.append({"title": "RulesCapExceeded", "type": f"{PROBLEM}/rule-cap"})
            else:
                self._count += 1
                added.append({"id": str(9_000 + self._count), **rule})
        if faults and self.all_or_nothing:
            added = []
        if not dry:
            self.rules += added
        answer = {"meta": {"sent": _now(), "summary": {"created": len(added), "not_created": len(faults)}}}
        answer |= ({"data": added} if added else {}) | ({"errors": faults} if faults else {})
        return web.json_response(answer, status=201 if added else 200)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self._streams:
            detail = "This stream is currently at the maximum allowed connection limit."
            return _problem(429, "ConnectionException", detail, connection_issue="TooManyConnections")
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        entry = (request.transport, queue, dict(request.query))
        self._streams.append(entry)
        self.connections += 1
        await self._tell()
        try:
            while True:
                try:
                    async with asyncio.timeout(self.heartbeat_s):
                        line = await queue.get()
                except TimeoutError:
                    line = b"\r\n"
                if line is None:
                    return response
                await response.write(line)
        except (ConnectionError, OSError):
            return response
        finally:
            self._streams.remove(entry)
            task = asyncio.ensure_future(self._tell())
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _search(self, request: web.Request) -> web.Response:
        self.polled.set()
        query = request.query
        most = int(query.get("max_results", "10"))
        oldest = ((datetime.now(UTC) - timedelta(days=7)) - EPOCH) // timedelta(milliseconds=1) << 22
        since, until = int(query.get("since_id", oldest)), int(query.get("until_id", 1 << 63))
        if not 10 <= most <= 100 or len(query["query"]) > QUERY_LENGTH or since < oldest:
            wrong = {"parameters": {}, "message": "One or more parameters to your request was invalid."}
            return _problem(400, "Invalid Request", "Invalid", errors=[wrong])
        found = [
            tweet for tweet in self.newest() if since < int(tweet["id"]) < until and self.matches(tweet, query["query"])
        ]
        found.sort(key=lambda tweet: -int(tweet["id"]))
        page = found[:most]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
        if len(found) > most:
            meta["next_token"] = f"t{page[-1]['id']}"
        self.sent += [tweet["id"] for tweet in page]
        return web.json_response({**(self.whole(page, query) if page else {}), "meta": meta})

    async def _look_up(self, request: web.Request) -> web.Response:
        ids = request.query["ids"].split(",")
        if not 1 <= len(ids) <= 100:
            return _problem(400, "Invalid Request", "ids: 1 to 100")
        known = {tweet["id"]: tweet for tweet in self.tweets}
        hidden = {user["id"] for user in self.users.values() if user["protected"]}
        found = [known[each] for each in ids if each in known and known[each]["author_id"] not in hidden]
        faults = []
        for each in ids:
            about = {"value": each, "resource_id": each, "resource_type": "tweet", "parameter": "ids"}
            if each not in known:
                detail = f"Could not find tweet with ids: [{each}]."
                about |= {"title": "Not Found Error", "detail": detail, "type": f"{PROBLEM}/resource-not-found"}
                faults.append(about)
            elif known[each]["author_id"] in hidden:
                detail = f"Sorry, you are not authorized to see the Tweet with ids: [{each}]."
                kind = f"{PROBLEM}/not-authorized-for-resource"
                faults.append(
                    about | {"title": "Authorization Error", "detail": detail, "section": "data", "type": kind}
                )
        self.sent += [tweet["id"] for tweet in found]
        answer = self.whole(found, request.query) if found else {}
        return web.json_response(answer | ({"errors": faults} if faults else {}))


def _problem(
    status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> web.Response:
    told = {"title": title, "detail": detail, "type": "about:blank", "status": status, **more}
    return web.json_response(told, status=status, headers=headers, content_type="application/problem+json")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
