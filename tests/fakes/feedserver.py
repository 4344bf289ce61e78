"""A news site on loopback that serves what a test gives it, and misbehaves on request."""

import asyncio
import gzip
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

RSS = "application/rss+xml"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class FeedServer:
    """Use as ``async with FeedServer() as server``; what a path serves may be changed at any time."""

    asked: dict[str, list[Mapping[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """The headers of every request, by path, in order."""
    _paths: dict[str, _Handler] = field(default_factory=dict)
    _runner: web.AppRunner | None = None
    _origin: str = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def url(self, path: str) -> str:
        return self._origin + path

    def serve(
        self,
        path: str,
        body: bytes | str,
        *,
        content_type: str = RSS,
        headers: Mapping[str, str] | None = None,
        status: int = 200,
        etag: bool = True,
    ) -> None:
        """Answer with ``body``; with ``etag``, with 304 to those who have it already."""
        content = body.encode() if isinstance(body, str) else body
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'

        async def answer(request: web.Request) -> web.Response:
            told = {"Content-Type": content_type, **(headers or {})}
            if etag:
                told["ETag"] = tag
                if request.headers.get("If-None-Match") == tag:
                    return web.Response(status=304, headers=told)
            return web.Response(status=status, body=content, headers=told)

        self._paths[path] = answer

    def refuse(self, path: str, status: int, *, retry_after: str | None = None) -> None:
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        self.serve(path, "no", content_type="text/plain", status=status, headers=headers, etag=False)

    def redirect(self, path: str, to: str, *, status: int = 302) -> None:
        self.serve(path, b"", status=status, headers={"Location": to}, etag=False)

    def endless(self, path: str) -> None:
        """A feed that never comes to its end."""

        async def pour(answer: web.StreamResponse) -> None:
            await answer.write(b"<rss version='2.0'><channel><title>On and on</title>")
            while True:
                await answer.write(b"<item><title>And another thing</title></item>" * 1_000)

        self._paths[path] = _streamed(pour)

    def large(self, path: str, *, megabytes: int) -> None:
        """A well-formed feed of that size, its length announced."""
        one = item(1, more=f"<description>{'lorem ipsum ' * 800}</description>").encode() * 100
        head, tail = rss().encode().split(b"</channel>")
        parts = megabytes * 1024 * 1024 // len(one) + 1

        async def pour(answer: web.StreamResponse) -> None:
            await answer.write(head)
            for _ in range(parts):
                await answer.write(one)
            await answer.write(b"</channel>" + tail)

        self._paths[path] = _streamed(pour, length=len(head + b"</channel>" + tail) + parts * len(one))

    def drip(self, path: str, body: bytes, *, every_s: float = 1.0) -> None:
        """One byte at a time."""

        async def drop_by_drop(answer: web.StreamResponse) -> None:
            for at in range(len(body)):
                await answer.write(body[at : at + 1])
                await asyncio.sleep(every_s)

        self._paths[path] = _streamed(drop_by_drop)

    def bomb(self, path: str, *, megabytes: int) -> None:
        """A small compressed answer that unpacks to ``megabytes``."""
        packed = gzip.compress(bytes(1024 * 1024) * megabytes, compresslevel=9)
        self.serve(path, packed, headers={"Content-Encoding": "gzip"}, etag=False)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.path].append(request.headers)
        handler = self._paths.get(request.path)
        if handler is None:
            raise web.HTTPNotFound
        return await handler(request)


def _streamed(write: Callable[[web.StreamResponse], Awaitable[None]], *, length: int | None = None) -> _Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": RSS})
        response.content_length = length
        await response.prepare(request)
        with suppress(ConnectionError):  # the other side has had enough
            await write(response)
        return response

    return answer


def rss(*items: str, title: str = "Meadow News", head: str = "") -> str:
    """An RSS 2.0 document around ``items``, which are markup."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{title}</title><link>https://meadow.example/</link>{head}{''.join(items)}</channel></rss>"
    )


def item(number: int, *, words: str = "The hall is open", more: str = "") -> str:
    """One RSS item with a date of its own."""
    return (
        f"<item><title>{words} {number}</title><link>https://meadow.example/{number}</link>"
        f"<guid>https://meadow.example/{number}</guid>"
        f"<pubDate>Sat, 21 Nov 2026 09:{number % 60:02d}:00 GMT</pubDate>{more}</item>"
    )


def billion_laughs() -> bytes:
    """Ten entities, each ten times the one before: 10 GB for whoever expands them."""
    entities = "".join(f'<!ENTITY {chr(98 + step)} "{f"&{chr(97 + step)};" * 10}">' for step in range(9))
    return (
        f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">{entities}]>'
        "<rss version='2.0'><channel><title>&j;</title><item><title>&j;</title></item></channel></rss>"
    ).encode()


def quadratic() -> bytes:
    """One long entity, many times: 500 MB for whoever expands it."""
    return (
        f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "{"a" * 100_000}">]>'
        f"<rss version='2.0'><channel><title>x</title><item><title>{'&a;' * 5_000}</title></item></channel></rss>"
    ).encode()


def many_attributes(count: int = 300_000) -> bytes:
    attributes = " ".join(f'a{number}="1"' for number in range(count))
    return rss(f"<item {attributes}><title>x</title></item>").encode()


def nested_tags(count: int = 200_000) -> bytes:
    return rss(f"<item><title>{'<a>' * count}x{'</a>' * count}</title></item>").encode()


def broken_and_long(megabytes: int) -> bytes:
    """Not well-formed from the start, so that only the patient parser will have it, and it is not quick."""
    one = item(1, more=f"<description>{'lorem ipsum ' * 80}</description>").encode()
    return b"<rss version='2.0'><channel><title>x</b>" + one * (megabytes * 1024 * 1024 // len(one))
