"""Single posts asked for again: what is shown as it is now, and what somebody points at."""

from datetime import UTC, datetime

import pytest
from aiohttp import web

from collector.adapter import Finding, Recalling, Repeating
from collector.networks import bluesky
from storage.posts import digest
from tests.collector.listening import ago, listening, source_of, words
from tests.fakes.appview import FakeAppView
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger
from tests.fakes.site import site
from timeline.errors import SourceUnavailable
from timeline.post import AuthorAway, Removal, Sighting

ADA, BOB = "did:plc:ada", "did:plc:bob"
TID = "234567abcdefghijklmnopqrstuvwxyz"


def source(appview):
    return source_of(settings={"jetstream": "ws://none.example", "appview": appview.url})


def key_of(moment: datetime) -> str:
    """The record key that a client makes at this moment."""
    number, letters = int(moment.timestamp() * 1_000_000) << 10, ""
    for _ in range(13):
        number, letter = divmod(number, 32)
        letters = TID[letter] + letters
    return letters


def test_bluesky_fills_every_seam():
    assert isinstance(bluesky, Repeating)
    assert isinstance(bluesky, Recalling)
    assert isinstance(bluesky, Finding)
    assert bluesky.RECALLED == 25


async def test_a_recalled_post_is_the_one_the_stream_brought_with_its_author_and_counts(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example", "Ada")
        ledger = MemoryLedger(source_of(host, settings={"appview": appview.url}))
        async with listening(ledger, http):
            await host.until_connected()
            ref = appview.show(host.post("one #pyconf"), likeCount=7, repostCount=2, replyCount=1)
            await ledger.until(lambda: words(ledger) == ["one"])
        [again] = await bluesky.recall([ref], ledger.listed[0], http)
        heard = ledger.posts[ref]
        assert isinstance(again, Sighting)
        assert digest(again.post) == digest(heard)  # nothing that would look like an edit
        assert (again.post.author.name, again.post.author.handle) == ("Ada", "@ada.example")
        assert (again.post.counts.likes, again.post.counts.boosts, again.post.counts.replies) == (7, 2, 1)


async def test_what_the_appview_lacks_is_gone_and_what_it_labels_is_told(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example")
        refs = [appview.show(host.post(f"{number} #pyconf", rkey=f"r{number}")) for number in range(4)]
        del appview.posts[refs[1]]
        appview.posts[refs[2]]["labels"] = [{"src": "did:plc:mod", "val": "!takedown"}]
        appview.posts[refs[3]]["labels"] = [{"src": "did:plc:mod", "val": "porn"}]
        heard = await bluesky.recall(refs, source(appview), http)
        shown = {thing.ref: thing.post.content_warning for thing in heard if isinstance(thing, Sighting)}
        assert shown == {refs[0]: None, refs[3]: "adult content"}
        assert sorted(thing.ref for thing in heard if isinstance(thing, Removal)) == [refs[1], refs[2]]


async def test_posts_of_an_account_that_is_away_are_withheld_and_of_one_that_is_gone_removed(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example")
        appview.know(BOB, "bob.example")
        hers, his = (appview.show(host.post("#pyconf", did=did, rkey="r")) for did in (ADA, BOB))
        appview.away = {ADA: "AccountDeactivated", BOB: "AccountTakedown"}
        [away] = await bluesky.recall([hers], source(appview), http)
        assert away == AuthorAway(network="bluesky", uri=ADA, label="!deactivated")
        assert await bluesky.recall([his], source(appview), http) == [Removal(ref=his)]


async def test_an_author_who_hides_from_signed_out_readers_is_told_with_the_post(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example", labels=("!no-unauthenticated",))
        [heard] = await bluesky.recall([appview.show(host.post("#pyconf"))], source(appview), http)
        assert heard.post.author.labels == ("!no-unauthenticated",)


async def test_a_post_made_a_moment_ago_may_only_not_have_arrived_there_yet(http):
    async with FakeAppView() as appview:
        appview.know(ADA, "ada.example")
        young, old = (f"at://{ADA}/app.bsky.feed.post/{key_of(at)}" for at in (datetime.now(UTC), ago(hours=1)))
        assert await bluesky.recall([young, old], source(appview), http) == [Removal(ref=old)]


async def test_an_appview_that_has_lost_its_memory_removes_nothing(http):
    async with FakeAppView() as appview:
        refs = [f"at://did:plc:{number}/app.bsky.feed.post/r" for number in range(3)]
        with pytest.raises(SourceUnavailable, match="knows neither these posts nor who wrote them"):
            await bluesky.recall(refs, source(appview), http)


async def test_many_are_asked_for_25_at_a_time(http):
    async with FakeJetstream() as host, FakeAppView() as appview:
        refs = [appview.show(host.post(f"{number} #pyconf")) for number in range(60)]
        assert len(await bluesky.recall(refs, source(appview), http)) == 60
        assert len(appview.asked_for("getPosts")) == 3


@pytest.mark.parametrize(
    "address",
    [
        "https://bsky.app/profile/ada.example/post/r1",
        "https://bsky.app/profile/did:plc:ada/post/r1/",
        "https://bsky.app/profile/did%3Aplc%3Aada/post/r1?ref=share#top",
        "at://did:plc:ada/app.bsky.feed.post/r1",
        " at://ada.example/app.bsky.feed.post/r1 ",
    ],
)
async def test_a_post_is_found_by_its_address(http, address):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know(ADA, "ada.example")
        ref = appview.show(host.post("one #pyconf", rkey="r1"))
        found = await bluesky.look_up(address, source(appview), http)
        assert isinstance(found, Sighting)
        assert found.ref == ref
        del appview.posts[ref]
        assert await bluesky.look_up(address, source(appview), http) == Removal(ref=ref)


@pytest.mark.parametrize(
    "address",
    ["https://mastodon.example/@ada/1", "https://bsky.app/profile/ada.example", "http://[broken", "", "at://ada/x.y/1"],
)
async def test_an_address_of_something_else_is_not_ours(http, address):
    async with FakeAppView() as appview:
        assert await bluesky.look_up(address, source(appview), http) is None
    assert appview.queries == []


async def test_an_address_with_an_unknown_handle_is_told(http):
    async with FakeAppView() as appview:
        with pytest.raises(SourceUnavailable, match=r"there is no account eve\.example") as caught:
            await bluesky.look_up("https://bsky.app/profile/eve.example/post/r1", source(appview), http)
    assert caught.value.hint == "Check the address."


async def test_an_appview_that_answers_nonsense_is_told(http):
    async def nonsense(_: web.Request) -> web.Response:
        return web.Response(text="<html>")

    async with site({"/xrpc/app.bsky.feed.getPosts": nonsense}) as url:
        with pytest.raises(SourceUnavailable, match="sent something that is no answer"):
            await bluesky.recall(["at://a/app.bsky.feed.post/1"], source_of(settings={"appview": url}), http)
