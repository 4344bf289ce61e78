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

Status = dict[str, Any]


@dataclass
class FakeMastodon:
    """``async with FakeMastodon() as server``: then ``server.url``, ``server.post(…)``, ``server.edit(…)``.

    ``faults`` are handed out one a request, in order: a status code, ``"malformed"``, ``"empty"``, or a
    coroutine function that answers in the server's place. ``asked`` keeps every request's path and query;
    ``polled`` is set at each, for tests that wait.
    """

    token: str | None = None  # a server that shows its timelines to members only
    closed: bool = False  # one that answers outsiders with an empty list (4.5)
    ulids: bool = False  # ids of another server software: by time too, but no numbers
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
    url: str = ""
    _count: int = 0
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/api/v1/timelines/tag/{tag}", self._tag)
        app.router.add_get("/api/v1/accounts/lookup", self._lookup)
        app.router.add_get("/api/v1/accounts/{account}/statuses", self._account)
        app.router.add_get("/api/v1/statuses/{id}", self._status)
        app.router.add_get("/api/v2/instance", self._instance)
        app.router.add_get("/media/{name}", self._media)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
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
        links = "".join(
            f' <a href="{self.url}/tags/{tag}" class="mention hashtag">#<span>{tag}</span></a>' for tag in tags
        )
        status: Status = {
            "id": status_id,
            "uri": uri or f"{self.url}/users/{author}/statuses/{status_id}",
            "url": f"{self.url}/@{author}/{status_id}",
            "created_at": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "edited_at": None,
            "content": f"<p>{text}{links}</p>",
            "spoiler_text": "",
            "sensitive": False,
            "visibility": "public",
            "language": "en",
            "account": self.account(author),
            "media_attachments": [],
            "mentions": [],
            "tags": [{"name": tag, "url": f"{self.url}/tags/{tag}"} for tag in tags],
            "emojis": [],
            "reblog": None,
            "poll": None,
            "card": None,
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "replies_count": 0,
            "reblogs_count": 0,
            "favourites_count": 0,
            **more,
        }
        self.statuses.append(status)
        return status

    def edit(self, status: Status, text: str, *, at: datetime | None = None) -> None:
        status["content"] = f"<p>{text}</p>"
        status["edited_at"] = (at or datetime.now(UTC)).isoformat()

    def boost(self, status: Status, *, author: str = "bob") -> Status:
        return self.post("", tags=(), author=author, content="", reblog=status)

    def federates(self, text: str = "Hello", *, late: timedelta, **more: Any) -> Status:
        """A post of another server that reaches this one only now."""
        return self.post(text, at=datetime.now(UTC) - late, **more)

    def delete(self, status: Status) -> None:
        self.statuses.remove(status)

    def account(self, name: str) -> Mapping[str, Any]:
        user, _, home = name.partition("@")
        return {
            "id": f"1{sum(name.encode())}",
            "username": user,
            "acct": name,
            "display_name": user.title(),
            "uri": f"{self.url}/users/{name}",
            "url": f"{self.url}/@{name}" if not home else f"https://{home}/@{user}",
            "avatar": f"{self.url}/media/{user}.png",
            "avatar_static": f"{self.url}/media/{user}.png",
        }

    async def _tag(self, request: web.Request) -> web.StreamResponse:
        tag = request.match_info["tag"].casefold()

        def under(status: Status) -> bool:
            return tag in {each["name"].casefold() for each in status["tags"]} and status["reblog"] is None

        return await self._timeline(request, under)

    async def _account(self, request: web.Request) -> web.StreamResponse:
        wanted = request.match_info["account"]
        return await self._timeline(request, lambda status: status["account"]["id"] == wanted)

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
        known = request.headers.get("Authorization") == f"Bearer {self.token}"
        if self.token and not known:
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
        page = inside[:limit] if "min_id" in query else inside[-limit:]
        return page[::-1]

    async def _status(self, request: web.Request) -> web.Response:
        self.looked_up.append(request.match_info["id"])
        if self.secretive:
            return web.json_response({"error": "This method requires an authenticated user"}, status=401)
        for status in self.statuses:
            if status["id"] == request.match_info["id"]:
                return web.json_response(status)
        return web.json_response({"error": "Record not found"}, status=404)

    async def _lookup(self, request: web.Request) -> web.Response:
        name = request.query["acct"].removesuffix(f"@127.0.0.1:{self.port}")
        if not any(status["account"]["acct"] == name for status in self.statuses):
            return web.json_response({"error": "Record not found"}, status=404)
        return web.json_response(self.account(name))

    async def _instance(self, _: web.Request) -> web.Response:
        access = "authenticated" if self.closed else "public"
        feeds = {"hashtag_feeds": {"local": access, "remote": access}}
        return web.json_response({"domain": "127.0.0.1", "configuration": {"timelines_access": feeds}})

    async def _media(self, request: web.Request) -> web.Response:
        picture = self.media.get(request.match_info["name"])
        if picture is None:
            raise web.HTTPNotFound
        return web.Response(body=picture)
