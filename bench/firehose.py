"""Invented frames of a Bluesky firehose, the same ones every time: 790 bytes each, 15 % of them tagged.

Run by itself it is a host that pours them out as fast as they are taken:
``python -m bench.firehose v2 1000000`` prints its address and serves whoever comes.
"""

import asyncio
import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import zstandard
from aiohttp import web

from collector import jetstream_zstd
from collector.jetstream_position import EPOCH, MICROSECOND

WANTED = {"quayconf", *(f"quay{number:02}conf" for number in range(49))}
FRAMES = 20_000
HIT_EVERY = 500
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_TAGS = ("art", "news", "caturday", "photography", "gamedev", "nowplaying", "bookclub")
_WORDS = (
    "the tide is out and so am I this morning coffee first then boats somebody left a ladder on the quay "
    "does anyone know when the ferry leaves lovely light today photos later back to work now"
)


def frames(wire: str, count: int = FRAMES) -> list[bytes]:
    """``count`` frames as a host of this wire writes them; one in ``HIT_EVERY`` bears a wanted hashtag."""
    return [json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode() for each in _events(wire, count)]


def _events(wire: str, count: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(5)
    for number in range(count):
        at = START + timedelta(milliseconds=number)
        did = f"did:plc:{_letters(chance, 24)}"
        tag = "QuayConf" if number % HIT_EVERY == 0 else None
        about = {
            "rev": _letters(chance, 13),
            "operation": "create",
            "collection": "app.bsky.feed.post",
            "rkey": _letters(chance, 13),
            "record": _record(chance, at, tag),
            "cid": f"bafyrei{_letters(chance, 52)}",
        }
        if wire == "v1":
            yield {"did": did, "time_us": (at - EPOCH) // MICROSECOND, "kind": "commit", "commit": about}
        else:
            kind, stamp = "network.bsky.jetstream.subscribeEvents#commit", f"{at:%FT%T.%fZ}"
            payload = {"$type": kind, "seq": number + 1, "did": did, "time": stamp, "witnessedAt": stamp, **about}
            yield {"$type": "message", "payload": payload}


def _record(chance: random.Random, at: datetime, tag: str | None) -> dict[str, Any]:
    words = chance.choices(_WORDS.split(), k=chance.choice((3, 6, 12, 25)))
    if chance.random() < 0.25:
        words.append("潮が引いた朝です" * chance.randint(1, 4))
    if chance.random() < 0.3:
        words.append('🌊\nhe said "no"')
    tags = [tag] if tag else chance.sample(_TAGS, chance.randint(1, 3)) if chance.random() < 0.15 else []
    record: dict[str, Any] = {
        "$type": "app.bsky.feed.post",
        "createdAt": f"{at:%FT%T}.000Z",
        "langs": ["en"],
        "text": " ".join([*words, *(f"#{each}" for each in tags)]),
    }
    facets = [_facet("tag", tag=each) for each in tags]
    if chance.random() < 0.25:
        facets.append(_facet("link", uri=f"https://wharf.example/{_letters(chance, 30)}"))
    if facets:
        record["facets"] = facets
    if chance.random() < 0.4:
        record["reply"] = {end: _reference(chance) for end in ("parent", "root")}
    if chance.random() < 0.2:
        blob = {"$type": "blob", "ref": {"$link": f"bafkrei{_letters(chance, 52)}"}, "mimeType": "image/jpeg"}
        picture = {"alt": "", "aspectRatio": {"height": 1000, "width": 750}, "image": blob | {"size": 383_847}}
        record["embed"] = {"$type": "app.bsky.embed.images", "images": [picture]}
    return record


def _facet(kind: str, **feature: str) -> dict[str, Any]:
    features = [{"$type": f"app.bsky.richtext.facet#{kind}", **feature}]
    return {"features": features, "index": {"byteEnd": 30, "byteStart": 20}}


def _reference(chance: random.Random) -> dict[str, str]:
    uri = f"at://did:plc:{_letters(chance, 24)}/app.bsky.feed.post/{_letters(chance, 13)}"
    return {"cid": f"bafyrei{_letters(chance, 52)}", "uri": uri}


def _letters(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(_LETTERS, k=count))


def on_the_wire(content: bytes, *, text: bool = True) -> bytes:
    """One web socket frame from a server."""
    head, size = b"\x81" if text else b"\x82", len(content)
    return head + (bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")) + content


async def serve(wire: str, count: int, *, packed: bool) -> None:
    """Pour out ``count`` frames to each who connects, then close. Until cancelled."""
    said = frames(wire)
    if packed:
        packer = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(jetstream_zstd.FROZEN.read_bytes()))
        said = [packer.compress(each) for each in said]
    blob = b"".join(on_the_wire(each, text=not packed) for each in said)
    parts = [blob[start : start + 262_144] for start in range(0, len(blob), 262_144)]

    async def pour(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("xrpc.v1.json",), compress=False)
        await socket.prepare(request)
        transport, protocol = request.transport, request.protocol
        assert transport is not None
        for _ in range(count // len(said)):
            for part in parts:
                transport.write(part)
                await protocol._drain_helper()
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_get("/subscribe", pour)
    app.router.add_get("/xrpc/network.bsky.jetstream.subscribeEvents", pour)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"ws://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), packed="packed" in sys.argv[3:]))
