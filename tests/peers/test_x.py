"""X against others' work: tweepy as it is, its own stream included, reads our stand-in as it would read X.

tweepy is fixed to ``https://api.twitter.com``: a name server of our own, in its session alone, leads that to the
stand-in. Nothing of tweepy is replaced.
"""

import asyncio
import shutil
import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver
from tweepy.asynchronous import AsyncClient, AsyncStreamingClient
from tweepy.errors import Forbidden, TooManyRequests, TwitterServerError, Unauthorized
from tweepy.streaming import StreamRule

from collector.x_posts import FIELDS
from tests.fakes.x import FakeX

RULE = "(#pyconf OR from:bob) -is:retweet"
ASKED = {name.replace(".", "_"): list(values) for name, values in FIELDS.items()}
pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with"),
]


class Redirect(AbstractResolver):
    """Every name is the stand-in."""

    def __init__(self, port):
        self.port = port
        self.asked = set()

    async def resolve(self, host, port=0, family=socket.AF_INET):  # noqa: ARG002 ours takes its place
        self.asked.add(host)
        return [{"hostname": host, "host": "127.0.0.1", "port": self.port, "family": family, "proto": 0, "flags": 0}]

    async def close(self):
        pass


class Listening(AsyncStreamingClient):
    """Hands on what comes; tweepy's own callbacks, and nothing else of it."""

    def __init__(self, token):
        super().__init__(token, max_retries=0)
        self.said = asyncio.Queue()

    async def on_response(self, response):
        self.said.put_nowait(response)

    async def on_keep_alive(self):
        self.said.put_nowait("alive")

    async def on_errors(self, errors):
        self.said.put_nowait(errors)

    async def next(self):
        async with asyncio.timeout(5):
            return await self.said.get()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    key, cert = folder / "key.pem", folder / "cert.pem"
    names = "subjectAltName=DNS:api.twitter.com,DNS:api.x.com"
    command = (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=x -addext {names}"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", cert], check=True, capture_output=True)
    return key, cert


@pytest.fixture
async def server(certificate):
    key, cert = certificate
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    async with FakeX(ssl=context) as server:
        yield server


@pytest.fixture
def session(certificate, server):
    def open_one():
        trusting = ssl.create_default_context(cafile=certificate[1])
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Redirect(server.port), ssl=trusting))

    return open_one


async def test_its_stream_reads_ours(server, session):
    client = Listening("sesame")
    client.session = session()
    await client.add_rules([StreamRule(RULE, tag="backchannel:1")])
    assert [(rule.value, rule.tag) for rule in (await client.get_rules()).data] == [(RULE, "backchannel:1")]

    task = client.filter(**ASKED)
    await server.until_connected()
    server.author("ada", name="Ada Quill")
    tweet = server.post("Doors & more #pyconf", attachments={"media_keys": [server.picture(alt_text="A quay")]})
    newer = server.edit(tweet, "Doors and more #pyconf")
    server.beat()
    first, second, alive = [await client.next() for _ in range(3)]
    server.disconnect()
    fault = await client.next()
    client.disconnect()
    await asyncio.gather(task, return_exceptions=True)

    assert (str(first.data.id), first.data.text) == (tweet["id"], "Doors &amp; more #pyconf")
    assert first.data.created_at.tzinfo is not None
    assert [user.name for user in first.includes["users"]] == ["Ada Quill"]
    assert [media.alt_text for media in first.includes["media"]] == ["A quay"]
    assert [rule.tag for rule in first.matching_rules] == ["backchannel:1"]
    assert [str(each) for each in second.data.edit_history_tweet_ids] == [tweet["id"], newer["id"]]
    assert alive == "alive"
    assert fault[0]["title"] == "operational-disconnect"


async def test_its_rules_are_added_tried_and_deleted(server, session):
    client = AsyncStreamingClient("sesame")
    async with session() as client.session:
        tried = await client.add_rules(StreamRule(RULE), dry_run="true")
        assert (tried.meta["summary"]["created"], server.rules) == (1, [])
        await client.add_rules(StreamRule(RULE, tag="mine"))
        again = await client.add_rules(StreamRule(RULE))
        assert again.errors[0]["title"] == "DuplicateRule"
        [rule] = (await client.get_rules()).data
        deleted = await client.delete_rules(rule.id)
        assert deleted.meta["summary"]["deleted"] == 1
        assert (await client.get_rules()).data is None


async def test_its_search_pages_through_ours(server, session):
    now = datetime.now(UTC)
    said = [server.post(f"{n} #pyconf", at=now - timedelta(minutes=n), live=False) for n in range(25)]
    client = AsyncClient("sesame")
    async with session() as client.session:
        first = await client.search_recent_tweets(RULE, max_results=20, **ASKED)
        rest = await client.search_recent_tweets(RULE, max_results=20, until_id=first.meta["oldest_id"], **ASKED)
        none = await client.search_recent_tweets(RULE, max_results=10, since_id=said[0]["id"])

    assert [str(tweet.id) for tweet in [*first.data, *rest.data]] == [tweet["id"] for tweet in said]
    assert first.meta["result_count"] == 20
    assert first.meta["next_token"]
    assert "next_token" not in rest.meta
    assert none.data is None


async def test_its_look_up_tells_what_is_gone(server, session):
    here, hidden = server.post(live=False), server.post(author="cleo", live=False)
    server.author("cleo", protected=True)
    client = AsyncClient("sesame")
    async with session() as client.session:
        answer = await client.get_tweets([here["id"], "123", hidden["id"]], **ASKED)
    assert [str(tweet.id) for tweet in answer.data] == [here["id"]]
    told = {fault["resource_id"]: fault["title"] for fault in answer.errors}
    assert told == {"123": "Not Found Error", hidden["id"]: "Authorization Error"}


async def test_its_errors_are_those_of_x(server, session):
    client = AsyncClient("guess")
    async with session() as client.session:
        with pytest.raises(Unauthorized):
            await client.get_tweets(["1"])
        server.plan, client.bearer_token = "none", "sesame"
        with pytest.raises(Forbidden, match="attached App"):
            await client.get_tweets(["1"])
        server.plan = None
        server.faults += [429, 503]
        with pytest.raises(TooManyRequests) as told:
            await client.get_tweets(["1"])
        assert told.value.reset_time > datetime.now(UTC).timestamp()
        with pytest.raises(TwitterServerError):
            await client.get_tweets(["1"])
