"""The one door out: every request to another host goes through here.

It says who we are, waits only so long, takes in only so much, refuses private addresses
unless allowed, and turns every failure into ``SourceUnavailable`` in plain words.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlencode, urlsplit
from weakref import WeakValueDictionary

import aiohttp
import msgspec
from yarl import URL

from collector.addresses import Params, open_public_socket, web_address
from collector.frames import Frames, Lines
from collector.refusals import FAILURES, no_redirects, refused, unavailable
from timeline.errors import SourceUnavailable

MEGABYTE = 1024 * 1024
HOPS = 5  # redirects followed for one request
Lane = Literal["posts", "pictures"]
AT_ONCE: Mapping[Lane, int] = {"posts": 4, "pictures": 2}  # requests to one origin at a time, whoever asks
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer read whole: ``headers`` by lower-case name, ``url`` after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Http:
    """The door; one for the process, opened and closed by the composition root (``async with``)."""

    def __init__(
        self,
        *,
        contact: str,
        version: str,
        base_url: str,
        allow_private_addresses: bool = False,
        connect_s: float = 10.0,
        idle_s: float = 15.0,
        silence_s: float = 60.0,
        answer_s: float = 60.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """``idle_s`` ends an answer that stalls, ``silence_s`` a web socket on which nothing arrives.

        ``answer_s`` is the longest that a whole answer may take, whatever a caller allows; ``trust`` says whose
        certificates are believed, the system's own list where nothing is said.
        """
        self.allow_private_addresses = allow_private_addresses
        self._agent = " ".join(f"Backchannel/{version} (+{base_url}; {contact})".split())
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_s, sock_read=idle_s)
        self.silence_s = silence_s
        self._answer_s = answer_s
        self._trust = trust
        self._slots: WeakValueDictionary[tuple[URL, Lane], asyncio.Semaphore] = WeakValueDictionary()
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,  # bounded per origin by our own slots
            ssl=self._trust or True,
            socket_factory=None if self.allow_private_addresses else open_public_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._agent},
            timeout=self._timeout,
            trust_env=False,
            trace_configs=[no_redirects()],
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(
        self,
        url: str,
        *,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        limit_bytes: int = 8 * MEGABYTE,
        timeout_s: float = 30.0,
        accept: Collection[int] = (200,),
        lane: Lane = "posts",
    ) -> Response:
        """Read one address whole, following redirects. ``limit_bytes`` counts what comes out of decompression.

        Each lane has slots of its own, so that slow pictures keep no post waiting.
        An ``Authorization`` header goes no further than the host it was meant for. Raises
        SourceUnavailable, as Refused where the host answered with a status not in ``accept``.
        """
        here = web_address(url, params)
        ask = partial(self._once, "GET", limit_bytes=limit_bytes)
        return await self._follow(ask, here, dict(headers or {}), timeout_s, accept, lane, redirects=_REDIRECTS)

    async def post(
        self,
        url: str,
        *,
        form: Sequence[tuple[str, str]] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        limit_bytes: int = 8 * MEGABYTE,
        timeout_s: float = 30.0,
        accept: Collection[int] = (200,),
    ) -> Response:
        """Send a form, or ``json``, and read the answer whole. Redirects are followed where they keep the method.

        Raises SourceUnavailable, as Refused where the host answered with a status not in ``accept``.
        """
        told = dict(headers or {})
        if form is None:
            body = msgspec.json.encode(json)
            told.setdefault("Content-Type", "application/json")
        else:
            body = urlencode(form).encode()
            told.setdefault("Content-Type", "application/x-www-form-urlencoded")
        ask = partial(self._once, "POST", limit_bytes=limit_bytes, body=body)
        return await self._follow(ask, web_address(url), told, timeout_s, accept, "posts", redirects=(307, 308))

    async def _follow(
        self,
        ask: Callable[[URL, Mapping[str, str]], Awaitable[Response]],
        here: URL,
        headers: dict[str, str],
        timeout_s: float,
        accept: Collection[int],
        lane: Lane,
        *,
        redirects: Collection[int],
    ) -> Response:
        timeout_s = min(timeout_s, self._answer_s)
        url, left_s = str(here), timeout_s
        for _ in range(HOPS + 1):
            async with self._slot(here, lane):
                started = time.monotonic()
                try:
                    async with asyncio.timeout(left_s):
                        answer = await ask(here, headers)
                except FAILURES as error:
                    raise unavailable(here, error, timeout_s) from error
                left_s = max(0.01, left_s - (time.monotonic() - started))
            if answer.status not in redirects or answer.status in accept or "location" not in answer.headers:
                break
            there = web_address(answer.headers["location"], base=here)
            if there.origin() != here.origin():
                headers.pop("Authorization", None)
            here = there
        else:
            raise SourceUnavailable(f"{_host(url)} sends us from one address to the next", hint="Check the address.")
        if answer.status not in accept:
            raise refused(_host(answer.url), answer.status, answer.headers, now=datetime.now(UTC), body=answer.body)
        return answer

    async def _once(
        self, method: str, url: URL, headers: Mapping[str, str], *, limit_bytes: int, body: bytes | None = None
    ) -> Response:
        async with self._session.request(method, url, headers=headers, data=body, allow_redirects=False) as answer:
            said = bytearray()
            async for chunk in answer.content.iter_any():
                said += chunk
                if len(said) > limit_bytes:
                    raise SourceUnavailable(
                        f"{url.host} sent more than {limit_bytes / MEGABYTE:.0f} MB",
                        hint="Check the address: this is far larger than it should be.",
                    )
            names = {name.lower() for name in answer.headers}
            found = {name: ", ".join(answer.headers.getall(name)) for name in names}
            return Response(status=answer.status, headers=found, body=bytes(said), url=str(url))

    @asynccontextmanager
    async def _slot(self, url: URL, lane: Lane) -> AsyncIterator[None]:
        """Another port is another server: a slow one must not hold up its neighbour of the same name."""
        slot = self._slots.setdefault((url.origin(), lane), asyncio.Semaphore(AT_ONCE[lane]))
        async with slot:
            yield

    @asynccontextmanager
    async def websocket(
        self,
        url: str,
        *,
        protocols: Sequence[str] = (),
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        limit_bytes: int = 4 * MEGABYTE,
        heartbeat_s: float | None = 20.0,
        silence_s: float | None = None,
        pings_count: bool = False,
    ) -> AsyncIterator[Frames]:
        """A web socket. ``limit_bytes`` bounds one message, ``silence_s`` the time without one.

        With ``pings_count`` the host's pings, and its answers to ours, are signs of life too.
        Raises SourceUnavailable, as Refused where the host answers with another status than 101.
        """
        here = web_address(url, params, schemes=("ws", "wss"))
        deadline_s = (self._timeout.sock_connect or 0) + (self._timeout.sock_read or 0)
        try:
            async with asyncio.timeout(deadline_s):
                socket = await self._session.ws_connect(
                    here,
                    protocols=protocols,
                    headers=headers,
                    heartbeat=heartbeat_s,
                    max_msg_size=limit_bytes,
                    decode_text=False,
                    autoping=False,
                    timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
                )
        except aiohttp.WSServerHandshakeError as error:
            told = {name.lower(): value for name, value in (error.headers or {}).items()}
            raise refused(here.host or "", error.status, told, now=datetime.now(UTC)) from error
        except FAILURES as error:
            raise unavailable(here, error, deadline_s) from error
        frames = Frames(
            socket,
            host=here.host or "",
            silence_s=silence_s or self.silence_s,
            limit_bytes=limit_bytes,
            pings_count=pings_count,
        )
        try:
            yield frames
        finally:
            await frames.close()

    @asynccontextmanager
    async def lines(
        self,
        url: str,
        *,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        limit_bytes: int = MEGABYTE,
        silence_s: float | None = None,
    ) -> AsyncIterator[Lines]:
        """An answer that never ends, line by line. ``limit_bytes`` bounds one line, ``silence_s`` the time without any.

        Redirects are not followed. Raises SourceUnavailable, as Refused for any other status than 200.
        """
        here = web_address(url, params)
        silence_s = silence_s or self.silence_s
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._timeout.sock_connect, sock_read=None)
        deadline_s = (self._timeout.sock_connect or 0) + (self._timeout.sock_read or 0)
        try:
            async with asyncio.timeout(deadline_s):
                answer = await self._session.get(here, headers=headers, allow_redirects=False, timeout=timeout)
        except FAILURES as error:
            raise unavailable(here, error, deadline_s) from error
        try:
            if answer.status != 200:
                body = await self._start_of(answer)
                told = {name.lower(): value for name, value in answer.headers.items()}
                raise refused(here.host or "", answer.status, told, now=datetime.now(UTC), body=body)
            lines = Lines(answer, host=here.host or "", silence_s=silence_s, limit_bytes=limit_bytes)
            try:
                yield lines
            finally:
                await lines.close()
        finally:
            answer.close()

    async def _start_of(self, answer: aiohttp.ClientResponse) -> bytes:
        """What a refusal says, as far as it comes soon and is short."""
        try:
            async with asyncio.timeout(self._timeout.sock_read):
                return await answer.content.read(64 * 1024)
        except FAILURES:
            return b""


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
