"""A WebSub hub on loopback: it makes sure of its subscribers, signs what it pushes, and misbehaves on request."""

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

RSS = "application/rss+xml"


@dataclass(slots=True)
class Subscriber:
    """Who wants to be pushed ``topic``."""

    callback: str
    topic: str
    secret: str


@dataclass(slots=True)
class FakeHub:
    """Use as ``async with FakeHub() as hub``; its settings may be changed at any time."""

    lease_s: int = 864_000
    """What it grants, whatever is wished for."""
    refuses: int | None = None
    """The status of every answer to a request."""
    retry_after: str = ""
    """Beside such a status."""
    denies: bool = False
    algorithm: str = "sha256"
    subscribers: dict[str, Subscriber] = field(default_factory=dict)
    """By callback; only those who confirmed."""
    asked: list[Mapping[str, str]] = field(default_factory=list)
    """Every request, in order."""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None
    _session: aiohttp.ClientSession | None = None
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    url: str = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/", self._request)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self.die()
        await self._session.close()

    async def die(self) -> None:
        """Answer nobody any more, and push nothing."""
        self.subscribers.clear()
        for task in list(self._tasks):
            task.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def until_subscribed(self, *, asked: int = 1, timeout_s: float = 20.0) -> Subscriber:
        """The first subscriber, once there is one and so many requests were confirmed or refused."""
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: self.subscribers and len(self.asked) >= asked)
        return next(iter(self.subscribers.values()))

    async def until_nobody(self, *, timeout_s: float = 20.0) -> None:
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: not self.subscribers)

    async def until_asked(self, times: int, *, timeout_s: float = 20.0) -> None:
        async with asyncio.timeout(timeout_s), self._news:
            await self._news.wait_for(lambda: len(self.asked) >= times)

    async def push(
        self, body: bytes | str, *, content_type: str = RSS, signature: str | None = None, times: int = 1
    ) -> list[int]:
        """Bring ``body`` to all, signed unless another ``signature`` is given; the answers' statuses."""
        assert self._session is not None
        content = body.encode() if isinstance(body, str) else body
        statuses = []
        for subscriber in list(self.subscribers.values()):
            signed = hmac.new(subscriber.secret.encode(), content, self.algorithm).hexdigest()
            headers = {
                "Content-Type": content_type,
                "Link": f'<{self.url}>; rel="hub", <{subscriber.topic}>; rel="self"',
                "X-Hub-Signature": f"{self.algorithm}={signed}" if signature is None else signature,
            }
            for _ in range(times):
                async with self._session.post(subscriber.callback, data=content, headers=headers) as answer:
                    statuses.append(answer.status)
                    if answer.status == 410:
                        self.subscribers.pop(subscriber.callback, None)
        await self._tell()
        return statuses

    async def verify(self, callback: str, **words: str) -> tuple[int, str]:
        """Ask a callback after its intent; status and body of its answer. ``hub_mode`` stands for ``hub.mode``."""
        assert self._session is not None
        query = urlencode({name.replace("hub_", "hub."): word for name, word in words.items()})
        async with self._session.get(f"{callback}?{query}") as answer:
            return answer.status, await answer.text()

    async def _request(self, request: web.Request) -> web.Response:
        told = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(told)
        await self._tell()
        if self.refuses is not None:
            wait = {"Retry-After": self.retry_after} if self.retry_after else {}
            return web.Response(status=self.refuses, headers=wait)
        if told["hub.mode"] == "publish":
            return web.Response(status=204)
        task = asyncio.create_task(self._make_sure(told))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.Response(status=202)

    async def _make_sure(self, told: Mapping[str, str]) -> None:
        callback, topic, mode = told["hub.callback"], told["hub.topic"], told["hub.mode"]
        if self.denies:
            await self.verify(callback, hub_mode="denied", hub_topic=topic, hub_reason="no")
            return
        challenge = secrets.token_urlsafe(16)
        answer = await self.verify(
            callback, hub_mode=mode, hub_topic=topic, hub_challenge=challenge, hub_lease_seconds=str(self.lease_s)
        )
        if answer == (200, challenge):
            if mode == "subscribe":
                self.subscribers[callback] = Subscriber(callback, topic, told["hub.secret"])
            else:
                self.subscribers.pop(callback, None)
            await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()
