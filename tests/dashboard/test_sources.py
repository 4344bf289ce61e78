"""How an event's sources fare: for staff's programs, and for staff."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from storage import events, intake, sources
from tests.dashboard.conftest import TOKEN
from tests.dashboard.newsroom import CHAT, Newsroom, an_event
from timeline.network import Gap, Health

STAFF = {"Authorization": f"Bearer {TOKEN}"}
API = "api/v1/events/conf/sources"
PAGE = "desk/conf/sources"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
async def room(store):
    """An event that is on now."""
    dates = {
        "starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(days=1),
        "collect_from": NOW - timedelta(days=9), "collect_until": NOW + timedelta(days=9),
    }  # fmt: skip
    return await Newsroom.open(store, an_event(**dates))


async def reports(room, state, *, at=NOW, **more):
    await room.store.write(sources.report, room.source.id, Health(state=state, at=at, **more))


async def sign_in(session, server, token=TOKEN, **more):
    form = {"token": token, "to": f"/{PAGE}"}
    return await session.post(server / "desk/sign-in", data=form, allow_redirects=False, **more)


@pytest.fixture
async def desk(session, server):
    """Reads a page as somebody who has signed in."""
    answer = await sign_in(session, server)
    cookie = answer.headers["Set-Cookie"].partition(";")[0]

    async def read(path):
        async with session.get(server / path, headers={"Cookie": cookie}, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    return read


def told(html):
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


async def test_all_that_is_known_of_a_source_is_told(session, server, room):
    await reports(room, "failing", error="chat.example answers 502", hint="Wait.", next_poll_at=NOW)
    gap = Gap(since=NOW - timedelta(hours=2), until=NOW - timedelta(hours=1), reason="nothing is kept so long")
    await room.store.write(sources.note_gaps, {room.source.id: gap})

    async with session.get(server / API, headers=STAFF) as answer:
        assert answer.status == 200
        found = await answer.json()

    stamp = NOW.isoformat().replace("+00:00", "Z")
    assert found == {
        "sources": [
            {
                "id": str(room.source.id), "kind": "chat", "label": "Chat", "state": "failing",
                "last_success_at": None, "last_post_at": None, "lag_seconds": None,
                "error": "chat.example answers 502", "hint": "Wait.", "posts": 0, "budget": None,
                "posts_last_hour": 0, "failing_since": stamp, "next_poll_at": stamp, "terms": [],
                "gap": {
                    "since": gap.since.isoformat().replace("+00:00", "Z"),
                    "until": gap.until.isoformat().replace("+00:00", "Z"),
                    "reason": "nothing is kept so long",
                },
            }
        ]
    }  # fmt: skip


async def test_posts_and_lag_are_told(session, server, room):
    await reports(room, "ok", at=NOW)
    said = room.a_post("hello", published_at=NOW - timedelta(minutes=5))
    seen_at = NOW - timedelta(minutes=5) + timedelta(seconds=3)
    await room.store.write(intake.accept, [said], source_ids=[room.source.id], networks={"chat": CHAT}, at=seen_at)

    async with session.get(server / API, headers=STAFF) as answer:
        [source] = (await answer.json())["sources"]

    assert (source["state"], source["posts"], source["posts_last_hour"], source["lag_seconds"]) == ("ok", 1, 1, 3.0)
    assert source["last_success_at"] == NOW.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("given", [{}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer"}])
async def test_without_the_token_programs_are_told_what_to_send(session, server, room, given):
    async with session.get(server / API, headers=given) as answer:
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="desk"')
    assert (problem["status"], "Bearer TOKEN" in problem["detail"]) == (401, True)


async def test_a_wrong_token_is_refused_and_guessing_is_slowed_down(session, server, room):
    statuses = []
    for _ in range(6):
        async with session.get(server / API, headers={"Authorization": "Bearer wrong"}) as answer:
            statuses.append(answer.status)
            last = dict(answer.headers)

    assert statuses == [401] * 5 + [429]
    assert last["Retry-After"] == "1"


async def test_no_other_site_may_read_what_is_for_staff(session, server, room):
    for headers in (STAFF, {}):
        async with session.get(server / API, headers={**headers, "Origin": "https://evil.example"}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "no-store" in answer.headers["Cache-Control"]
    async with session.options(server / API, headers={"Origin": "https://evil.example"}) as answer:
        assert (answer.status, "Access-Control-Allow-Origin" in answer.headers) == (405, False)
    async with session.get(server / "api/v1/events/conf") as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_staff_see_drafts_and_nothing_of_what_is_not_there(session, server, store, desk):
    await store.write(events.save, an_event("secret", visibility="draft"), origin="command", at=NOW)

    for slug, status in (("secret", 200), ("nothing", 404)):
        async with session.get(server / f"api/v1/events/{slug}/sources", headers=STAFF) as answer:
            assert answer.status == status
        assert (await desk(f"desk/{slug}/sources"))[0] == status
    async with session.get(server / "api/v1/events/secret") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("path", ["desk", PAGE, "desk/conf", "desk/nothing/sources"])
async def test_who_has_not_signed_in_is_led_to_the_door(session, server, room, path):
    async with session.get(server / path, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, f"/desk/sign-in?to=/{path}")


async def test_a_list_that_is_fetched_again_says_that_the_session_ended(session, server, room):
    async with session.get(server / f"{PAGE}?fragment=sources", allow_redirects=False) as answer:
        assert answer.status == 401


async def test_the_token_opens_a_session_that_only_the_desk_of_this_site_sees(session, server, room):
    answer = await sign_in(session, server)

    assert (answer.status, answer.headers["Location"]) == (303, f"/{PAGE}")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/desk", "SameSite=Strict"} <= {part.strip() for part in cookie.split(";")}
    assert "Secure" not in cookie
    assert TOKEN not in cookie


async def test_behind_https_the_session_never_travels_in_clear(session, server, room):
    answer = await sign_in(session, server, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "to", ["https://evil.example/desk", "//evil.example", "/desk/../e/conf", "/e/conf", "/desk\\evil", "/desk//evil"]
)
async def test_signing_in_leads_nowhere_but_to_the_desk(session, server, to):
    form = {"token": TOKEN, "to": to}
    async with session.post(server / "desk/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/desk"


async def test_a_wrong_token_opens_nothing_and_guessing_is_slowed_down(session, server):
    answers = [await sign_in(session, server, "wrong") for _ in range(6)]

    assert [answer.status for answer in answers] == [403] * 5 + [429]
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    assert "That is not the token" in await answers[0].text()
    assert (answers[5].headers["Retry-After"], "Try again in 1 second." in await answers[5].text()) == ("1", True)
    assert (await sign_in(session, server)).status == 429


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
async def test_another_site_can_neither_sign_anybody_in_nor_out(session, server, headers):
    assert (await sign_in(session, server, headers=headers)).status == 403
    async with session.post(server / "desk/sign-out", headers=headers, allow_redirects=False) as answer:
        assert "Set-Cookie" not in answer.headers


async def test_our_own_pages_can(session, server):
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://live.example"}, {"Origin": server.address}):
        assert (await sign_in(session, server, headers=headers)).status == 303
    async with session.post(server / "desk/sign-out", allow_redirects=False) as answer:
        assert (answer.status, 'desk=""' in answer.headers["Set-Cookie"]) == (303, True)


async def test_a_failing_source_is_on_top_with_the_error_and_the_fix(desk, room):
    other = {"kind": "chat", "address": "other", "label": "Corridor", "event_id": room.event.id}
    wanted = [room.source, type(room.source)(id=0, collect_from=NOW, collect_until=NOW, **other)]
    await room.store.write(sources.sync, room.event.id, wanted, origin="command", at=NOW)
    corridor = room.source.id + 1
    await reports(room, "ok")
    failing = Health(state="failing", at=NOW, error="it answers 502", hint="Tell its host.", next_poll_at=NOW)
    await room.store.write(sources.report, corridor, failing)

    status, page = await desk(PAGE)

    words = told(page)
    assert (status, "1 of 2 sources needs a look: Corridor." in words) == (200, True)
    assert words.index("It answers 502. Tell its host.") < words.index("Chat")
    assert re.findall(r'class="row row--(\w+)" id="source-(\d+)"', page) == [
        ("fault", str(corridor)),
        ("up", str(room.source.id)),
    ]


async def test_a_gap_is_told_and_never_hidden(desk, room):
    await reports(room, "ok")
    since = NOW.replace(hour=0, minute=2) - timedelta(days=1)
    gap = Gap(since=since, until=since + timedelta(minutes=29), reason="the host keeps nothing from so long ago")
    await room.store.write(sources.note_gaps, {room.source.id: gap})

    words = told((await desk(PAGE))[1])

    assert "00:02 to " in words
    assert "The host keeps nothing from so long ago." in words


async def test_names_of_sources_are_words_and_not_markup(desk, room):
    loud = type(room.source)(
        id=0, event_id=room.event.id, kind="chat", address="x", label="<b>Loud</b>", collect_from=NOW, collect_until=NOW
    )
    await room.store.write(sources.sync, room.event.id, [loud], origin="command", at=NOW)

    assert "&lt;b&gt;Loud&lt;/b&gt;" in (await desk(PAGE))[1]


async def test_an_event_without_sources_says_how_to_add_some(desk, store):
    await store.write(events.save, an_event("bare"), origin="command", at=NOW)

    words = unescape(told((await desk("desk/bare/sources"))[1]))

    assert "No sources yet." in words
    assert '[[event.source]] kind = "bluesky"' in words


async def test_an_event_of_the_desk_leads_to_its_sources(session, server, room, desk):
    answer = await sign_in(session, server)
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    async with session.get(server / "desk/conf", headers={"Cookie": cookie}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, f"/{PAGE}")
    assert (await desk("desk/nothing"))[0] == 404


async def test_the_desk_lists_events_that_need_a_look_first(desk, room, store):
    await store.write(events.save, an_event("bare", title="Bare"), origin="command", at=NOW)
    await reports(room, "failing", error="it answers 502")

    words = told((await desk("desk"))[1])

    assert words.index("1 of 1 source needs a look: Chat.") < words.index("Bare")


async def test_staffs_pages_are_kept_nowhere_and_found_by_no_search(session, server, room, desk):
    answer = await sign_in(session, server)
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    for path in (PAGE, "desk", f"{PAGE}?fragment=sources"):
        async with session.get(server / path, headers={"Cookie": cookie}) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "private, no-store")
            if "fragment" not in path:
                assert '<meta name="robots" content="noindex">' in await answer.text()
