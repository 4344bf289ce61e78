"""An AppView on loopback: getProfiles, and pictures under the paths of Bluesky's own."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web


@dataclass
class FakeAppView:
    """``async with FakeAppView() as appview``: then ``appview.url``, ``appview.know(did, handle, …)``.

    ``silent`` answers 503. ``asked`` keeps the actors of every request.
    """

    port: int = 0
    silent: bool = False
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    polled: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/xrpc/app.bsky.actor.getProfiles", self._profiles)
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

    async def _profiles(self, request: web.Request) -> web.Response:
        actors = request.query.getall("actors", [])
        self.asked.append(actors)
        self.polled.set()
        if self.silent:
            return web.json_response({"error": "UpstreamFailure"}, status=503)
        if len(actors) > 25:
            return web.json_response({"error": "InvalidRequest"}, status=400)
        return web.json_response({"profiles": [self.profiles[did] for did in actors if did in self.profiles]})

    async def _picture(self, request: web.Request) -> web.Response:
        picture = self.pictures.get(request.match_info["cid"].removesuffix("@jpeg"))
        if picture is None:
            raise web.HTTPNotFound
        return web.Response(body=picture, content_type="image/jpeg")
