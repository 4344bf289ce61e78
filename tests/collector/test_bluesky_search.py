"""With an app password, what was said before the source began is searched for, once."""

from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from collector import bluesky_source
from collector.networks import bluesky
from tests.collector.listening import ago, source_of, words
from tests.collector.test_bluesky_accounts import collecting, polled
from tests.fakes.appview import FakeAppView
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.ledger import MemoryLedger
from timeline.errors import SourceUnavailable
from timeline.network import Secret


def searching(host, service, password="abcd-efgh", **more):
    settings = {"appview": service.url, "service": service.url, "identifier": "us.example"}
    return source_of(host, settings=settings | {"app_password": Secret(password)}, **more)


def said(host, service, number, **more):
    return service.show(host.post(f"{number:03} #pyconf", at=ago(hours=100 - number), **more))


async def test_a_new_source_finds_what_was_said_long_before(http):
    async with FakeJetstream() as host, FakeAppView(page=10) as service:
        for number in range(35):
            said(host, service, number)
        service.show(host.post("#pyconf in words alone", tags=(), at=ago(hours=3)))
        ledger = MemoryLedger(searching(host, service, collect_from=ago(hours=80.5)))
        async with collecting(ledger, http):
            await ledger.until(lambda: len(ledger.posts) == 15)
            await ledger.until(lambda: "newest" in ledger.kept.get((1, "#pyconf"), {}))
        assert words(ledger) == [f"{number:03}" for number in range(20, 35)]
        first = service.asked_for("searchPosts")[0]
        assert {name: first[name] for name in ("q", "tag", "sort", "limit")} == {
            "q": "#pyconf",
            "tag": "pyconf",
            "sort": "latest",
            "limit": "100",
        }
        assert first["since"].endswith("Z")
        assert {backfill for heard, _, backfill in ledger.accepts if heard} == {True}


async def test_a_search_is_made_once_and_again_for_a_hashtag_that_is_added(http):
    async with FakeJetstream() as host, FakeAppView() as service:
        said(host, service, 1)
        service.show(host.post("#sprint", tags=("sprint",), at=ago(hours=9)))
        ledger = MemoryLedger(searching(host, service))
        assert await polled(ledger, http) != []
        assert await polled(ledger, http) == []
        ledger.listed = [searching(host, service, hashtags=("pyconf", "sprint"))]
        assert len(await polled(ledger, http)) == 1
        assert [query["tag"] for query in service.asked_for("searchPosts")] == ["pyconf", "sprint"]


@pytest.mark.parametrize("status", [500, 502])
async def test_a_cursor_that_the_search_does_not_take_is_gone_on_from_by_time(http, status):
    async with FakeJetstream() as host, FakeAppView(page=10, breaks_cursors=status) as service:
        for number in range(25):
            said(host, service, number)
        for _ in range(4):  # several at one moment, across the end of a page
            said(host, service, 15)
        ledger = MemoryLedger(searching(host, service))
        await polled(ledger, http)
        assert len(ledger.posts) == 29


async def test_a_token_that_has_ended_is_renewed(http):
    async with FakeJetstream() as host, FakeAppView(page=10) as service:
        for number in range(12):
            said(host, service, number)
        ledger = MemoryLedger(searching(host, service))
        await polled(ledger, http)
        service.expire()
        ledger.kept = {}
        await polled(ledger, http)
        methods = [name.rpartition(".")[2] for name, _ in service.queries]
        assert methods.count("createSession") == 1
        assert methods.count("refreshSession") == 1


async def test_a_wrong_password_is_told_in_plain_words_and_the_stream_goes_on(http):
    async with FakeJetstream() as host, FakeAppView() as service:
        ledger = MemoryLedger(searching(host, service, password="wrong"))
        async with collecting(ledger, http):
            await host.until_connected()
            host.post("live #pyconf")
            await ledger.until(lambda: words(ledger) == ["live"])
            await ledger.until(lambda: ledger.health.get(1) and ledger.health[1].error)
        assert ledger.health[1].state == "ok"
        assert ledger.health[1].error.endswith("127.0.0.1 refuses the identifier or the app password")
        with pytest.raises(SourceUnavailable, match="refuses the identifier"):
            await bluesky.check(ledger.listed[0], http, wait_s=0.01)


@pytest.mark.parametrize(
    ("status", "told"), [(403, "127.0.0.1 lets nobody search"), (502, "127.0.0.1 cannot reach its search")]
)
async def test_a_service_that_does_not_search_is_told(http, status, told):
    async with FakeJetstream() as host, FakeAppView(refuses_search=status) as service:
        with pytest.raises(SourceUnavailable, match=told):
            await polled(MemoryLedger(searching(host, service)), http)


async def test_without_an_app_password_nobody_signs_in_or_searches(http):
    async with FakeJetstream() as host, FakeAppView() as service:
        assert not bluesky.asks(source_of(host, settings={"appview": service.url}))
        ledger = MemoryLedger(source_of(host, settings={"appview": service.url}))
        async with collecting(ledger, http):
            await host.until_connected()
            host.post("live #pyconf")
            await ledger.until(lambda: words(ledger) == ["live"])
        assert service.asked_for("createSession") == service.asked_for("searchPosts") == []


async def test_half_of_an_account_is_told():
    for half in ({"identifier": "us.example"}, {"app_password": Secret("x")}):
        missing = "app_password" if "identifier" in half else "identifier"
        ledger = MemoryLedger(source_of(settings={"jetstream": "ws://none.example"} | half))
        with pytest.raises(SourceUnavailable, match=f"needs {missing} as well"):
            await polled(ledger, object_of_weakrefs())


async def test_a_password_goes_nowhere_but_to_its_service(http):
    taken = []

    async def elsewhere(request):
        taken.append(await request.read())
        return web.json_response({"accessJwt": "a", "refreshJwt": "b"})

    async with serving({"/taken": elsewhere}) as other:

        async def away(_):
            raise web.HTTPTemporaryRedirect(f"{other}/taken")

        async with serving({"/xrpc/com.atproto.server.createSession": away}) as url:
            settings = {"identifier": "us.example", "app_password": Secret("abcd"), "service": url}
            with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1 sends us elsewhere"):
                await polled(MemoryLedger(source_of(settings={"jetstream": "ws://none.example"} | settings)), http)
    assert taken == []


@asynccontextmanager
async def serving(handlers):
    """Whatever is posted to these paths."""
    app = web.Application()
    for path, handler in handlers.items():
        app.router.add_post(path, handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_what_no_host_repeats_is_searched_for(http):
    async with FakeJetstream() as host, FakeAppView() as service:
        ledger = MemoryLedger(searching(host, service))
        await polled(ledger, http)
        said(host, service, 90)
        said(host, service, 60)
        ledger.kept[1, bluesky_source.GAP] = {"since": ago(hours=20).isoformat()}
        assert len(await polled(ledger, http)) == 1
        assert ledger.kept[1, bluesky_source.GAP] == {}


def object_of_weakrefs():
    class Nothing:
        pass

    return Nothing()
