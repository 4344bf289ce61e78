"""The one door out: every request to another host goes through here.

It says who we are, waits only so long, takes in only so much, refuses private addresses
unless allowed, and turns every failure into ``SourceUnavailable`` in plain words.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urljoin, urlsplit
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from collector.addresses import PrivateAddress, open_public_socket
from collector.frames import Frames
from collector.refusals import refused
from timeline.errors import SourceUnavailable

MEGABYTE = 1024 * 1024
HOPS = 5  # redirects followed for one request
Lane = Literal["posts", "pictures"]
AT_ONCE: Mapping[Lane, int] = {"posts": 4, "pictures": 2}  # requests to one origin at a time, whoever asks
Params = Mapping[str, str] | Sequence[tuple[str, str]]  # added to what the address itself asks
_REDIRECTS = (301, 302, 303, 307, 308)
_FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError, TimeoutError, ValueError)


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
    ) -> None:
        """``idle_s`` ends an answer that stalls, ``silence_s`` a web socket on which nothing arrives."""
        self.allow_private_addresses = allow_private_addresses
        self._agent = " ".join(f"Backchannel/{version} (+{base_url}; {contact})".split())
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_s, sock_read=idle_s)
        self._silence_s = silence_s
        self._slots: WeakValueDictionary[tuple[URL, Lane], asyncio.Semaphore] = WeakValueDictionary()
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,  # bounded per origin by our own slots
            socket_factory=None if self.allow_private_addresses else open_public_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._agent},
            timeout=self._timeout,
            trust_env=False,
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
        here, left_s = _address(url, params), timeout_s
        headers = dict(headers or {})
        for _ in range(HOPS + 1):
            async with self._slot(here, lane):
                started = time.monotonic()
                try:
                    async with asyncio.timeout(left_s):
                        answer = await self._once(here, headers, limit_bytes)
                except _FAILURES as error:
                    raise _unavailable(here, error, timeout_s) from error
                left_s = max(0.01, left_s - (time.monotonic() - started))
            if answer.status not in _REDIRECTS or answer.status in accept or "location" not in answer.headers:
                break
            there = _address(answer.headers["location"], base=here)
            if there.origin() != here.origin():
                headers.pop("Authorization", None)
            here = there
        else:
            raise SourceUnavailable(f"{_host(url)} sends us from one address to the next", hint="Check the address.")
        if answer.status not in accept:
            raise refused(_host(answer.url), answer.status, answer.headers, now=datetime.now(UTC), body=answer.body)
        return answer

    async def _once(self, url: URL, headers: Mapping[str, str], limit_bytes: int) -> Response:
        async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > limit_bytes:
                    raise SourceUnavailable(
                        f"{url.host} sent more than {limit_bytes / MEGABYTE:.0f} MB",
                        hint="Check the address: this is far larger than it should be.",
                    )
            names = {name.lower() for name in answer.headers}
            found = {name: ", ".join(answer.headers.getall(name)) for name in names}
            return Response(status=answer.status, headers=found, body=bytes(body), url=str(url))

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
    ) -> AsyncIterator[Frames]:
        """A web socket that is only listened to. ``limit_bytes`` bounds one message.

        Raises SourceUnavailable, as Refused where the host answers with another status than 101.
        """
        here = _address(url, params, schemes=("ws", "wss"))
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
                    timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
                )
        except aiohttp.WSServerHandshakeError as error:
            told = {name.lower(): value for name, value in (error.headers or {}).items()}
            raise refused(here.host or "", error.status, told, now=datetime.now(UTC)) from error
        except _FAILURES as error:
            raise _unavailable(here, error, deadline_s) from error
        frames = Frames(socket, host=here.host or "", silence_s=self._silence_s)
        try:
            yield frames
        finally:
            await frames.close()


def _address(
    url: str,
    params: Params = (),
    *,
    base: URL | None = None,
    schemes: Sequence[str] = ("http", "https"),
) -> URL:
    try:
        address = URL(urljoin(str(base), url.strip()) if base else url.strip())
        usable = address.scheme in schemes and bool(address.host)
    except ValueError:
        usable = False
    if not usable:
        raise SourceUnavailable(
            f"{url[:200]!r} is no address we can open", hint=f"It should begin with {schemes[-1]}://"
        )
    if address.user is not None or address.password is not None:
        raise SourceUnavailable(
            f"the address of {address.host} carries a user name or password", hint="Leave it out of the address."
        )
    return address.extend_query(params) if params else address


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _unavailable(url: URL, error: BaseException, timeout_s: float) -> SourceUnavailable:
    host = url.host
    match error:
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, PrivateAddress):
            return SourceUnavailable(
                f"{host} is on a private network",
                hint="Sources on private networks need allow_private_addresses = true under [network].",
            )
        case aiohttp.ClientConnectorDNSError():
            return SourceUnavailable(f"there is no host named {host}", hint="Check the spelling of the address.")
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return SourceUnavailable(
                f"no secure connection to {host}", hint="Its certificate is not valid, or it speaks no HTTPS here."
            )
        case TimeoutError():
            return SourceUnavailable(f"{host} did not answer within {timeout_s:.0f} s")
        case aiohttp.ClientConnectorError():
            return SourceUnavailable(f"{host} cannot be reached", hint="Check the address, and that the host is up.")
        case _:
            return SourceUnavailable(f"{host} broke off or sent something that is no HTTP")
