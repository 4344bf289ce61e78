"""An AppView and a PDS on loopback: who people are, what they posted, search for those who sign in, pictures."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import web

Event = Mapping[str, Any]


@dataclass
class FakeAppView:
    """``async with FakeAppView() as appview``: then ``url``, ``know(did, handle, …)``, ``show(event)``.

    ``silent`` answers 503. ``asked`` keeps the actors of every request for profiles, ``queries`` what else was asked.
    ``away`` are accounts that are gone, by the error that says how. ``breaks_cursors`` is a status for every cursor
    of a search, ``refuses_search`` one for every search. ``password`` opens a session; ``expire()`` ends the tokens.
    """

    port: int = 0
    silent: bool = False
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    queries: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    polled: asyncio.Event = field(default_factory=asyncio.Event)
    away: dict[str, str] = field(default_factory=dict)
    password: str = "abcd-efgh"
    breaks_cursors: int | None = None
    refuses_search: int | None = None
    page: int = 100
    url: str = ""
    _sessions: int = 0
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._watched])
        app.router.add_get("/xrpc/app.bsky.actor.getProfiles", self._profiles)
        app.router.add_get("/xrpc/app.bsky.actor.getProfile", self._profile)
        app.router.add_get("/xrpc/app.bsky.feed.getPosts", self._posts)
        app.router.add_get("/xrpc/app.bsky.feed.getAuthorFeed", self._feed)
        app.router.add_get("/xrpc/app.bsky.feed.searchPosts", self._search)
        app.router.add_get("/xrpc/com.atproto.identity.resolveHandle", self._resolve)
        app.router.add_post("/xrpc/com.atproto.server.createSession", self._create_session)
        app.router.add_post("/xrpc/com.atproto.server.refreshSession", self._refresh_session)
        app.router.add_get("/img/{size}/plain/{did}/{cid}", self._picture)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def know(self, did: str, handle: str, name: str = "", labels: tuple[str, ...] = ()) -> None:
        avatar = f"{self.url}/img/avatar/plain/{did}/bafkreiface@jpeg"
        said = [{"src": did, "uri": f"at://{did}/app.bsky.actor.profile/self", "val": label} for label in labels]
        self.profiles[did] = {"did": did, "handle": handle, "displayName": name, "avatar": avatar, "labels": said}

    def show(self, event: Event, **more: Any) -> str:
        """Have the post of a Jetstream event, as a view; its uri."""
        did = event["did"]
        uri = f"at://{did}/app.bsky.feed.post/{event['rkey']}"
        author = self.profiles.get(did) or {"did": did, "handle": f"{did.rpartition(':')[2]}.example", "labels": []}
        view = {"uri": uri, "cid": event.get("cid", "bafyrei"), "author": author, "record": event["record"]}
        counts = {"replyCount": 0, "repostCount": 0, "likeCount": 0, "quoteCount": 0}
        self.posts[uri] = view | counts | {"indexedAt": event["record"]["createdAt"], "labels": []} | more
        return uri

    def expire(self) -> None:
        """The access token ends; the one that renews it still holds."""
        self._sessions += 1

    def asked_for(self, method: str) -> list[dict[str, str]]:
        return [query for name, query in self.queries if name.endswith(method)]

    @web.middleware
    async def _watched(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.queries.append((request.path.rpartition("/")[2], dict(request.query)))
        if self.silent:
            self.polled.set()
            if request.path.endswith("getProfiles"):
                self.asked.append(request.query.getall("actors", []))
            return _error("UpstreamFailure", status=503)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _profiles(self, request: web.Request) -> web.Response:
        actors = request.query.getall("actors", [])
        self.asked.append(actors)
        self.polled.set()
        if len(actors) > 25:
            return _error("InvalidRequest")
        there = [self.profiles[did] for did in actors if did in self.profiles and did not in self.away]
        return web.json_response({"profiles": there})

    async def _profile(self, request: web.Request) -> web.Response:
        actor = request.query["actor"]
        if actor in self.away:
            return _error(self.away[actor])
        if actor not in self.profiles:
            return _error("InvalidRequest", "Profile not found")
        return web.json_response(self.profiles[actor])

    async def _posts(self, request: web.Request) -> web.Response:
        uris = request.query.getall("uris", [])
        if len(uris) > 25:
            return _error("InvalidRequest")
        shown = [self.posts[uri] for uri in uris if uri in self.posts and _did(uri) not in self.away]
        return web.json_response({"posts": shown})

    async def _feed(self, request: web.Request) -> web.Response:
        actor = request.query["actor"]
        if actor in self.away or actor not in self.profiles:
            return _error("InvalidRequest", "Profile not found")
        views = [view for uri, view in self.posts.items() if _did(uri) == actor]
        page, cursor = self._page(views, request)
        return web.json_response({"feed": [{"post": view} for view in page]} | cursor)

    async def _search(self, request: web.Request) -> web.Response:
        if self.refuses_search:
            return _error("UpstreamFailure" if self.refuses_search == 502 else "Forbidden", status=self.refuses_search)
        if request.headers.get("Authorization") != f"Bearer access-{self._sessions}":
            return _error("ExpiredToken", "Token has expired")
        if self.breaks_cursors and "cursor" in request.query:
            return _error("InternalServerError", status=self.breaks_cursors)
        words = request.query["q"].lstrip("#").casefold()
        views = [view for view in self.posts.values() if words in json.dumps(view, ensure_ascii=False).casefold()]
        since, until = request.query.get("since"), request.query.get("until")
        views = [view for view in views if (not since or _at(view) >= since) and (not until or _at(view) < until)]
        page, cursor = self._page(views, request)
        return web.json_response({"posts": page} | cursor)

    def _page(self, views: list[dict[str, Any]], request: web.Request) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Newest first; the cursor is a place in the list, as good as the real one's time and CID."""
        views = sorted(views, key=lambda view: (_at(view), view["cid"]), reverse=True)
        start = int(request.query.get("cursor", "0"))
        end = start + min(self.page, int(request.query.get("limit", "50")))
        return views[start:end], {"cursor": str(end)} if end < len(views) else {}

    async def _resolve(self, request: web.Request) -> web.Response:
        for did, profile in self.profiles.items():
            if profile["handle"] == request.query["handle"]:
                return web.json_response({"did": did})
        return _error("InvalidRequest", "Unable to resolve handle")

    async def _create_session(self, request: web.Request) -> web.Response:
        if (await request.json())["password"] != self.password:
            return _error("AuthenticationRequired", "Invalid identifier or password", status=401)
        return self._tokens()

    async def _refresh_session(self, request: web.Request) -> web.Response:
        if await request.read():
            return _error("InvalidRequest", "A request body was provided when none was expected")
        if not request.headers.get("Authorization", "").startswith("Bearer refresh-"):
            return _error("ExpiredToken", "Token has expired")
        return self._tokens()

    def _tokens(self) -> web.Response:
        tokens = {"accessJwt": f"access-{self._sessions}", "refreshJwt": f"refresh-{self._sessions}"}
        return web.json_response({"did": "did:plc:us", "handle": "us.example", "active": True} | tokens)

    async def _picture(self, request: web.Request) -> web.Response:
        picture = self.pictures.get(request.match_info["cid"].removesuffix("@jpeg"))
        if picture is None:
            raise web.HTTPNotFound
        return web.Response(body=picture, content_type="image/jpeg")


def _at(view: Mapping[str, Any]) -> str:
    at = min(view["indexedAt"], view["record"]["createdAt"])
    return datetime.fromisoformat(at).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _did(uri: str) -> str:
    return uri.removeprefix("at://").partition("/")[0]


def _error(name: str, message: str = "", *, status: int = 400) -> web.Response:
    return web.json_response({"error": name, "message": message}, status=status)
