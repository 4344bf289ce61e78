"""A real hub (flask-websub, Celery, Redis) and our running service: from the asking to the leaving.

The hub is installed from ``tests/peers/websub.txt`` into an environment of its own, whose folder
``BACKCHANNEL_PEERS`` names; ``redis-server`` comes from the system.
"""

import asyncio
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from storage import subscriptions
from storage.store import Store
from tests.fakes.feedserver import FeedServer, item, rss
from tests.reader import Reader
from tests.service import Service

BIN = Path(os.environ.get("BACKCHANNEL_PEERS", ".venv-peers")).absolute() / "bin"
PYTHON = str(BIN / "python")
HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.peers,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not (BIN / "celery").exists(), reason=f"no celery in {BIN}"),
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server"),
]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@asynccontextmanager
async def process(*words, **more):
    running = await asyncio.create_subprocess_exec(
        *words, cwd=HERE, env={**os.environ, **more}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        running.terminate()
        try:
            await asyncio.wait_for(running.wait(), 5)
        except TimeoutError:
            running.kill()
            await running.wait()


async def until_listening(*ports):
    async with asyncio.timeout(30):
        for port in ports:
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.1)
                else:
                    writer.close()
                    break


class RealHub:
    def __init__(self, url, file):
        self.url, self.file = url, file

    async def publish(self, topic):
        """As a blog does: the hub is told that there is news, and fetches it."""
        told = {"hub.mode": "publish", "hub.topic": topic}
        async with aiohttp.ClientSession() as session, session.post(self.url, data=told) as answer:
            assert answer.status == 202

    def subscribers(self):
        """Callback and end of lease of everybody."""
        try:
            with sqlite3.connect(self.file) as connection:
                return dict(connection.execute("select callback_url, expiration_time from hub"))
        except sqlite3.OperationalError:
            return {}

    async def until(self, wanted, *, timeout_s=30):
        async with asyncio.timeout(timeout_s):
            while not wanted(self.subscribers()):
                await asyncio.sleep(0.1)
        return self.subscribers()


@pytest.fixture
async def hub(tmp_path, algorithm):
    redis, port = free_port(), free_port()
    told = {
        "HUB_REDIS": f"redis://127.0.0.1:{redis}/0", "HUB_FILE": str(tmp_path / "hub.db"), "HUB_PORT": str(port),
        "HUB_LEASE_S": "6", "HUB_ALGORITHM": algorithm,
    }  # fmt: skip
    worker = (PYTHON, "-m", "celery", "-A", "websub_hub:celery", "worker", "-P", "solo", "-c", "1", "-l", "ERROR")
    async with (
        process("redis-server", "--port", str(redis), "--save", "", "--appendonly", "no", "--dir", str(tmp_path)),
        process(PYTHON, "websub_hub.py", **told),
        process(*worker, **told),
    ):
        await until_listening(redis, port)
        yield RealHub(f"http://127.0.0.1:{port}/hub", tmp_path / "hub.db")


@asynccontextmanager
async def store_of(folder):
    store = await Store.open(f"sqlite:///{folder / 'backchannel.db'}")
    try:
        yield store
    finally:
        await store.close()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
async def test_a_real_hub_subscribes_us_pushes_renews_and_lets_us_go(tmp_path, hub, capsys):
    async with FeedServer() as server:
        topic = server.url("/news")
        links = {"Link": f'<{hub.url}>; rel="hub", <{topic}>; rel="self"'}
        server.serve("/news", rss(item(1)), headers=links)
        configuration = tmp_path / "backchannel.toml"
        event = '[network]\nallow_private_addresses = true\n[[event]]\nslug = "pyconf"\ntitle = "PyConf"\n'
        configuration.write_text(f'{event}[[event.source]]\nkind = "feed"\nurl = "{topic}"\nevery = "1h"\n')
        async with Service(tmp_path) as service, Reader(service.url, "pyconf") as reader:
            await reader.until(lambda reader: len(reader.posts) == 1)
            await hub.until(lambda found: found)
            [(callback, lease)] = hub.subscribers().items()

            server.serve("/news", rss(item(2), item(1)), headers=links)
            begun = time.monotonic()
            await hub.publish(topic)
            await reader.until(lambda reader: len(reader.posts) == 2)
            took_s = time.monotonic() - begun

            renewed = await hub.until(lambda found: found.get(callback, lease) > lease)
            again = await hub.until(lambda found: found.get(callback, 0) > renewed[callback])
            server.serve("/news", rss(item(3), item(2), item(1)), headers=links)
            await hub.publish(topic)
            await reader.until(lambda reader: len(reader.posts) == 3)

            await service.stop()
            configuration.write_text(event)
            await service.start()
            await hub.until(lambda found: not found)
            await asyncio.sleep(0.5)
            async with store_of(tmp_path) as store:
                assert await store.read(subscriptions.of_source, 1) is None

    with capsys.disabled():
        print(
            f"\nfrom publish to reader {took_s:.2f} s; lease until {lease}, then {renewed[callback]}, {again[callback]}"
        )
    assert [post["title"] for post in reader.posts] == [f"The hall is open {number}" for number in (1, 2, 3)]
