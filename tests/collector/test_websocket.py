"""Web sockets through the one door out."""

import pytest
from aiohttp import web

from collector.frames import Silent, TooLong
from collector.refusals import Refused
from tests.fakes.site import site
from timeline.errors import SourceUnavailable

LETTERS = (b"a", b"b", b"c", b"d", b"e", b"f")


def _speaking(*messages, protocol="quay.v1"):
    """A web socket that says these and then nothing more."""

    async def speak(request):
        socket = web.WebSocketResponse(protocols=(protocol,))
        await socket.prepare(request)
        for message in messages:
            await socket.send_str(message) if isinstance(message, str) else await socket.send_bytes(message)
        async for _ in socket:
            pass
        return socket

    return speak


async def _taken(frames):
    return [frame async for some in frames for frame in some]


async def test_a_web_socket_gives_what_arrived_as_bytes_in_order(http):
    said = [f"{number} ü" for number in range(3_000)]
    async with site({"/": _speaking(*said)}) as url, http.websocket(url.replace("http", "ws")) as frames:
        heard: list[bytes] = []
        handfuls = 0
        while len(heard) < len(said):
            heard += await anext(frames)
            handfuls += 1
        assert heard == [each.encode() for each in said]
        assert handfuls < len(said)


async def test_a_silent_web_socket_is_told(http):
    async with site({"/": _speaking("one")}) as url, http.websocket(url.replace("http", "ws")) as frames:
        assert await anext(frames) == [b"one"]
        with pytest.raises(Silent, match="silent for 0 s"):
            await anext(frames)


async def test_a_web_socket_that_hangs_up_ends(http):
    async def brief(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str("bye")
        await socket.close()
        return socket

    async with site({"/": brief}) as url, http.websocket(url.replace("http", "ws")) as frames:
        assert await _taken(frames) == [b"bye"]


async def test_a_message_beyond_the_cap_is_told_after_those_before_it(http):
    whole = _speaking("small", "x" * 3_000, "never read")
    async with site({"/": whole}) as url, http.websocket(url.replace("http", "ws"), limit_bytes=1_000) as frames:
        assert await anext(frames) == [b"small"]
        with pytest.raises(TooLong, match="a message of more than 1,000 bytes"):
            await anext(frames)


async def test_what_is_read_ahead_is_bounded_by_its_size(http, monkeypatch):
    monkeypatch.setattr("collector.frames.WAITING_BYTES", 2_500)
    whole = _speaking(*(letter * 1_000 for letter in LETTERS))
    async with site({"/": whole}) as url, http.websocket(url.replace("http", "ws")) as frames:
        handfuls = []
        while sum(map(len, handfuls)) < 6:
            handfuls.append(await anext(frames))
    assert b"".join(piece for some in handfuls for piece in some) == b"".join(letter * 1_000 for letter in LETTERS)
    assert max(map(len, handfuls)) <= 3


async def test_a_refused_web_socket_says_its_status(http):
    async def full(_):
        return web.Response(status=503, headers={"Retry-After": "9"})

    async with site({"/": full}) as url:
        with pytest.raises(Refused, match=r"trouble of its own \(HTTP 503\)") as caught:
            async with http.websocket(url.replace("http", "ws")):
                pass
    assert (caught.value.status, caught.value.retry_after_s) == (503, 9)


async def test_web_sockets_reach_no_private_network(guarded):
    async with site({"/": _speaking("secret")}) as url:
        with pytest.raises(SourceUnavailable, match="private network"):
            async with guarded.websocket(url.replace("http", "ws")):
                pass
    with pytest.raises(SourceUnavailable, match="no address we can open"):
        async with guarded.websocket("https://example.org/"):
            pass


async def test_a_web_socket_is_sent_on_to_nobody_with_what_it_carries(http):
    asked = []

    async def elsewhere(request):
        asked.append(request.headers.get("Sec-WebSocket-Protocol"))
        return web.Response(status=400)

    async with site({"/other": elsewhere}) as other:

        async def send_on(_):
            raise web.HTTPTemporaryRedirect(f"{other}/other")

        async with site({"/": send_on}) as url:
            with pytest.raises(SourceUnavailable, match="sends us elsewhere"):
                async with http.websocket(url.replace("http", "ws"), protocols=("a-secret-token",)):
                    pass
    assert asked == []
