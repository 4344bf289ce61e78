"""The whole dashboard over real sockets: a database, its tail, a server, and a client."""

from dataclasses import dataclass, field

import aiohttp
import pytest

from dashboard.app import listen, make_app
from dashboard.auth import Desk
from dashboard.channel import Pace
from dashboard.site import Site
from storage.shelf import Shelf
from storage.tail import Tail
from tests.dashboard.newsroom import CHAT, Newsroom

TOKEN = "the token of these tests"
QUICK = Pace(coalesce_s=0.01, busy_coalesce_s=0.02, beat_s=0.5, stall_s=2.0, again_s=0.05)


@dataclass
class Server:
    """A running dashboard and its address."""

    address: str
    app: aiohttp.web.Application
    runner: aiohttp.web.AppRunner
    shelf: Shelf
    trouble: list[str] = field(default_factory=list)
    """What stands in the way of being ready."""

    def __truediv__(self, path: str) -> str:
        return f"{self.address}/{path}"


@pytest.fixture
def pace():
    return QUICK


@pytest.fixture
def database_url(sqlite_url):
    """One kind is enough where HTTP is at stake; the streams are tested on both."""
    return sqlite_url


@pytest.fixture
async def tail(store):
    tail = Tail(store)
    await tail.start()
    yield tail
    await tail.stop()


@pytest.fixture
async def room(store):
    return await Newsroom.open(store)


@pytest.fixture
def networks():
    return [CHAT]


@pytest.fixture
async def server(store, tail, tmp_path, pace, networks):
    shelf = Shelf(tmp_path / "media", 10_000_000)
    site = Site(title="Test", base_url="http://live.example", trusted_proxies=("127.0.0.1",), version="1.2.3")
    trouble: list[str] = []

    async def ready():
        return trouble[0] if trouble else None

    app = make_app(
        store=store, tail=tail, site=site, networks=networks, shelf=shelf, ready=ready, pace=pace, desk=Desk(TOKEN)
    )
    runner = await listen(app, host="127.0.0.1", port=0)
    host, port = runner.addresses[0][:2]
    yield Server(f"http://{host}:{port}", app, runner, shelf, trouble)
    await runner.cleanup()


@pytest.fixture
async def session():
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:
        yield session
