"""Answers that never end, through the one door out, line by line."""

import asyncio
import gzip

import pytest
from aiohttp import web

from collector.frames import Silent, TooLong
from tests.fakes.site import site
from timeline.errors import SourceUnavailable


def _pouring(*pieces, ends=True, **headers):
    """An answer that comes in these pieces, and then ends or says nothing more."""

    async def pour(request):
        answer = web.StreamResponse(headers=headers)
        await answer.prepare(request)
        for piece in pieces:
            await answer.write(piece)
            await asyncio.sleep(0.01)  # so that each arrives by itself
        if not ends:
            await asyncio.Event().wait()
        return answer

    return pour


async def _taken(lines):
    return [line async for some in lines for line in some]


async def test_lines_are_put_together_from_what_arrives(http):
    pieces = (b"one\r\ntw", b"o\n", b"\n", b"three", b" and ", b"more\nfour")
    async with site({"/": _pouring(*pieces)}) as url, http.lines(url) as lines:
        assert await _taken(lines) == [b"one", b"two", b"", b"three and more"]


async def test_a_line_beyond_the_cap_is_told_after_those_before_it(http):
    for pieces in ((b"small\n", b"x" * 600, b"x" * 600, b"\nmore\n"), (b"small\n" + b"x" * 1_200 + b"\nmore\n",)):
        async with site({"/": _pouring(*pieces)}) as url, http.lines(url, limit_bytes=1_000) as lines:
            assert await anext(lines) == [b"small"]
            with pytest.raises(TooLong, match="a message of more than 1,000 bytes"):
                await anext(lines)


async def test_a_line_that_unpacks_beyond_the_cap_is_told(http):
    bomb = _pouring(gzip.compress(bytes(20_000_000)), **{"Content-Encoding": "gzip"})
    async with site({"/": bomb}) as url, http.lines(url, limit_bytes=1_000_000) as lines:
        with pytest.raises(TooLong, match="a message of more than 1,000,000 bytes"):
            await anext(lines)


async def test_an_answer_that_only_claims_to_be_packed_is_told(http):
    false = _pouring(b"no gzip at all\n", **{"Content-Encoding": "gzip"})
    async with site({"/": false}) as url, http.lines(url) as lines:
        with pytest.raises(SourceUnavailable, match="broke off"):
            await anext(lines)


async def test_lines_that_stop_are_told(http):
    async with site({"/": _pouring(b"one\n", ends=False)}) as url, http.lines(url) as lines:
        assert await anext(lines) == [b"one"]
        with pytest.raises(Silent, match="silent for 0 s") as caught:
            await anext(lines)
    assert caught.value.hint


@pytest.mark.parametrize("to", ["/", "file:///etc/passwd", "http://10.0.0.1/"])
async def test_lines_follow_no_redirect(http, to):
    async def elsewhere(_):
        return web.Response(status=302, headers={"Location": to})

    async with site({"/": elsewhere}) as url:
        with pytest.raises(SourceUnavailable, match="sends us elsewhere"):
            async with http.lines(url):
                pass


async def test_lines_reach_no_private_network(guarded):
    with pytest.raises(SourceUnavailable, match="private network"):
        async with guarded.lines("http://127.0.0.1:1/"):
            pass
