"""Lines that listen in tests, to hosts of our own."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from collector.health import Reports
from collector.networks import bluesky
from collector.streams import Streams
from tests.fakes.ledger import a_source


def ago(**time: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


@asynccontextmanager
async def listening(ledger, http, *, commit_s=0.05, proof_s=0.05, most_s=0.05):
    soon = {"first_s": 0.01, "most_s": most_s, "proof_s": proof_s}
    streams = Streams(ledger, http, {"bluesky": bluesky}, Reports(ledger), commit_s=commit_s, **soon)
    streams.update(ledger.listed)
    try:
        yield streams
    finally:
        await streams.stop()


def source_of(*hosts, source_id=1, settings=None, **more):
    chosen = {"jetstream": tuple(host.url for host in hosts)} | (settings or {})
    return a_source(source_id, "bluesky", settings=chosen, **more)


def words(ledger):
    return sorted(post.html.removeprefix("<p>").split(" <")[0] for post in ledger.posts.values())
