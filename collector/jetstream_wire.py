"""Both wires of Jetstream, as a client dials them (read 2026-11).

v2 is network.bsky.jetstream.subscribeEvents; v1, ``/subscribe``, is frozen and lives on beside it.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Self

from collector import jetstream_zstd
from collector.frames import Frames
from collector.http import Http
from collector.jetstream_position import V1, V2, Position
from collector.jetstream_zstd import Dictionary, WrongDictionary
from collector.refusals import Refused

PROTOCOL = "xrpc.v1.json"
POSTS = "app.bsky.feed.post"
SILENCE_S = 30.0  # a firehose is never silent: dozens of posts and accounts a second, at night as well
LARGEST = 4 * 2**20  # bytes of one message: posts have a few thousand
NOT_SO = 400  # a number the host has forgotten, or a dictionary that it has not
_PATHS = {V1: "/subscribe", V2: "/xrpc/network.bsky.jetstream.subscribeEvents"}
_PARAMS = {
    V1: (("wantedCollections", POSTS),),
    V2: (("collections", POSTS), ("kinds", "commit"), ("kinds", "account")),
}


class Stream:
    """What a host says, in handfuls of plain frames, as Frames does. Raises WrongDictionary."""

    def __init__(self, frames: Frames, dictionary: Dictionary | None) -> None:
        self._frames = frames
        self._dictionary = dictionary

    @property
    def packed(self) -> bool:
        """Whether the frames were asked for as zstd."""
        return self._dictionary is not None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[bytes]:
        frames = await anext(self._frames)
        return frames if self._dictionary is None else self._dictionary.unpack(frames)


@asynccontextmanager
async def dial(http: Http, host: str, wire: str, position: Position | None) -> AsyncIterator[Stream]:
    """The stream of ``host`` from ``position``, from now without one. Raises SourceUnavailable."""
    dictionary = await jetstream_zstd.dictionary_of(http, host, wire)
    async with AsyncExitStack() as stack:
        try:
            frames = await stack.enter_async_context(_socket(http, host, wire, position, dictionary))
        except Refused as error:
            if error.status != NOT_SO or dictionary is None:
                raise
            jetstream_zstd.forget(http, host, wire)  # and if it was the number, it says so once more
            dictionary = None
            frames = await stack.enter_async_context(_socket(http, host, wire, position, None))
        try:
            yield Stream(frames, dictionary)
        except WrongDictionary:
            jetstream_zstd.do_without(http, host, wire)
            raise


def _socket(
    http: Http, host: str, wire: str, position: Position | None, dictionary: Dictionary | None
) -> AbstractAsyncContextManager[Frames]:
    params = [*_PARAMS[wire]]
    if position is not None:
        params.append(("cursor", position.asked_of(host, wire)))
    if dictionary is not None:
        params.append(("compress", "true") if wire == V1 else ("zstdDictionary", str(dictionary.id)))
    return http.websocket(  # the host closes on what a client sends, and pings by itself; we offer no deflate beside
        host + _PATHS[wire],
        protocols=(PROTOCOL,) if wire == V2 else (),
        params=params,
        limit_bytes=LARGEST,
        heartbeat_s=None,
        silence_s=min(SILENCE_S, http.silence_s),
    )
