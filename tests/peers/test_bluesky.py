"""Bluesky against others' work: atproto's client reads our stand-in, and posts of a real PDS go through our adapter.

The client is installed from ``tests/peers/bluesky.txt`` into an environment of its own, whose folder
``BACKCHANNEL_PEERS`` names, and the PDS below it by ``tests/peers/bluesky_pds.sh``. No package has a Jetstream
server: what the PDS's firehose says is put into Jetstream's form and said by our stand-in.
"""

import asyncio
import json
import os
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from collector import bluesky_appview, bluesky_session
from collector.http import Http
from collector.networks import bluesky
from tests.collector.listening import listening, source_of, words
from tests.collector.test_bluesky_accounts import polled
from tests.collector.test_jetstream_zstd import trained  # noqa: F401 a fixture
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger
from timeline.errors import SourceUnavailable
from timeline.network import Secret

FOLDER = Path(os.environ.get("BACKCHANNEL_PEERS", ".venv-peers")).absolute()
PYTHON, PDS = FOLDER / "bin" / "python", FOLDER / "bluesky"
HERE = Path(__file__).parent
CLIENT = any(FOLDER.glob("lib/python3*/site-packages/atproto_jetstream"))

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not CLIENT, reason=f"no atproto in {FOLDER}"),
]
needs_pds = pytest.mark.skipif(not (PDS / "node_modules/@atproto/dev-env").exists(), reason=f"no PDS in {PDS}")


@pytest.fixture
async def http():
    async with Http(contact="c@example.org", version="0", base_url="http://b", allow_private_addresses=True) as door:
        yield door


@asynccontextmanager
async def running(*command, cwd=HERE):
    """A process of a peer; lines of what it says."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=2**22
    )
    try:
        yield process.stdout
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@pytest.mark.parametrize("packed", [False, True])
async def test_atprotos_own_client_reads_our_stand_in(packed, trained):  # noqa: F811 the fixture
    async with FakeJetstream(dictionary=trained if packed else None) as host:
        base = f"{host.url}/xrpc"
        async with running(PYTHON, HERE / "bluesky_reader.py", base, 5) as said:
            await said.readline()
            await host.until_connected()
            first = host.post("one #pyconf")
            host.edit(first, "one, better #pyconf")
            host.delete(first)
            host.account("did:plc:ada", "deactivated")
            host.say(
                "identity", "did:plc:ada", identity={"did": "did:plc:ada", "seq": 1, "time": "2026-11-21T09:00:00Z"}
            )
            heard = [json.loads(await said.readline()) for _ in range(5)]
        assert [(each["kind"], each["seq"], each["operation"]) for each in heard] == [
            ("Commit", 1, "create"),
            ("Commit", 2, "update"),
            ("Commit", 3, "delete"),
            ("Account", 4, None),
            ("Identity", 5, None),
        ]
        assert {each["packed"] for each in heard} == {packed}
        async with running(PYTHON, HERE / "bluesky_reader.py", base, 4, 2) as said:  # a number of this host, inclusive
            await said.readline()
            assert [json.loads(await said.readline())["seq"] for _ in range(4)] == [2, 3, 4, 5]


class Pds:
    """The PDS, as somebody who posts there."""

    def __init__(self, url):
        self.url = url
        self.session = {}

    async def call(self, method, **body):
        headers = {"Authorization": f"Bearer {self.session['accessJwt']}"} if self.session else {}
        told = {"json": body} if body else {}
        async with aiohttp.ClientSession(headers=headers) as door:
            answer = await door.post(f"{self.url}/xrpc/{method}", **told)
            assert answer.status == 200, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else {}

    async def record(self, text, tag, method="createRecord", **more):
        start = len(text.encode()[: text.encode().find(f"#{tag}".encode())])
        facet = {
            "index": {"byteStart": start, "byteEnd": start + len(tag.encode()) + 1},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": tag}],
        }
        record = {
            "$type": "app.bsky.feed.post",
            "text": text,
            "createdAt": "2026-11-21T09:00:00.000Z",
            "facets": [facet],
        }
        about = {"repo": self.session["did"], "collection": "app.bsky.feed.post"}
        made = await self.call(f"com.atproto.repo.{method}", **about, **more, record=record)
        return made["uri"].rpartition("/")[2]

    async def delete(self, key):
        about = {"repo": self.session["did"], "collection": "app.bsky.feed.post"}
        await self.call("com.atproto.repo.deleteRecord", **about, rkey=key)


@pytest.fixture
async def pds():
    async with running("node", PDS / "bluesky_pds.js", cwd=PDS) as said:
        async with asyncio.timeout(60):
            peer = Pds((await said.readline()).decode().strip())
        account = {"handle": "ida.test", "email": "ida@ida.test", "password": "correct-horse"}
        peer.session = await peer.call("com.atproto.server.createAccount", **account)
        yield peer


@asynccontextmanager
async def repeated(pds, host):
    """Whatever the PDS's firehose says, our stand-in says in Jetstream's form."""

    async def repeat(said):
        while line := await said.readline():
            event = json.loads(line)
            host.say(event.pop("kind"), event.pop("did"), **event)

    firehose = pds.url.replace("http", "ws", 1) + "/xrpc"
    async with running(PYTHON, HERE / "bluesky_firehose.py", firehose) as said:
        repeating = asyncio.create_task(repeat(said))
        try:
            yield
        finally:
            repeating.cancel()


@needs_pds
@pytest.mark.parametrize("wire", ["v1", "v2"])
async def test_posts_of_a_real_pds_are_collected_edited_deleted_and_withheld(http, pds, wire):
    async with FakeJetstream() as host, repeated(pds, host):
        ledger = MemoryLedger(source_of(host, settings={"wire": wire}))
        async with listening(ledger, http):
            await host.until_connected()
            first = await pds.record("Grüße 🌊 from the quay #pyconf", "pyconf")
            second = await pds.record("Second #PyConf", "PyConf")
            await pds.record("Something else #other", "other")
            await ledger.until(lambda: words(ledger) == ["Grüße 🌊 from the quay", "Second"])
            await pds.record("Grüße, corrected #pyconf", "pyconf", "putRecord", rkey=first)
            await pds.delete(second)
            await ledger.until(lambda: words(ledger) == ["Grüße, corrected"])
            await pds.call("com.atproto.server.deactivateAccount", deleteAfter="2027-01-01T00:00:00.000Z")
            await ledger.until(lambda: ledger.away.get(pds.session["did"]) == "!deactivated")
            await pds.call("com.atproto.server.activateAccount")
            await ledger.until(lambda: ledger.away.get(pds.session["did"], "") is None)
        [post] = ledger.posts.values()
        assert post.uri == f"at://{pds.session['did']}/app.bsky.feed.post/{first}"
        assert post.edited_at is not None


@needs_pds
async def test_a_real_pds_resolves_handles_opens_sessions_and_says_that_it_cannot_search(http, pds):
    password = (await pds.call("com.atproto.server.createAppPassword", name="backchannel"))["password"]
    settings = {"jetstream": "ws://none.example", "appview": pds.url, "service": pds.url, "identifier": "ida.test"}
    source = source_of(settings=settings | {"app_password": Secret(password)})
    assert await bluesky_appview.resolve(http, pds.url, "ida.test") == pds.session["did"]
    with pytest.raises(SourceUnavailable, match=r"there is no account eve\.test"):
        await bluesky_appview.resolve(http, pds.url, "eve.test")
    tokens = await bluesky_session.signed_in(http, source)
    renewed = await bluesky_session._renewed(http, source, tokens)
    assert renewed != tokens
    with pytest.raises(SourceUnavailable, match="localhost cannot reach its search"):
        await polled(MemoryLedger(source), http)
    wrong = source_of(settings=settings | {"app_password": Secret("wrong-wrong")})
    with pytest.raises(SourceUnavailable, match="refuses the identifier or the app password"):
        await polled(MemoryLedger(wrong), http)
    assert await bluesky.look_up("https://elsewhere.example/1", source, http) is None
