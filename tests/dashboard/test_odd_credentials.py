"""Whatever bytes come in place of a token: the answer is no, and nothing breaks."""

import asyncio
from urllib.parse import urlsplit

import pytest

FORM = b"Content-Type: application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (b"GET /api/v1/events/conf/sources HTTP/1.1\r\nAuthorization: Bearer \xff\xfe", 401),
        (b"GET /desk HTTP/1.1\r\nCookie: desk=\xff.\xff", 303),
        (b"POST /desk/sign-in HTTP/1.1\r\nContent-Length: 7\r\n" + FORM + b"; charset=none", 400),
    ],
)
async def test_bytes_that_are_no_text_are_no_token(server, room, asked, answered):
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(server.address).port)
    writer.write(asked + b"\r\nHost: here\r\nConnection: close\r\n\r\n" + b"token=a" * asked.startswith(b"POST"))
    line = await reader.readline()
    writer.close()
    assert int(line.split()[1]) == answered
