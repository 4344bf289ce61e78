"""What posts quote is fetched, together, and not over and over."""
# ruff: noqa: ARG002  the peer here needs less than it is given

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from structlog.testing import capture_logs

from collector.adapter import Quoting
from collector.networks import bluesky
from collector.quoted import TRIES, Quotations
from collector.registry import adapters
from tests.factories import a_sighting
from tests.fakes.appview import FakeAppView
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger, a_source
from timeline.errors import SourceUnavailable
from timeline.post import Removal, Sighting


@dataclass
class Peer:
    """A network that tells of quoted posts when asked; of those in ``silent`` nothing."""

    INFO: object = bluesky.INFO
    RECALLED: int = 2
    BY_URI: bool = True
    silent: set = field(default_factory=set)
    asked: list = field(default_factory=list)
    fails: list = field(default_factory=list)

    async def check(self, source, http):
        return "ok"

    async def recall(self, refs, source, http):
        self.asked.append(list(refs))
        if self.fails:
            raise self.fails.pop(0)
        return [a_sighting(ref, network="bluesky") for ref in refs if ref not in self.silent]


@asynccontextmanager
async def fetching(ledger, peer, **how):
    quick = {"look_again_s": 0.01, "pace_s": 0, "first_s": 0.01, "most_s": 0.01}
    quotations = Quotations(ledger, None, peer, **{**quick, **how})
    quotations.update(ledger.listed)
    task = asyncio.create_task(quotations.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def a_ledger(*quoted):
    ledger = MemoryLedger(a_source(1, "bluesky"))
    for uri in quoted:
        post = a_sighting(f"quotes {uri}", network="bluesky", quotes=uri).post
        ledger.posts[post.uri] = post
    return ledger


async def test_they_are_asked_for_in_handfuls():
    ledger, peer = a_ledger("a", "b", "c"), Peer()

    async with fetching(ledger, peer):
        await ledger.until(lambda: len(ledger.quotations) == 3)

    assert peer.asked == [["a", "b"], ["c"]]


async def test_one_that_is_not_told_of_is_tried_a_few_times():
    ledger, peer = a_ledger("a", "b"), Peer(silent={"a"})

    async with fetching(ledger, peer):
        await ledger.until(lambda: ledger.quotations)
        while sum("a" in refs for refs in peer.asked) < TRIES:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)

    assert [refs for refs in peer.asked if "a" in refs] == [["a", "b"], ["a"], ["a"]]


async def test_trouble_passes_and_the_log_has_no_words():
    trouble = [SourceUnavailable("busy"), RuntimeError("secret words")]
    ledger, peer = a_ledger("a"), Peer(fails=trouble)

    with capture_logs() as logs:
        async with fetching(ledger, peer):
            await ledger.until(lambda: ledger.quotations)

    assert [line["event"] for line in logs] == ["quoted posts are not fetched for now", "quoted posts not fetched"]
    assert "secret words" not in str(logs)


async def test_bluesky_tells_of_what_is_quoted_and_of_what_is_gone(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know("did:plc:ada", "ada.example", "Ada")
        shown = appview.show(host.post("Quoted words", tags=()))
        gone = "at://did:plc:ada/app.bsky.feed.post/3jui7kd54zh2y"
        ledger = MemoryLedger(a_source(1, "bluesky", settings={"appview": appview.url}))
        for uri in (shown, gone):
            post = a_sighting(f"quotes {uri}", network="bluesky", quotes=uri).post
            ledger.posts[post.uri] = post

        quotations = Quotations(ledger, http, bluesky)
        quotations.update(ledger.listed)
        task = asyncio.create_task(quotations.run())
        await ledger.until(lambda: len(ledger.quotations) == 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    told = ledger.quotations[shown]
    assert isinstance(told, Sighting)
    assert (told.post.author.name, told.post.uri) == ("Ada", shown)
    assert ledger.quotations[gone] == Removal(ref=gone)


def test_no_network_is_asked_where_reading_is_charged_for():
    asked = [adapter for adapter in adapters().values() if isinstance(adapter, Quoting)]

    assert [adapter.INFO.key for adapter in asked] == ["bluesky"]
    assert all(adapter.INFO.budget is None for adapter in asked)
