"""Everything that goes wrong on the way to a network, and what a source says of it meanwhile."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web

from tests.fakes.trouble import MEGABYTE, Cut, Fault, Said, reset

RIDDEN_OUT = ""
Instead = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault and the state it brings a source to; ``asked`` and ``heard`` are what the error then says.

    ``asked``: of a network that is polled; ``heard``: of one that speaks by itself; RIDDEN_OUT where everything
    comes through while it lasts and nobody is told of trouble; None where no such network can meet it.
    ``streams``: it goes otherwise with an answer without end than with a web socket of the same server.
    """

    fault: Fault
    state: str = "failing"
    asked: str | None = None
    heard: str | None = None

    @property
    def streams(self) -> bool:
        return self.fault.said is not None or self.fault.mute or self.fault.name in ("reset", "empty 200")


def _answers(name: str, status: int, body: bytes | str = "no", **headers: str) -> Fault:
    content = body.encode() if isinstance(body, str) else body
    told = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=content, headers=told)

    return Fault(name=name, instead=answer)


def _sends(name: str, *pieces: bytes, every_s: float = 0.0) -> Fault:
    """Bytes in place of an answer, and the end."""

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        for piece in pieces:
            if request.transport.is_closing():
                break
            request.transport.write(piece)
            await asyncio.sleep(every_s)
        request.transport.close()
        await asyncio.Event().wait()
        raise AssertionError

    return Fault(name=name, instead=answer)


async def _hangs_up(request: web.Request) -> web.StreamResponse:
    reset(request.transport)
    await asyncio.Event().wait()
    raise AssertionError


async def _goes_round(request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": f"{request.path}?again={request.query.get('again', '')}x"})


async def _breaks_off(request: web.Request, body: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
    answer = await _half(request, body, headers)
    reset(request.transport)
    return answer


async def _stalls(request: web.Request, body: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
    await _half(request, body, headers)
    await asyncio.Event().wait()
    raise AssertionError


async def _ends_early(request: web.Request, body: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
    answer = await _half(request, body, headers)
    assert request.transport is not None
    request.transport.close()
    return answer


async def _half(request: web.Request, body: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
    """Half of what was announced."""
    answer = web.StreamResponse(headers=headers)
    answer.content_length = len(body) + 1  # at least one byte is still to come
    await answer.prepare(request)
    with suppress(ConnectionError):
        await answer.write(body[: len(body) // 2])
    return answer


async def _truncated(_: web.Request, body: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
    return web.Response(body=body[: len(body) // 8], headers=headers)  # of a feed that still has its head, much is read


async def _twice(_: web.Request, body: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
    """Every post of a page of JSON, every item of a feed."""
    if body.startswith(b"["):
        posts = json.loads(body)
        return web.json_response([each for post in posts for each in (post, post)], headers=_but_type(headers))
    return web.Response(body=re.sub(rb"<item>.*?</item>", rb"\g<0>\g<0>", body), headers=headers)


async def _oldest_first(_: web.Request, body: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
    """As some feeds are written; others have no order at all."""
    items = re.findall(rb"<item>.*?</item>", body)
    head, _, tail = body.partition(b"".join(items))
    return web.Response(body=head + b"".join(reversed(items)) + tail, headers=headers)


def _but_type(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "Content-Type"}


async def _cuts_each(messages: AsyncIterator[Said]) -> AsyncIterator[Said]:
    async for message in messages:
        raise Cut(message, broken=True)
        yield message


async def _halves_each(messages: AsyncIterator[Said]) -> AsyncIterator[Said]:
    async for message in messages:
        raise Cut(message[: len(message) // 2])
        yield message


async def _doubles(messages: AsyncIterator[Said]) -> AsyncIterator[Said]:
    async for message in messages:
        yield message
        yield message


async def _swaps(messages: AsyncIterator[Said]) -> AsyncIterator[Said]:
    """Each pair the wrong way round; what comes alone goes on after a moment."""
    held: Said | None = None
    coming = asyncio.ensure_future(anext(messages, None))
    try:
        while True:
            done, _ = await asyncio.wait({coming}, timeout=None if held is None else 0.05)
            if not done:
                assert held is not None
                yield held
                held = None
                continue
            message = coming.result()
            if message is None:
                break
            coming = asyncio.ensure_future(anext(messages, None))
            if held is None:
                held = message
            else:
                yield message
                yield held
                held = None
        if held is not None:
            yield held
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _begins_too_large(messages: AsyncIterator[Said]) -> AsyncIterator[Said]:
    yield '{"filler":"' + "x" * 5 * MEGABYTE + '"}'
    async for message in messages:
        yield message


async def _too_large(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b'["' + b"x" * (9 * MEGABYTE) + b'"]', content_type="application/json")


def soon(**later: float) -> str:
    """A moment as a header has it: whole seconds."""
    return format_datetime(datetime.now(UTC) + timedelta(**later), usegmt=True)


_PAGE = "<!doctype html><title>Sign in to the guest network</title><form><input name=room></form>"
_BOMB = gzip.compress(bytes(64 * MEGABYTE), compresslevel=9)
_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-Bag-%d: %s\r\n" % (n, b"y" * 7_000) for n in range(200)) + b"\r\n"
_DRIPS = tuple(bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\nX-Patience: " + b"z" * 400)

_BROKE_OFF = "broke off|sent something that is no HTTP"
_NOT_READ = "no JSON|no answer of its API|not a feed|is no feed|neither a feed|no list"
_NOT_ALLOWED = "token|refuses|members|does not allow"
_NO_STREAM = "did not accept|elsewhere|broke off|no stream"

CASES = (
    Case(fault=Fault(name="reset", instead=_hangs_up), asked=_BROKE_OFF, heard=_BROKE_OFF),
    Case(fault=Fault(name="cut mid-frame", answer=_breaks_off, said=_cuts_each), asked=_BROKE_OFF, heard="hangs up"),
    Case(fault=Fault(name="half-open", mute=True), asked="did not answer", heard="did not answer|silent"),
    Case(fault=Fault(name="stalls half-way", answer=_stalls), asked="did not answer"),
    Case(fault=Fault(name="down", down=True), asked="cannot be reached", heard="cannot be reached"),
    Case(fault=Fault(name="another's certificate", stranger=True), asked="no secure", heard="no secure"),
    Case(fault=_answers("429, retry after 1 s", 429, Retry_After="1"), state="waiting", asked="slow", heard="slow"),
    Case(fault=_answers("429", 429), state="waiting", asked="slow", heard="slow"),
    Case(fault=_answers("401", 401), asked=_NOT_ALLOWED, heard=_NOT_ALLOWED),
    Case(fault=_answers("403", 403), asked=_NOT_ALLOWED, heard=_NOT_ALLOWED),
    Case(fault=_answers("404", 404), asked="nothing at|no such", heard="nothing at|no such"),
    Case(fault=_answers("500", 500), asked="trouble of its own", heard="trouble of its own"),
    Case(fault=Fault(name="truncated", answer=_truncated, said=_halves_each), asked=_NOT_READ, heard="hangs up"),
    Case(fault=Fault(name="too large", said=_begins_too_large), heard="a message of more than"),
    Case(fault=Fault(name="too large an answer", instead=_too_large), asked="more than 8 MB", heard=_NO_STREAM),
    Case(fault=Fault(name="all twice", answer=_twice, said=_doubles), asked=RIDDEN_OUT, heard=RIDDEN_OUT),
    Case(fault=Fault(name="out of order", said=_swaps), heard=RIDDEN_OUT),
    Case(fault=Fault(name="oldest first", answer=_oldest_first), asked=RIDDEN_OUT),
    Case(fault=Fault(name="redirects in a ring", instead=_goes_round), asked="next", heard=_NO_STREAM),
    Case(
        fault=_answers("redirects to a file", 302, Location="file:///etc/passwd"), asked="no address", heard=_NO_STREAM
    ),
    Case(fault=_answers("empty 200", 200, b""), asked=_NOT_READ, heard=_NO_STREAM),
    Case(fault=_answers("sign-in page", 200, _PAGE, Content_Type="text/html"), asked=_NOT_READ, heard=_NO_STREAM),
    Case(fault=_sends("drips", *_DRIPS, every_s=0.05), asked="did not answer", heard="did not answer"),
    Case(fault=_sends("no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n"), asked=_BROKE_OFF, heard=_BROKE_OFF),
    Case(fault=Fault(name="shorter than announced", answer=_ends_early), asked=_BROKE_OFF),
    Case(
        fault=_answers("unpacks to 64 MB", 200, _BOMB, Content_Encoding="gzip"),
        asked="more than 8 MB",
        heard=_NO_STREAM,
    ),
    Case(fault=_sends("a flood of headers", _HEADERS), asked=_BROKE_OFF, heard=_BROKE_OFF),
)


def expected(case: Case, *, polled: bool, listened: bool, ordered: bool) -> str | None:
    """What such a source says of it; None where it cannot meet it."""
    if ordered and case.fault.name == "oldest first":
        return None
    told = [words for words in (case.asked if polled else None, case.heard if listened else None) if words is not None]
    if not told:
        return None
    return "|".join(told) if all(told) else RIDDEN_OUT
