"""Mastodon's streams: https://docs.joinmastodon.org/methods/streaming/ (read 2026-11).

Three ways, the best that a server offers: one web socket for everything, one answer without end a
stream, one web socket a stream. None of them repeats what was missed: that is asked for. Updates
come in any order and once a hashtag, deletions may come before what they delete.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from collector.http import MEGABYTE
from collector.mastodon_events import Stream, hear, refusal, take
from collector.mastodon_server import Server
from collector.refusals import Refused
from timeline.errors import SourceUnavailable
from timeline.post import Heard, Sighting

PATH = "/api/v1/streaming"
SILENCE_S = 45.0  # sockets are pinged every 30 s, answers carry a heartbeat every 15
ANSWER_S = 10.0  # a server that reads what a socket tells it answers at once
LATER_S = 3600.0  # until a server that streams nothing is asked again whether it does
SOON_S = 600.0  # until one that refused every way is tried again
SIGN_S = 30.0  # a line on which nobody speaks shows this often that it stands
LONGEST = 4 * MEGABYTE  # of an event; a status with everything in it has some 50 kB
NO_SUCH_WAY = (400, 403, 404, 405, 406, 426, 501)  # refusals that may mean the way, not the token

Handfuls = AsyncGenerator[list[Heard]]


@dataclass(frozen=True, slots=True)
class Ear:
    """One server's streams. ``wanted`` says of a sighting on the home timeline whether it is for any source."""

    server: Server
    streams: Sequence[Stream]
    wanted: Callable[[Sighting], bool]

    async def listen(self) -> Handfuls:
        """Yield what is said, in handfuls; the first, perhaps empty, says that every stream stands.

        Raises SourceUnavailable.
        """
        at, own = await self._found()
        ways: list[Callable[[], Handfuls]] = [
            lambda: self._one_socket(at),
            lambda: _together([self._answer(at, stream) for stream in self.streams]),
            lambda: _together([self._socket(at, stream, own=own) for stream in self.streams]),
        ]
        for way in ways[2:] if own else ways:
            try:
                async with aclosing(way()) as said, aclosing(_with_signs(said)) as handfuls:
                    async for heard in handfuls:
                        yield heard
                return
            except Refused as error:
                last = self._explained(error)
                if error.status not in NO_SUCH_WAY:
                    raise last from error
            except _Unread:
                last = SourceUnavailable(f"{self.server.host} reads nothing that is sent to its stream")
        raise last

    async def tried(self) -> str:
        """Whether it streams, in words, tried once. Raises SourceUnavailable where it should and does not."""
        try:
            async with aclosing(self.listen()) as handfuls:
                await anext(handfuls)
        except Streamless as error:
            return f"{error.reason}: it is asked at intervals"
        return "streams"

    async def _found(self) -> tuple[str, bool]:
        """Where the server streams, and whether it wants its own form. Raises SourceUnavailable where it does not."""
        instance = await self.server.instance()
        instance.require_open(signed_in=True)
        if instance.streamless:
            raise Streamless(
                f"{instance.streamless} streams no hashtags",
                hint="Nothing to do: it is asked at intervals instead.",
                retry_after_s=LATER_S,
            )
        at = (instance.streaming or self.server.base).rstrip("/").removesuffix(PATH)
        scheme, _, rest = at.rpartition("://")
        plain = scheme in ("http", "ws") and self.server.base.startswith("http://")
        return f"{'http' if plain else 'https'}://{rest}", instance.own_streams

    async def _one_socket(self, at: str) -> Handfuls:
        """Everything on one web socket. Raises _Unread where the server does not read what it is told."""
        async with self.server.http.websocket(
            _spoken(at) + PATH, headers=self.server.headers, silence_s=SILENCE_S, pings_count=True
        ) as frames:
            for stream in self.streams:
                await frames.send(json.dumps({"type": "subscribe", **stream.params}))
            await frames.send('{"type":"subscribe","stream":"hashtag"}')  # names none: whoever reads it answers
            said: list[Heard] = []
            answered = False
            try:
                async with asyncio.timeout(ANSWER_S):
                    async for handful in frames:
                        said += self._heard(handful, None)
                        if answered := self._answered(handful):
                            break
            except TimeoutError:
                raise _Unread from None
            if not answered:
                raise SourceUnavailable(f"{self.server.host} hung up")
            yield said
            async for handful in frames:
                self._answered(handful)
                if heard := self._heard(handful, None):
                    yield heard

    async def _socket(self, at: str, stream: Stream, *, own: bool) -> Handfuls:
        """One stream on a web socket of its own; ``own`` where the token is its protocol (Pleroma, Akkoma)."""
        token = self.server.headers["Authorization"].removeprefix("Bearer ")
        async with self.server.http.websocket(
            _spoken(at) + PATH,
            params=stream.folded if own else stream.params,
            protocols=(token,) if own else (),
            headers={} if own else self.server.headers,
            silence_s=SILENCE_S,
            pings_count=True,
        ) as frames:
            yield []
            async for handful in frames:
                yield self._heard(handful, stream)

    async def _answer(self, at: str, stream: Stream) -> Handfuls:
        """One stream as an answer without end: https://html.spec.whatwg.org/multipage/server-sent-events.html."""
        kind = "user" if stream.hashtag is None else "hashtag"
        params = {} if stream.hashtag is None else {"tag": stream.hashtag}
        async with self.server.http.lines(
            f"{at}{PATH}/{kind}", params=params, headers=self.server.headers, silence_s=SILENCE_S
        ) as lines:
            yield []
            event, data = "", b""
            async for handful in lines:
                heard: list[Heard] = []
                for line in handful:
                    name, _, value = line.partition(b":")
                    value = value.removeprefix(b" ")
                    if name == b"event":
                        event = value.decode(errors="replace")
                    elif name == b"data":
                        data = data + b"\n" + value if data else value
                        if len(data) > LONGEST:
                            raise SourceUnavailable(f"{self.server.host} sent an event of more than {LONGEST:,} bytes")
                    elif not line:
                        if event and (one := take(event, data, stream, self.server.host, self.wanted)) is not None:
                            heard.append(one)
                        event, data = "", b""
                yield heard

    def _answered(self, frames: Sequence[bytes]) -> bool:
        """Whether the server turns down something it was told. Raises SourceUnavailable where that is the token."""
        refused = {status for frame in frames if (status := refusal(frame)) is not None}
        if refused & {401, 403}:
            raise self._no_token()
        return bool(refused)

    def _heard(self, frames: Sequence[bytes], stream: Stream | None) -> list[Heard]:
        heard = (hear(frame, stream, self.server.host, self.wanted) for frame in frames)
        return [one for one in heard if one is not None]

    def _explained(self, error: Refused) -> SourceUnavailable:
        if error.status in (401, 403):
            return self._no_token()
        if error.status not in NO_SUCH_WAY:
            return self.server.explained(error)
        return SourceUnavailable(
            f"{self.server.host} offers no stream",
            hint="Nothing to do: it is asked at intervals instead.",
            retry_after_s=SOON_S,
        )

    def _no_token(self) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self.server.host} does not let this token listen",
            hint="Make a new one, of a person and not of the application alone, with the right read:statuses.",
        )


class Streamless(SourceUnavailable):
    """A software that streams nothing of what we want."""


class _Unread(Exception):
    """The server does not read what a socket tells it."""


async def _with_signs(said: Handfuls) -> Handfuls:
    """The same, with an empty handful whenever nobody has spoken for ``SIGN_S`` on a line that stands."""
    ahead = asyncio.ensure_future(anext(said, None))
    stands = False
    try:
        while True:
            done, _ = await asyncio.wait({ahead}, timeout=SIGN_S if stands else None)
            if not done:
                yield []
            elif (handful := ahead.result()) is None:
                return
            else:
                yield handful
                stands, ahead = True, asyncio.ensure_future(anext(said, None))
    finally:
        ahead.cancel()
        await asyncio.gather(ahead, return_exceptions=True)


async def _together(several: Sequence[Handfuls]) -> Handfuls:
    """What several streams say, as it comes; the first handful once all stand, the end when any ends."""
    said: asyncio.Queue[list[Heard] | Exception | None] = asyncio.Queue(maxsize=len(several) + 1)
    standing = 0

    async def follow(handfuls: Handfuls) -> None:
        nonlocal standing
        try:
            async with aclosing(handfuls):
                await anext(handfuls)
                standing += 1
                if standing == len(several):
                    await said.put([])
                async for heard in handfuls:
                    await said.put(heard)
            await said.put(None)
        except Exception as error:  # whoever asked for it all is told
            await said.put(error)

    tasks = [asyncio.create_task(follow(handfuls)) for handfuls in several]
    early: list[Heard] = []
    try:
        while (item := await said.get()) is not None:
            if isinstance(item, Exception):
                raise item
            early += item
            if standing == len(several):
                yield early
                early = []
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _spoken(at: str) -> str:
    return at.replace("http", "ws", 1)
