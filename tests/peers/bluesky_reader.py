"""Run with the peers' own Python: atproto's Jetstream client, what it reads as lines of JSON.

Usage: bluesky_reader.py ws://HOST/xrpc COUNT [cursor]
"""

import asyncio
import json
import sys

from atproto_jetstream import AsyncJetstreamClient


async def main(base, count, cursor):
    params = {"collections": ["app.bsky.feed.post"]} | ({"cursor": int(cursor[0])} if cursor else {})
    client = AsyncJetstreamClient(params, base_uri=base)
    heard = 0

    async def on_message(message):
        nonlocal heard
        heard += 1
        kind = type(message).__name__
        about = {"kind": kind, "seq": getattr(message, "seq", None), "packed": client.compressed}
        print(json.dumps(about | {"operation": getattr(message, "operation", None)}), flush=True)
        if heard == int(count):
            await client.stop()

    print(json.dumps({"kind": "ready"}), flush=True)
    await client.start(on_message)


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
