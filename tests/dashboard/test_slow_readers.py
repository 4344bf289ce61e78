"""A reader who does not keep up is cut off and resumes; nobody else notices."""

import asyncio
import socket

from dashboard.keys import METRICS
from tests.dashboard.listener import listen

STREAM = "api/v1/events/conf/stream"


async def stalled_reader(server, path=STREAM):
    """A connection that has read the head of its stream and then stops reading."""
    host, port = server.address.removeprefix("http://").split(":")
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(line, (host, int(port)))
    await loop.sock_sendall(line, f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    heard = b""
    while b"event: event" not in heard:
        heard += await loop.sock_recv(line, 1024)
    return line


def cut_off(server):
    return server.app[METRICS].cut_off._value.get()


async def test_a_stalled_reader_is_cut_off_while_others_hear_everything(server, room, session):
    start = await room.number()
    line = await stalled_reader(server)
    said = []
    async with listen(session, server / STREAM) as reader:
        await reader.next("event")
        while not cut_off(server):
            assert len(said) < 200, "a reader who takes nothing is still held on to"
            said.append(f"post {len(said)} " + "x" * 15_000)
            await reader.until(await room.says(said[-1]))
    line.close()
    async with listen(session, server / f"{STREAM}?after={start}") as back:
        await back.until(await room.number())

    assert [message.json["text"] for message in reader.heard] == said
    assert back.heard == reader.heard


async def test_a_reader_who_stalls_while_catching_up_is_cut_off_too(server, room, session):
    await room.hears([room.a_post("x" * 15_000) for _ in range(60)])
    line = await stalled_reader(server, f"{STREAM}?after=0")

    async with asyncio.timeout(10):
        while not cut_off(server):
            async with session.get(server / "healthz") as answer:  # others are answered meanwhile
                assert answer.status == 200
    line.close()
