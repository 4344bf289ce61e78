"""A reader of a live stream as the tests need one: it knows what it was told, and what comes next."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from dashboard import frames

PATIENCE_S = 10


@dataclass(frozen=True)
class Message:
    kind: str
    data: str
    number: int | None

    @property
    def json(self) -> Any:
        return json.loads(self.data)


class Listener:
    """Reads messages one by one; ``heard`` has every numbered one so far, ``raw`` every byte."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.heard: list[Message] = []
        self.comments = 0
        self.retry_ms: int | None = None
        self.raw = b""
        self._rest = b""

    @property
    def position(self) -> int:
        return max((message.number for message in self.heard if message.number is not None), default=0)

    async def next(self, *kinds: str) -> Message:
        """The next message (of one of ``kinds``). Raises EOFError where the stream ends instead."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = self._read(await self._block())
                if message is not None and (not kinds or message.kind in kinds):
                    return message

    async def until(self, number: int) -> list[Message]:
        """Everything heard once change ``number`` is."""
        while self.position < number:
            await self.next()
        return self.heard

    async def comment(self) -> None:
        """Return after the next comment."""
        before = self.comments
        async with asyncio.timeout(PATIENCE_S):
            while self.comments == before:
                self._read(await self._block())

    async def ended(self) -> bool:
        """Read on to the end of the stream."""
        try:
            while True:
                await self.next()
        except (EOFError, aiohttp.ClientError):
            return True

    async def _block(self) -> bytes:
        while b"\n\n" not in self._rest:
            more = await self.response.content.readany()
            if not more:
                raise EOFError
            self.raw += more
            self._rest += more
        block, _, self._rest = self._rest.partition(b"\n\n")
        return block

    def _read(self, block: bytes) -> Message | None:
        fields: dict[str, list[str]] = {}
        for line in block.decode().split("\n"):
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
        self.comments += len(fields.get("", []))
        if "retry" in fields:
            self.retry_ms = int(fields["retry"][0])
        if "data" not in fields:
            return None
        number = int(fields["id"][0]) if "id" in fields else None
        message = Message(kind=fields["event"][0], data="\n".join(fields["data"]), number=number)
        if number is not None:
            self.heard.append(message)
        return message


@asynccontextmanager
async def listen(
    session: aiohttp.ClientSession, address: str, *, expect: int = 200, **headers: str
) -> AsyncIterator[Listener]:
    """Open a stream; ``Last_Event_ID`` becomes the header of that name."""
    named = {"Accept-Encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with session.get(address, headers=named) as response:
        assert response.status == expect, await response.text()
        yield Listener(response)


def numbers(messages: Iterable[Message]) -> list[int | None]:
    return [message.number for message in messages]


def said(raw: bytes) -> bytes:
    """All but the beats of the heart."""
    return raw.replace(frames.BEAT, b"")


def words(messages: Iterable[Message]) -> list[str]:
    """What the posts among them say."""
    return [message.json["text"] for message in messages if message.kind == "post"]
