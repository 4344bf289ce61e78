"""What cannot be read as a request is answered like everything else."""

import asyncio
import json

import pytest
from aiohttp import web

from dashboard.app import listen


async def say(server, request):
    """The status, headers and body that these bytes are answered with."""
    host, port = server.runner.addresses[0][:2]
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(request)
    async with asyncio.timeout(10):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /api/v1/events?q=%s HTTP/1.1\r\nHost: x" % (b"kilroy" * 2_000),
        b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nX-Long: %s" % (b"kilroy" * 2_000),
        b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nkilroy was here",
        b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: kilroy",
        b"KILROY\x01 / HTTP/1.1",
    ],
    ids=["long address", "long header", "broken header", "broken length", "broken method"],
)
async def test_what_cannot_be_read_is_a_problem_told_safely(server, room, request_line):
    status, headers, body = await say(server, request_line + b"\r\n\r\n")

    assert status == 400
    assert json.loads(body)["status"] == 400
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Server"] == "Backchannel"
    assert b"kilroy" not in body.lower()


async def test_a_mistake_outside_every_page_is_told_with_a_reference_and_nothing_else(session):
    async def stumble(_request):
        raise ValueError("kilroy was here")

    bare = web.Application()  # without our middleware, as if that itself stumbled
    bare.router.add_get("/", stumble)
    runner = await listen(bare)
    host, port = runner.addresses[0][:2]
    async with session.get(f"http://{host}:{port}/") as answer:
        told = await answer.json(content_type="application/problem+json")
    await runner.cleanup()

    assert len(told.pop("reference")) == 8
    assert told == {
        "status": 500, "title": "Internal Server Error", "detail": "Something went wrong here. It has been logged.",
    }  # fmt: skip
    assert (answer.status, answer.headers["Server"]) == (500, "Backchannel")
