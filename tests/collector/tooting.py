"""Mastodon sources that listen in tests: line and polls together, as the collector runs them."""

import asyncio
from contextlib import asynccontextmanager

from collector.health import Reports
from collector.networks import mastodon
from collector.polls import Polls
from collector.streams import Streams
from tests.fakes.ledger import a_source
from timeline.network import Secret


@asynccontextmanager
async def listening(ledger, http, *, polled=False, commit_s=0.05):
    """Lines that are taken up again at once; ``polled`` also asks, as often as a line that stands wants it."""
    reports = Reports(ledger)
    adapters = {"mastodon": mastodon}
    polls = Polls(ledger, http, adapters, reports)
    streams = Streams(
        ledger,
        http,
        adapters,
        reports,
        first_s=0.01,
        most_s=0.05,
        commit_s=commit_s,
        proof_s=0.05,
        stands=polls.line_stands if polled else lambda _: None,
        fell=polls.line_fell if polled else lambda _: None,
    )
    task = asyncio.create_task(polls.run())
    if polled:
        polls.update(ledger.listed)
    streams.update(ledger.listed)
    try:
        yield streams
    finally:
        await streams.stop()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def source_of(server, source_id=1, *, token="s3cret", accounts=(), **more):
    settings = {"server": server.url, "token": Secret(token), "accounts": accounts}
    return a_source(source_id, settings=settings, **more)


def words(ledger):
    return sorted(post.html.removeprefix("<p>").split(" <")[0].split("</p>")[0] for post in ledger.posts.values())
