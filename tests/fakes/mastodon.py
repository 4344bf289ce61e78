"""A server that speaks the part of Mastodon's API that we ask: hashtag and account timelines.

Ids are snowflakes of the post's own time, as on the real one, so a post that ``federates``
late sorts below newer ones. Pages, limits and refusals are the documented ones.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from aiohttp import web

from tests.fakes.mastodon_entities import Status, a_status, an_account
from tests.fakes.mastodon_stream import FakeStreaming


@dataclass
class FakeMastodon:
    """``async with FakeMastodon() as server``: then ``server.url``, ``server.post(…)``, ``server.edit(…)``.

    ``faults`` are handed out one a request, in order: a status code, ``"malformed"``, ``"empty"``, or a
    coroutine function that answers in the server's place. ``asked`` keeps every request's path and query;
    ``polled`` is set at each, for tests that wait. What is said is streamed too, to who listens (``streaming``).
    """

    token: str | None = None  # a server that shows its timelines to members only
    closed: bool = False  # one that answers outsiders with an empty list (4.5)
    ulids: bool = False  # ids of another server software: by time too, but no numbers
    pixelfed: bool = False  # and of one whose min_id gives the newest above it, not the next
    remaining: int | None = None  # requests left in the window; None sends no headers
    most: int = 40  # posts it gives at once, however many it is asked for
    links: bool = True  # whether it says in a header where the pages before and after are
    port: int = 0
    statuses: list[Status] = field(default_factory=list)
    faults: deque[Any] = field(default_factory=deque)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    polled: asyncio.Event = field(default_factory=asyncio.Event)
    looked_up: list[str] = field(default_factory=list)  # posts asked for by id
    secretive: bool = False  # shows no single post to outsiders
    media: dict[str, bytes] = field(default_factory=dict)
    followed: set[str] = field(default_factory=set)  # by the account of the token: what its home timeline shows
    version: str = "4.5.7"
    batches: bool = True  # gives several statuses in one answer (4.3)
    lookup: bool = True  # finds accounts by name without a search
    v2: bool = True  # knows /api/v2/instance
    access: dict[str, str] | None = None  # who may see hashtags: local and remote (4.5)
    streaming: FakeStreaming = field(default_factory=FakeStreaming)
    streaming_url: str | None = None  # where it says that its streams are; None for itself
    quiet: bool = False  # what is said from now on is not streamed
    url: str = ""
    _count: int = 0
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/api/v1/timelines/tag/{tag}", self._tag)
        app.router.add_get("/api/v1/accounts/lookup", self._lookup)
        app.router.add_get("/api/v1/accounts/search", self._accounts)
        app.router.add_get("/api/v1/accounts/{account}/statuses", self._account)
        app.router.add_get("/api/v1/statuses/{id}", self._status)
        app.router.add_get("/api/v1/statuses", self._statuses)
        app.router.add_get("/api/v2/search", self._search)
        app.router.add_get("/api/v2/instance", self._instance)
        app.router.add_get("/api/v1/instance", self._instance)
        self.streaming.add_to(app)
        app.router.add_get("/media/{name}", self._media)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.streaming.hang_up()
        assert self._runner is not None
        await self._runner.cleanup()

    def post(
        self,
        text: str = "Hello",
        *,
        tags: tuple[str, ...] = ("pyconf",),
        at: datetime | None = None,
        author: str = "ada",
        uri: str | None = None,
        **more: Any,
    ) -> Status:
        """Somebody says something at ``at``; the server has it from now on."""
        at = at or datetime.now(UTC)
        self._count += 1
        number = (int(at.timestamp() * 1000) << 16) + self._count % 65_536
        status_id = f"01{number:024X}" if self.ulids else str(number)
        if self.pixelfed:
            status_id = str((int((at.timestamp() - 1_549_756_800) * 1000) << 22) + self._count)
        status = a_status(self.url, status_id, text, tags, at, author, uri) | more
        self.statuses.append(status)
        self._stream("update", status, status)
        return status

    def edit(self, status: Status, text: str, *, at: datetime | None = None) -> None:
        status["content"] = f"<p>{text}</p>"
        status["edited_at"] = (at or datetime.now(UTC)).isoformat()
        self._stream("status.update", status, status)

    def boost(self, status: Status, *, author: str = "bob") -> Status:
        return self.post("", tags=(), author=author, content="", reblog=status)

    def federates(self, text: str = "Hello", *, late: timedelta, **more: Any) -> Status:
        """A post of another server that reaches this one only now."""
        return self.post(text, at=datetime.now(UTC) - late, **more)

    def delete(self, status: Status) -> None:
        self.statuses.remove(status)
        self._stream("delete", status["id"], status)

    def _stream(self, event: str, payload: Any, about: Status) -> None:
        """Hashtags carry what is public and no boost, the home timeline whatever those say who are followed."""
        streams = {("hashtag", tag["name"].casefold()) for tag in about["tags"]}
        if about["visibility"] != "public" or about["reblog"] is not None:
            streams = set()
        if about["account"]["acct"] in self.followed:
            streams.add(("user",))
        if not self.quiet:
            self.streaming.publish(event, payload, streams)

    def account(self, name: str) -> Mapping[str, Any]:
        return an_account(self.url, name)

    async def _tag(self, request: web.Request) -> web.StreamResponse:
        tag = request.match_info["tag"].casefold()

        def under(status: Status) -> bool:
            return tag in {each["name"].casefold() for each in status["tags"]} and status["reblog"] is None

        return await self._timeline(request, under)

    async def _account(self, request: web.Request) -> web.StreamResponse:
        wanted, boosts = request.match_info["account"], request.query.get("exclude_reblogs") != "true"
        return await self._timeline(
            request, lambda status: status["account"]["id"] == wanted and (boosts or not status["reblog"])
        )

    async def _timeline(self, request: web.Request, under: Callable[[Status], bool]) -> web.StreamResponse:
        self.asked.append((request.path, dict(request.query)))
        self.polled.set()
        if self.faults:
            fault = self.faults.popleft()
            if callable(fault):
                answer: Awaitable[web.StreamResponse] = fault(request)
                return await answer
            if isinstance(fault, int):
                wait = {"Retry-After": "7"} if fault in (429, 503) else {}
                return web.json_response({"error": "Something"}, status=fault, headers=wait)
            return web.Response(text="<html>" if fault == "malformed" else "[]", content_type="application/json")
        if "Authorization" in request.headers and not self._known(request):
            return web.json_response({"error": "The access token is invalid"}, status=401)
        if self.token and "Authorization" not in request.headers:
            return web.json_response({"error": "This method requires an authenticated user"}, status=422)
        headers = {}
        if self.remaining is not None:
            self.remaining -= 1
            reset = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
            headers = {"X-RateLimit-Remaining": str(max(self.remaining, 0)), "X-RateLimit-Reset": reset}
            if self.remaining < 0:
                return web.json_response({"error": "Too many requests"}, status=429, headers=headers)
        found = [] if self.closed else self._page(request.query, [each for each in self.statuses if under(each)])
        if self.links and found:
            here = f"{self.url}{request.path}"
            back, forth = f"{here}?max_id={found[-1]['id']}", f"{here}?min_id={found[0]['id']}"
            headers["Link"] = f'<{back}>; rel="next", <{forth}>; rel="prev"'
        return web.json_response(found, headers=headers)

    def _page(self, query: Mapping[str, str], found: list[Status]) -> list[Status]:
        """``min_id`` gives those just above it, ``max_id`` and ``since_id`` the newest; newest first always."""
        limit = min(int(query.get("limit", "20")), self.most)
        rising = sorted(found, key=lambda status: str(status["id"]))  # all of one length
        below, above = query.get("max_id", "~"), query.get("min_id", query.get("since_id", ""))
        inside = [status for status in rising if above < status["id"] < below]
        page = inside[:limit] if "min_id" in query and not self.pixelfed else inside[-limit:]
        return page[::-1]

    async def _status(self, request: web.Request) -> web.Response:
        self.looked_up.append(request.match_info["id"])
        if self.secretive:
            return web.json_response({"error": "This method requires an authenticated user"}, status=401)
        for status in self.statuses:
            if status["id"] == request.match_info["id"]:
                return web.json_response(status)
        return web.json_response({"error": "Record not found"}, status=404)

    async def _statuses(self, request: web.Request) -> web.Response:
        """Several by id: those that it has, in any order."""
        if not self.batches:
            raise web.HTTPNotFound
        wanted = request.query.getall("id[]")
        self.looked_up += wanted
        return web.json_response([each for each in self.statuses if each["id"] in wanted])

    async def _search(self, request: web.Request) -> web.Response:
        """By address, as somebody signed in may."""
        if not self._known(request):
            return web.json_response({"error": "This method requires an authenticated user"}, status=401)
        asked = request.query["q"]
        found = [each for each in self.statuses if asked in (each["uri"], each["url"])]
        return web.json_response({"accounts": [], "statuses": found, "hashtags": []})

    def _known(self, request: web.Request) -> bool:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return token == self.token or token in self.streaming.tokens

    async def _accounts(self, request: web.Request) -> web.Response:
        wanted = request.query["q"].partition("@")[0].casefold()
        names = {each["account"]["acct"] for each in self.statuses}
        return web.json_response([an_account(self.url, name) for name in sorted(names) if wanted in name.casefold()])

    async def _lookup(self, request: web.Request) -> web.Response:
        name = request.query["acct"].removesuffix(f"@127.0.0.1:{self.port}")
        if not self.lookup or not any(status["account"]["acct"] == name for status in self.statuses):
            return web.json_response({"error": "Record not found"}, status=404)
        return web.json_response(an_account(self.url, name))

    async def _instance(self, request: web.Request) -> web.Response:
        where = self.streaming_url or self.url.replace("http", "ws", 1)
        if "/v1/" in request.path:
            return web.json_response({"uri": "127.0.0.1", "version": self.version, "urls": {"streaming_api": where}})
        if not self.v2:
            raise web.HTTPNotFound
        access = "authenticated" if self.closed else "public"
        feeds = {"hashtag_feeds": self.access or {"local": access, "remote": access}}
        configuration = {"urls": {"streaming": where}, "timelines_access": feeds}
        return web.json_response({"domain": "127.0.0.1", "version": self.version, "configuration": configuration})

    async def _media(self, request: web.Request) -> web.Response:
        picture = self.media.get(request.match_info["name"])
        if picture is None:
            raise web.HTTPNotFound
        return web.Response(body=picture)
