"""What another host says as it comes, in handfuls: everything that arrived while we were busy with the last one."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Self

import aiohttp

from collector.refusals import FAILURES, IF_IT_LASTS
from timeline.errors import SourceUnavailable

WAITING = 4_000  # pieces read ahead at most; beyond that the other side's own buffer fills
WAITING_BYTES = 16 * 2**20  # likewise, and one piece more


class Silent(SourceUnavailable):
    """Connected, but nothing said for too long: a quiet place, or a line that died without a word."""


class TooLong(SourceUnavailable):
    """One thing said was larger than we take, and ended the connection: met again where it is said again."""

    def __init__(self, host: str, limit_bytes: int) -> None:
        size = f"{limit_bytes / 2**20:.0f} MB" if limit_bytes >= 2**20 else f"{limit_bytes:,} bytes"
        super().__init__(f"{host} sent a message of more than {size}", hint="It is passed over where that can be.")


class Quiet(SourceUnavailable):
    """Nothing said by anybody there: a failure only if it goes on, for it may be a small place."""


class Handfuls(ABC):
    """Iterate to get lists of what was said, never empty, in order; ends when the other side hangs up.

    One task reads ahead, so that a busy firehose costs one wake-up a handful instead of one
    a piece, and so that what arrives together is committed together.
    """

    def __init__(self, *, host: str, silence_s: float) -> None:
        self._host = host
        self._silence_s = silence_s
        self._waiting: list[bytes] = []
        self._weight = 0
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._ended = False
        self._error: SourceUnavailable | None = None
        self._heard_at = asyncio.get_running_loop().time()
        self._reader = asyncio.create_task(self._read(), name=f"reading {host}")

    @abstractmethod
    def _pieces(self) -> AsyncIterator[bytes]:
        """What comes in, piece by piece."""

    async def _read(self) -> None:
        try:
            async for piece in self._pieces():
                self._alive()
                self._waiting.append(piece)
                self._weight += len(piece)
                self._some.set()
                if len(self._waiting) >= WAITING or self._weight >= WAITING_BYTES:
                    self._room.clear()
                    await self._room.wait()
        except SourceUnavailable as error:
            self._error = error
        finally:
            self._ended = True
            self._some.set()

    def _alive(self) -> None:
        self._heard_at = asyncio.get_running_loop().time()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[bytes]:
        """Raises Silent after ``silence_s`` without a sign of life, SourceUnavailable for what breaks the rules."""
        await self._something()
        pieces, self._waiting, self._weight = self._waiting, [], 0
        self._room.set()
        if not self._ended:
            self._some.clear()
        if not pieces:
            if self._error is not None:
                raise self._error
            raise StopAsyncIteration
        return pieces

    async def _something(self) -> None:
        clock = asyncio.get_running_loop().time
        since = clock()  # our own time to think is not their silence
        while not self._some.is_set():
            left_s = max(self._heard_at, since) + self._silence_s - clock()
            if left_s <= 0:
                raise Silent(f"{self._host} has been silent for {self._silence_s:.0f} s", hint=IF_IT_LASTS)
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._some.wait()

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)


class Frames(Handfuls):
    """The messages of a web socket. ``pings_count`` where its pings show that it lives though nobody speaks."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse[bool],
        *,
        host: str,
        silence_s: float,
        limit_bytes: int,
        pings_count: bool = False,
    ) -> None:
        self._socket = socket
        self._limit_bytes = limit_bytes
        self._pings_count = pings_count
        super().__init__(host=host, silence_s=silence_s)

    async def _pieces(self) -> AsyncIterator[bytes]:
        async for message in self._socket:
            match message.type:
                case aiohttp.WSMsgType.TEXT | aiohttp.WSMsgType.BINARY:
                    yield message.data
                case aiohttp.WSMsgType.PING | aiohttp.WSMsgType.PONG:
                    if self._pings_count:
                        self._alive()
                    if message.type is aiohttp.WSMsgType.PING:
                        await self._socket.pong(message.data)
                case aiohttp.WSMsgType.ERROR if _is_too_long(message.data):
                    raise TooLong(self._host, self._limit_bytes)
                case _:
                    return

    async def send(self, text: str) -> None:
        """Say something. Raises SourceUnavailable."""
        try:
            await self._socket.send_str(text)
        except (aiohttp.ClientError, OSError) as error:
            raise SourceUnavailable(f"{self._host} hung up", hint=IF_IT_LASTS) from error

    async def close(self) -> None:
        await super().close()
        await self._socket.close()


class Lines(Handfuls):
    """The lines of an answer that never ends, without their line ends; blank ones count as signs of life."""

    def __init__(self, answer: aiohttp.ClientResponse, *, host: str, silence_s: float, limit_bytes: int) -> None:
        self._answer = answer
        self._limit_bytes = limit_bytes
        super().__init__(host=host, silence_s=silence_s)

    async def _pieces(self) -> AsyncIterator[bytes]:
        begun: list[bytes] = []  # joined once, so that a line that drips in costs no more than another
        weight = 0
        try:
            async for chunk in self._answer.content.iter_any():
                end, *more = chunk.split(b"\n")
                begun.append(end)
                weight += len(end)
                for start in more:
                    if weight > self._limit_bytes:
                        break
                    yield b"".join(begun).removesuffix(b"\r")
                    begun, weight = [start], len(start)
                if weight > self._limit_bytes:
                    raise TooLong(self._host, self._limit_bytes)
        except FAILURES as error:
            raise SourceUnavailable(f"{self._host} broke off", hint=IF_IT_LASTS) from error


def _is_too_long(error: object) -> bool:
    return isinstance(error, aiohttp.WebSocketError) and error.code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
