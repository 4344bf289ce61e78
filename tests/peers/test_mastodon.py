"""Mastodon against others' work: our adapter reads mastodon_mock, and Mastodon.py reads our stand-in.

They are installed from ``tests/peers/mastodon.txt`` into an environment of their own, whose folder
``BACKCHANNEL_PEERS`` names.
"""

import asyncio
import json
import os
import socket
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from collector.adapter import Ask
from collector.http import Http
from collector.networks import mastodon
from tests.collector.tooting import listening, words
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.mastodon import FakeMastodon
from timeline.errors import SourceUnavailable
from timeline.network import Secret

BIN = Path(os.environ.get("BACKCHANNEL_PEERS", ".venv-peers")) / "bin"
PYCONF = ("hashtag", "pyconf")
pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not (BIN / "mastodon_mock").exists(), reason=f"no mastodon_mock in {BIN}"),
]


@pytest.fixture
async def http():
    async with Http(contact="c@example.org", version="0", base_url="http://b", allow_private_addresses=True) as door:
        yield door


class Mock:
    """mastodon_mock in a process of its own, and somebody who posts there."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    async def call(self, method, path, **body):
        headers = {"Authorization": "Bearer mock_token"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, self.url + path, json=body or None) as answer,
        ):
            assert answer.status in (200, 201, 202), await answer.text()
            return await answer.json()

    async def post(self, text, **more):
        return await self.call("POST", "/api/v1/statuses", status=text, **more)


@pytest.fixture
async def mock(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "mock.toml"
    config.write_text(f'domain = "127.0.0.1:{port}"\nurl_scheme = "http"\n')
    process = await asyncio.create_subprocess_exec(
        str((BIN / "mastodon_mock").absolute()),
        *("serve", "--config", str(config), "--port", str(port), "--in-memory", "--log-level", "error"),
        cwd=tmp_path,
    )
    peer = Mock(port)
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    await peer.call("GET", "/api/v2/instance")
                    break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
        yield peer
    finally:
        process.kill()  # it does not exit while somebody listens
        await process.wait()


def source_of(peer, **more):
    settings = {"server": peer.url, **more}
    return a_source(settings=settings)


async def poll(ledger, source, http):
    ask = Ask(source=source, cursors=await ledger.cursors([1]), now=datetime.now(UTC))
    async for batch in mastodon.fetch(ask, http):
        await ledger.accept(batch.heard, source_ids=[1], cursors=batch.cursors, backfill=batch.backfill)


async def test_a_whole_hashtag_is_read_and_followed_by_asking(mock, http):
    for number in range(50):
        await mock.post(f"{number:02} #pyconf")
    await mock.post("not ours #other")
    await mock.post("for followers #pyconf", visibility="private")
    source, ledger = source_of(mock), MemoryLedger()
    await poll(ledger, source, http)
    assert [text.split(" ")[0] for text in words(ledger)] == [f"{number:02}" for number in range(50)]
    await mock.post("later #pyconf")
    await poll(ledger, source, http)
    assert len(ledger.posts) == 51
    assert (await mastodon.check(source, http)).endswith("#pyconf 40+ posts")


async def test_single_posts_are_recalled_and_looked_up(mock, http):
    kept, gone = await mock.post("kept #pyconf"), await mock.post("gone #pyconf")
    await mock.call("PUT", f"/api/v1/statuses/{kept['id']}", status="kept, edited #pyconf")
    await mock.call("DELETE", f"/api/v1/statuses/{gone['id']}")
    source = source_of(mock)
    heard = await mastodon.recall([kept["id"], gone["id"]], source, http)
    assert {type(one).__name__: one.ref for one in heard} == {"Sighting": kept["id"], "Removal": gone["id"]}
    assert (await mastodon.look_up(kept["url"], source, http)).post.edited_at is not None


async def test_what_is_said_and_deleted_is_heard_by_its_stream(mock, http):
    ledger = MemoryLedger(source_of(mock, token=Secret("mock_token")))
    async with listening(ledger, http):
        await ledger.until(lambda: ledger.accepts)  # the line stands
        status = await mock.post("one #pyconf")
        await mock.post("two #pyconf")
        await ledger.until(lambda: len(ledger.posts) == 2)
        await mock.call("DELETE", f"/api/v1/statuses/{status['id']}")
        await ledger.until(lambda: len(ledger.posts) == 1)
    assert ledger.health[1].state == "ok"


async def test_its_limit_is_kept_to(mock, http):
    rule = {"match": {"path": "/api/v1/timelines/tag/*"}, "effect": {"type": "ratelimit"}, "count": 1}
    await mock.call("POST", "/api/v1/_mock/faults", **rule)
    with pytest.raises(SourceUnavailable, match="slow down") as caught:
        await poll(MemoryLedger(), source_of(mock), http)
    assert 290 < (caught.value.retry_after_s or 0) <= 300


LISTEN = """
import json, sys, threading
from mastodon import Mastodon, StreamListener

class Teller(StreamListener):
    def on_update(self, status): self.tell("update", status["content"])
    def on_status_update(self, status): self.tell("status.update", status["content"])
    def on_delete(self, status_id): self.tell("delete", str(status_id))
    def handle_heartbeat(self): self.tell("heartbeat", "")
    def tell(self, *words): print(json.dumps(words), flush=True)

api = Mastodon(api_base_url=sys.argv[1], access_token="s3cret", version_check_mode="none")
api.stream_hashtag("pyconf", Teller())
"""


@asynccontextmanager
async def mastodon_py(url):
    """Mastodon.py listening to a hashtag; gives a function that reads what it heard next."""
    process = await asyncio.create_subprocess_exec(
        str((BIN / "python").absolute()), "-c", LISTEN, url, stdout=asyncio.subprocess.PIPE, stderr=sys.stderr
    )

    async def heard(*kinds):
        async with asyncio.timeout(20):
            while True:
                line = await process.stdout.readline()
                assert line, "it ended"
                kind, words = json.loads(line)
                if kind in kinds:
                    return kind, words

    try:
        yield heard
    finally:
        process.kill()
        await process.wait()


async def test_a_real_client_reads_our_stand_in():
    async with FakeMastodon() as server:
        server.streaming.thump_s = 0.1
        async with mastodon_py(server.url) as heard:
            await server.streaming.until_heard(PYCONF)
            assert await heard("heartbeat") == ("heartbeat", "")
            status = server.post("Hello")
            kind, content = await heard("update")
            assert (kind, content[:8]) == ("update", "<p>Hello")
            server.edit(status, "Hello again")
            assert await heard("status.update") == ("status.update", "<p>Hello again</p>")
            server.delete(status)
            assert await heard("delete") == ("delete", status["id"])
