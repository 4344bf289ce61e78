"""What a web socket says, in handfuls: everything that arrived while we were busy with the last one."""

import asyncio
from typing import Self

import aiohttp

from timeline.errors import SourceUnavailable

WAITING = 4_000  # frames read ahead at most; beyond that the other side's own buffer fills


class Silent(SourceUnavailable):
    """Connected, but nothing said for too long: a quiet place, or a line that died without a word."""


class Frames:
    """Iterate to get lists of frames, never empty, in order; ends when the other side hangs up.

    One task reads ahead, so that a busy firehose costs one wake-up a handful instead of one
    a frame, and so that what arrives together is committed together.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool], *, host: str, silence_s: float) -> None:
        self._socket = socket
        self._host = host
        self._silence_s = silence_s
        self._waiting: list[bytes] = []
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._ended = False
        self._reader = asyncio.create_task(self._read(), name=f"frames of {host}")

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    break
                self._waiting.append(message.data)
                self._some.set()
                if len(self._waiting) >= WAITING:
                    self._room.clear()
                    await self._room.wait()
        finally:
            self._ended = True
            self._some.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[bytes]:
        """Raises Silent after ``silence_s`` without a frame."""
        try:
            async with asyncio.timeout(self._silence_s):
                await self._some.wait()
        except TimeoutError:
            raise Silent(f"{self._host} has been silent for {self._silence_s:.0f} s") from None
        frames, self._waiting = self._waiting, []
        self._room.set()
        if not self._ended:
            self._some.clear()
        if not frames:
            raise StopAsyncIteration
        return frames

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._socket.close()
