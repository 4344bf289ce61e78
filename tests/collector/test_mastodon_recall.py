"""Single posts of Mastodon, asked for again: what is gone goes, what a server merely cleared up stays."""

import asyncio

import pytest
from aiohttp import web

from collector import mastodon_recall
from collector.adapter import Finding, Recalling, Tracing
from collector.networks import mastodon
from collector.recheck import Rechecks
from tests.collector.tooting import words
from tests.fakes.ledger import MemoryLedger, a_source
from tests.fakes.mastodon import FakeMastodon
from tests.fakes.site import site
from timeline.errors import SourceUnavailable
from timeline.network import Secret
from timeline.post import Removal, Sighting


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(mastodon_recall, "SINGLY_S", 0)


def told(heard):
    return sorted((type(one).__name__, one.ref) for one in heard)


def test_the_seams_are_filled():
    assert all(isinstance(mastodon, seam) for seam in (Recalling, Tracing, Finding))


@pytest.mark.parametrize("batches", [True, False])
async def test_posts_are_recalled_together_or_one_by_one(http, batches):
    async with FakeMastodon(batches=batches) as server:
        kept, gone, hidden = server.post("kept"), server.post("gone"), server.post("hidden", visibility="private")
        server.edit(kept, "kept, edited")
        server.delete(gone)
        source = a_source(settings={"server": server.url})
        heard = await mastodon.recall([each["id"] for each in (kept, gone, hidden)], source, http)
        assert told(heard) == [("Removal", gone["id"]), ("Sighting", kept["id"])]
        [shown] = [one for one in heard if isinstance(one, Sighting)]
        assert shown.post.html == "<p>kept, edited</p>"
        assert (server.looked_up.count(kept["id"]), len(server.looked_up)) == (1, 4 if batches else 3)


@pytest.mark.parametrize("batches", [True, False])
async def test_a_post_over_which_its_server_stumbles_does_not_stand_before_the_others(http, batches):
    async with FakeMastodon(batches=batches) as server:
        kept, broken, gone = server.post("kept"), server.post("broken"), server.post("gone")
        broken["card"] = object()  # nothing the server can write down: HTTP 500
        server.delete(gone)
        source = a_source(settings={"server": server.url})
        heard = await mastodon.recall([each["id"] for each in (kept, broken, gone)], source, http)
        assert told(heard) == [("Removal", gone["id"]), ("Sighting", kept["id"])]


async def test_a_server_that_shows_no_single_post_tells_of_no_deletion(http):
    async with FakeMastodon(secretive=True, batches=False) as server:
        source = a_source(settings={"server": server.url})
        with pytest.raises(SourceUnavailable, match="members only"):
            await mastodon.recall([server.post("x")["id"]], source, http)


async def test_a_page_that_is_not_the_servers_own_tells_of_no_deletion(http):
    async def not_found(_):
        return web.Response(status=404, text="<h1>Not found</h1>", content_type="text/html")

    async with site({"/api/v1/statuses": not_found, "/api/v1/statuses/1": not_found}) as url:
        with pytest.raises(SourceUnavailable, match="no post"):
            await mastodon.recall(["1"], a_source(settings={"server": url}), http)


def _answering(*statuses, **body):
    """Answers with each status in turn, the last for ever."""
    left = list(statuses)

    async def answer(_):
        return web.json_response(body, status=left.pop(0) if len(left) > 1 else left[0])

    return answer


@pytest.mark.parametrize(
    ("answers", "alive", "gone"),
    [
        ((410,), False, True),
        ((404,), True, True),
        ((404,), False, False),  # an empty house: nobody there to have deleted it
        ((200,), True, False),
        ((401, 404), True, True),  # shows ActivityPub to other servers only, and its pages to all
        ((401, 200), True, False),
        ((403, 403), True, False),
        ((500,), True, False),
    ],
)
async def test_a_post_that_a_server_dropped_is_gone_only_where_it_was_written(http, answers, alive, gone):
    home = {"/p": _answering(*answers)}
    if alive:
        home["/.well-known/nodeinfo"] = _answering(200, links=[])
    async with site(home) as url:
        uri = f"{url}/p".replace("127.0.0.1", "localhost")  # another host than the server's
        source = a_source(settings={"server": "https://tide.example"})
        assert await mastodon.gone_at_home([uri], source, http) == ({uri} if gone else set())


async def test_a_tombstone_is_a_deletion_and_an_unreachable_home_is_not(http):
    async with site({"/p": _answering(200, type="Tombstone"), "/q": _answering(200, type="Note")}) as url:
        source = a_source(settings={"server": "https://tide.example"})
        assert await mastodon.gone_at_home([f"{url}/p", f"{url}/q"], source, http) == {f"{url}/p"}
    assert await mastodon.gone_at_home([f"{url}/p"], source, http) == set()


async def test_of_its_own_posts_a_servers_word_is_enough(http):
    source = a_source(settings={"server": "https://tide.example"})
    uri = "https://tide.example/users/ada/statuses/1"
    assert await mastodon.gone_at_home([uri], source, http) == {uri}


async def test_a_recheck_removes_what_is_deleted_and_keeps_what_was_cleared_up(http):
    async with FakeMastodon() as server, site({"/there": _answering(200, type="Note")}) as elsewhere:
        deleted = server.post("deleted")
        purged = server.post("purged", uri=f"{elsewhere}/there".replace("127.0.0.1", "localhost"))
        source = a_source(settings={"server": server.url})
        ledger = MemoryLedger(source)
        await ledger.accept(await mastodon.recall([deleted["id"], purged["id"]], source, http), source_ids=[1])
        server.delete(deleted)
        server.delete(purged)
        ledger.stale[1] = [deleted["id"], purged["id"]]
        rechecks = Rechecks(ledger, http, {"mastodon": mastodon}, look_s=0.01, pace_s=0)
        task = asyncio.create_task(rechecks.run())
        await ledger.until(lambda: not ledger.stale[1])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert words(ledger) == ["purged"]


async def test_a_post_is_looked_up_by_its_address(http):
    async with FakeMastodon() as server:
        status = server.post("here")
        remote = server.post("from elsewhere", url="https://wharf.example/@otto/7")
        gone = server.post("gone")
        server.delete(gone)
        source = a_source(settings={"server": server.url})
        signed_in = a_source(settings={"server": server.url, "token": Secret("s3cret")})

        for path in ("/@ada/{}", "/users/ada/statuses/{}", "/@ada@wharf.example/{}"):
            found = await mastodon.look_up(server.url + path.format(status["id"]), source, http)
            assert told([found]) == [("Sighting", status["id"])]
        assert await mastodon.look_up(gone["url"], source, http) == Removal(ref=gone["id"])
        assert await mastodon.look_up(remote["url"], source, http) is None
        found = await mastodon.look_up(remote["url"], signed_in, http)
        assert told([found]) == [("Sighting", remote["id"])]
        assert await mastodon.look_up("https://wharf.example/@otto/8", signed_in, http) is None


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"visibility": "unlisted"}, "is unlisted"),
        ({"visibility": "private"}, "is for followers only"),
        ({"reblog": {"id": "1"}}, "is a boost"),
        ({"account": {"acct": "eve", "limited": True}}, "is held back by its server"),
    ],
)
async def test_why_a_post_that_is_there_is_not_taken_is_told(http, more, words):
    async with FakeMastodon() as server:
        status = server.post("x", tags=())
        status.update(more)
        source = a_source(settings={"server": server.url})
        with pytest.raises(SourceUnavailable, match=words):
            await mastodon.look_up(status["url"], source, http)
