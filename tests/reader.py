"""A reader of the JSON stream, as a program would be: reconnects for ever, and says where it stood."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp


@dataclass
class Reader:
    """``async with Reader(url, "slug") as reader``: reads from the start of the log until the block ends.

    ``numbers`` are the ids of all messages, ``posts`` the bodies of all ``post`` messages, in order of arrival.
    """

    url: str
    slug: str
    after: int = 0
    numbers: list[int] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    connections: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _task: "asyncio.Task[None] | None" = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def until(self, wanted: Callable[[Self], bool], *, timeout_s: float = 20.0) -> None:
        """Return once ``wanted`` is so; a failure says what was there instead."""
        assert self._task is not None
        async with self._news:
            waiting = asyncio.ensure_future(self._news.wait_for(lambda: wanted(self) or self._ended()))
            try:
                await asyncio.wait_for(waiting, timeout_s)
            except TimeoutError:
                raise AssertionError(
                    f"after {timeout_s:g} s: {len(self.posts)} posts, {len(self.removed)} removals"
                ) from None
        if self._task.done():
            self._task.result()

    async def until_connected(self) -> None:
        await self.until(lambda reader: reader.connections > 0)

    def _ended(self) -> bool:
        return self._task is not None and self._task.done()

    async def _read(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=30)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                try:
                    await self._follow(session)
                except (aiohttp.ClientError, TimeoutError, ConnectionError):
                    await asyncio.sleep(0.05)

    async def _follow(self, session: aiohttp.ClientSession) -> None:
        last = self.numbers[-1] if self.numbers else self.after
        address = f"{self.url}/api/v1/events/{self.slug}/stream"
        async with session.get(address, params={"after": 0}, headers={"Last-Event-ID": str(last)}) as answer:
            answer.raise_for_status()
            self.connections += 1
            await self._tell()
            message: dict[str, str] = {}
            async for line in answer.content:
                text = line.decode().rstrip("\n")
                if text:
                    name, _, value = text.partition(":")
                    message[name] = value.removeprefix(" ")
                elif message:
                    await self._take(message)
                    message = {}

    async def _take(self, message: dict[str, str]) -> None:
        kind = message.get("event")
        if kind is None:
            return
        if "id" in message:
            self.numbers.append(int(message["id"]))
        assert kind != "reset", message
        if kind == "post":
            self.posts.append(json.loads(message["data"]))
        elif kind == "remove":
            self.removed.append(json.loads(message["data"])["id"])
        await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


async def all_posts(url: str, slug: str) -> list[dict[str, Any]]:
    """Every post of an event, page by page."""
    posts: list[dict[str, Any]] = []
    async with aiohttp.ClientSession() as session:
        before: dict[str, str] = {}
        while True:
            async with session.get(f"{url}/api/v1/events/{slug}/posts", params={"limit": "200", **before}) as answer:
                answer.raise_for_status()
                page = await answer.json()
            posts += page["posts"]
            if page["next"] is None:
                return posts
            before = {"before": page["next"]}
