"""The projector wall over HTTP: what reaches it, what leaves it, and how fast."""

import asyncio
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from dashboard.wall_settings import WallSettings
from dashboard.wall_settings import read as settings
from storage import events, intake, walls
from storage.tables import items
from tests.dashboard.conftest import TOKEN
from tests.dashboard.listener import listen
from tests.dashboard.newsroom import CHAT, NOON, Newsroom, an_event
from timeline.event import Look, Picture, Sponsor

LATER = NOON + timedelta(hours=1)


@pytest.fixture
async def room(store):
    """An event whose only source is trusted: what it says is checked."""
    return await Newsroom.open(store, trusted=True)


@pytest.fixture
async def desk(session, server):
    """Asks for a page as somebody who has signed in."""
    form = {"token": TOKEN, "to": "/desk"}
    async with session.post(server / "desk/sign-in", data=form, allow_redirects=False) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]

    async def ask(path, method="GET", status=200, **more):
        more["headers"] = {"Cookie": cookie} | more.get("headers", {})
        async with session.request(method, server / path, allow_redirects=False, **more) as answer:
            assert answer.status == status
            return await answer.text()

    return ask


async def change(room, where, kind="item.changed", *, at=LATER, **values):
    """What the desk does to items, and tells of it."""

    def do(writing):
        for item_id in writing.execute(update(items).where(where).values(**values).returning(items.c.id)).scalars():
            writing.record(kind, room.event.id, item_id, at)

    await room.store.write(do)
    return await room.number()


async def last_id(room):
    return await room.store.read(lambda reading: reading.scalar(select(func.max(items.c.id))))


async def read(session, url, status=200):
    async with session.get(url) as answer:
        assert answer.status == status
        return await answer.text(), answer.headers


def cards(html):
    return re.findall(r'<article[^>]* id="item-(\d+)"', html)


async def test_a_wall_shows_what_is_checked_and_nothing_else(server, session, room):
    await room.says("Checked words")
    unchecked = await change(room, items.c.id == await last_id(room), checked=False)
    assert unchecked
    await room.says("Vouched words")

    html, headers = await read(session, server / "e/conf/wall")

    assert "Vouched words" in html
    assert "Checked words" not in html
    assert headers["X-Robots-Tag"] == "noindex"
    timeline, _ = await read(session, server / "e/conf")
    assert "Checked words" in timeline  # it was there to leak


@pytest.mark.parametrize("query", ["gate=all", "gate=unchecked", "gate=", "show=timeline", "gate=checked&gate=all"])
async def test_no_address_lets_an_unchecked_post_through(server, session, room, query):
    await room.says("Nobody answers for this")
    seq = await change(room, items.c.id == await last_id(room), checked=False)

    for path in ("e/conf/wall?", "e/conf/wall?fragment=cards&"):
        assert "Nobody answers" not in (await read(session, server / (path + query)))[0]
    async with listen(session, server / f"e/conf/wall/stream?after=0&{query}") as wall:
        await wall.until(seq)
        assert b"Nobody answers" not in wall.raw


async def test_a_wall_of_highlights_shows_nothing_else(server, session, room):
    await room.says("Plain words")
    await room.says("Picked words")
    seq = await change(room, items.c.id == await last_id(room), highlighted_at=LATER)

    html, _ = await read(session, server / "e/conf/wall?gate=highlights")
    assert "Picked words" in html
    assert "Plain words" not in html
    async with listen(session, server / "e/conf/wall/stream?after=0&gate=highlights") as wall:
        heard = await wall.until(seq)
    assert [(message.kind, "Picked" in message.data) for message in heard[1:]] == [("remove", False), ("post", True)]


async def test_what_no_longer_passes_is_taken_off(server, session, room):
    await room.says("Here now")
    item_id = await last_id(room)
    async with listen(session, server / "e/conf/wall/stream?after=0") as wall:
        assert "Here now" in (await wall.next("post")).data
        for values in (
            {"checked": False}, {"checked": True, "state": "hidden"},
        ):  # fmt: skip
            kind = "item.removed" if "state" in values else "item.changed"
            await change(room, items.c.id == item_id, kind, **values)
            assert (await wall.next()).json == {"id": str(item_id)}


async def test_of_what_was_never_shown_a_wall_hears_nothing(server, session, store):
    room = await Newsroom.open(store, an_event(moderation="before"))
    await room.says("Waits for approval")
    item_id = await last_id(room)
    await room.hears([room.a_post("Waits still", uri="https://chat.example/0")])  # edited while it waits
    await change(room, items.c.id == item_id, "item.held", staff_note="look at this")
    seq = await change(room, items.c.id == items.c.id, "item.held", reason="waiting")
    async with listen(session, server / "e/conf/wall/stream?after=0") as wall:
        await room.store.write(events.archive, "conf", at=LATER)
        heard = await wall.until(seq + 1)
    assert {message.kind for message in heard} == {"event"}


async def test_a_reader_who_was_away_is_told_what_left_meanwhile(server, session, room):
    """Several changes of one post arrive as its last: that alone must take it off."""
    await room.says("Comes and goes")
    item_id = await last_id(room)
    stood = await room.number()
    await change(room, items.c.id == item_id, "item.removed", state="hidden")
    seq = await change(room, items.c.id == item_id, "item.added", state="shown", checked=False)
    async with listen(session, server / "e/conf/wall/stream") as level:  # the channel holds its last steps from here on
        async with listen(session, server / f"e/conf/wall/stream?after={stood}") as wall:
            heard = await wall.until(seq)
        assert level.position == 0
    assert {message.kind for message in heard} == {"remove"}
    assert {message.json["id"] for message in heard} == {str(item_id)}


async def test_clearing_empties_every_wall_and_a_new_one_stays_empty(server, session, room, store):
    await room.says("Before")
    async with listen(session, server / "e/conf/wall/stream") as wall:
        await wall.next("event")
        cleared_at = await store.write(walls.clear, room.event.id, at=LATER)
        clear = await wall.next("clear")
        state = await wall.next("event")
    assert clear.json["before"] == cleared_at.timestamp() * 1000
    assert state.json["walls_cleared_at"] == cleared_at.isoformat().replace("+00:00", "Z")
    html, _ = await read(session, server / "e/conf/wall")
    assert cards(html) == []
    assert "data-cleared=" in html
    async with listen(session, server / "e/conf/wall/stream?after=0") as wall:
        heard = await wall.until(await room.number())
    assert [message.kind for message in heard] == ["event", "remove", "event"]

    await change(room, items.c.id == await last_id(room), highlighted_at=LATER + timedelta(minutes=1))
    assert len(cards((await read(session, server / "e/conf/wall"))[0])) == 1
    await store.write(walls.undo_clear, room.event.id, at=LATER)


@pytest.mark.parametrize("path", ["wall", "wall/stream", "wall?fragment=cards"])
async def test_a_draft_has_no_wall(server, session, store, path):
    await Newsroom.open(store, an_event("secret", visibility="draft"))
    await read(session, server / f"e/secret/{path}", 404)


async def test_what_an_address_cannot_mean_is_left_at_the_usual(server, session, room):
    assert settings({}) == WallSettings()
    odd = {"layout": "spiral", "scale": "nan", "every": "1", "theme": "pink", "transparent": "perhaps", "show": "cats"}
    assert settings(odd) == WallSettings(wrong=("layout", "theme", "show", "scale", "every", "transparent"))
    assert settings({"name": "n" * 41}).name == ""
    good = {"layout": "single", "scale": "1.25", "every": "20", "transparent": "1", "show": "sponsors,timeline"}
    found = settings(good | {"name": "Foyer, left"})
    assert (found.layout, found.scale, found.every_s, found.transparent) == ("single", 1.25, 20, True)
    assert (found.show, found.name) == (("timeline", "sponsors"), "Foyer, left")
    html, _ = await read(session, server / "e/conf/wall?layout=spiral&every=1&gate=highlights")
    assert "The address asks for something that layout, every cannot be: it is as usual." in html
    assert "cannot be: it is as usual" not in (await read(session, server / "e/conf/wall?layout=single"))[0]
    for fragment in ("foot", "cards"):
        _, headers = await read(session, server / f"e/conf/wall?fragment={fragment}")
        assert headers["X-Robots-Tag"] == "noindex"
    html, _ = await read(session, server / "e/conf/wall?name=%3Cscript%3Ealert(1)")
    assert "<script>alert" not in html


REPORT = {"id": "0a1b2c3d4e5f", "layout": "columns", "size": [1920, 1080], "showing": [], "name": "Foyer", "mode": ""}


async def report(session, server, status=204, slug="conf", **differently):
    async with session.post(server / f"e/{slug}/wall/report", json=REPORT | differently) as answer:
        assert answer.status == status, await answer.text()


async def asked(session, server, method="GET", path="walls", status=200, **more):
    url = server / f"api/v1/events/conf/{path}"
    async with session.request(method, url, headers={"Authorization": f"Bearer {TOKEN}"}, **more) as answer:
        assert answer.status == status, await answer.text()
        assert "Access-Control-Allow-Origin" not in answer.headers
        return await answer.json()


async def test_staff_see_which_walls_are_there_and_what_each_shows(server, session, room, desk):
    await room.says("On the left wall")
    item_id = str(await last_id(room))
    await report(session, server, showing=[item_id, "999999"], name="Left <b>wall")
    await report(session, server, id="ffffffffffff", name="", layout="single")

    told = await asked(session, server)
    html = await desk("desk/conf/walls")

    names = [(wall["name"], wall["layout"], wall["showing"], wall["silent"]) for wall in told["walls"]]
    assert sorted(names) == [("", "single", [], False), ("Left <b>wall", "columns", [item_id, "999999"], False)]
    assert told["cleared_at"] is None
    assert "Left &lt;b&gt;wall" in html
    assert "On the left wall" in html
    assert "A wall without a name" in html


async def test_a_wall_that_reports_again_stays_one_wall(server, session, room):
    await report(session, server, layout="single")
    first = (await asked(session, server))["walls"]
    await report(session, server, layout="masonry", mode="sponsors")
    [wall] = (await asked(session, server))["walls"]
    assert (wall["layout"], wall["mode"], wall["since"]) == ("masonry", "sponsors", first[0]["since"])


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "short"}, {"id": "with space in"}, {"id": "x" * 41}, {"name": "n" * 41}, {"layout": "spiral"},
        {"size": [0, 1]}, {"size": [1920]}, {"size": [1e9, 1]}, {"showing": ["1"] * 13}, {"showing": ["1 OR 1"]},
        {"showing": "1"}, {"mode": "<b>"}, {"more": 1}, {"name": None},
    ],
)  # fmt: skip
async def test_a_report_that_no_wall_of_ours_sends_is_refused(server, session, room, odd):
    await report(session, server, status=400, **odd)
    assert (await asked(session, server))["walls"] == []


async def test_a_report_is_refused_in_other_forms(server, session, room):
    url = server / "e/conf/wall/report"
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"}
    for status, more in (
        (415, {"data": json.dumps(REPORT)}),
        (403, {"data": json.dumps(REPORT), "headers": elsewhere}),
        (413, {"data": json.dumps(REPORT | {"name": "n" * 3_000}), "headers": {"Content-Type": "application/json"}}),
        (400, {"data": b"\xff{", "headers": {"Content-Type": "application/json"}}),
    ):
        async with session.post(url, **more) as answer:
            assert answer.status == status
    await report(session, server, status=404, slug="nowhere")


async def test_one_address_is_neither_too_many_walls_nor_too_loud(server, session, room):
    for n in range(20):
        await report(session, server, id=f"wall-of-the-hall-{n}")
    await report(session, server, status=429, id="one-too-many")
    await report(session, server, id="wall-of-the-hall-7")
    assert len((await asked(session, server))["walls"]) == 20


async def test_staff_clear_the_walls_and_take_it_back(server, session, room, desk):
    await room.says("Before")
    [before] = cards((await read(session, server / "e/conf/wall"))[0])
    async with listen(session, server / "e/conf/wall/stream") as wall:
        await wall.next("event")
        told = await asked(session, server, "POST", "walls/clear")
        assert told["cleared_at"] is not None
        assert (await wall.next("clear")).json["before"] > 0
        assert cards((await read(session, server / "e/conf/wall"))[0]) == []
        assert "Undo" in await desk("desk/conf/walls")

        assert (await asked(session, server, "DELETE", "walls/clear"))["cleared_at"] is None
        assert "Before" in (await wall.next("post")).data  # it comes back to walls that are open, too
    assert cards((await read(session, server / "e/conf/wall"))[0]) == [before]

    await asked(session, server, "POST", "walls/clear", json={})
    assert (await asked(session, server, "POST", "walls/clear", json={"undo": True}))["cleared_at"] is None
    await asked(session, server, "POST", "walls/clear", status=400, json={"undone": True})


async def test_only_staff_may_clear_or_look(server, session, room):
    for method, path in (
        ("GET", "api/v1/events/conf/walls"), ("POST", "api/v1/events/conf/walls/clear"),
        ("DELETE", "api/v1/events/conf/walls/clear"),
    ):  # fmt: skip
        async with session.request(method, server / path) as answer:
            assert answer.status == 401
    for method, path in (("GET", "desk/conf/walls"), ("POST", "desk/conf/walls/clear")):
        async with session.request(method, server / path, allow_redirects=False) as answer:
            assert answer.status == 303
            assert answer.headers["Location"].startswith("/desk/sign-in")


async def test_the_buttons_of_the_desk_clear_and_undo(server, session, room, desk):
    await room.says("Before")
    await desk("desk/conf/walls/clear", "POST", status=303)
    cleared = (await asked(session, server))["cleared_at"]
    assert cleared is not None
    await desk("desk/conf/walls/clear", "POST", status=303, data={"undo": "2020-01-01T00:00:00+00:00"})
    assert (await asked(session, server))["cleared_at"] == cleared  # another clearing was meant
    await desk("desk/conf/walls/clear", "POST", status=303, data={"undo": cleared})
    assert (await asked(session, server))["cleared_at"] is None
    await desk("desk/conf/walls/clear", "POST", status=403, headers={"Sec-Fetch-Site": "cross-site"})


async def test_the_pictures_of_sponsors_come_in_turn_and_from_here(server, session, store):
    drawn = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    picture = Picture(content_hash=server.shelf.put(drawn), content_type="image/svg+xml")
    sponsors = (Sponsor(name="Harbour <Trust>", picture=picture),)
    await Newsroom.open(store, an_event("paid", look=Look(sponsors=sponsors)))
    html, _ = await read(session, server / "e/paid/wall")
    [address] = re.findall(r'src="(/e/paid/sponsors/[^"]+)" alt="Harbour &lt;Trust&gt;"', html)
    text, headers = await read(session, server / address.lstrip("/"))
    assert text.encode() == drawn
    assert "sandbox" in headers["Content-Security-Policy"]
    await read(session, server / "e/paid/sponsors/none", 404)


async def test_a_removal_reaches_a_wall_while_posts_keep_pouring_in(server, session, room):
    """How fast is measured in bench/wall.py; here it must come before the flow ends."""
    await room.says("To be hidden")
    item_id = await last_id(room)
    enough = asyncio.Event()

    async def pour():
        while not enough.is_set():
            await room.hears([room.a_post("Words") for _ in range(5)])

    async with listen(session, server / "e/conf/wall/stream?after=0") as wall:
        await wall.next("post")
        pouring = asyncio.create_task(pour())
        for _ in range(50):
            await wall.next("post")
        await change(room, items.c.id == item_id, "item.removed", state="hidden")
        assert (await wall.next("remove")).json == {"id": str(item_id)}
        assert not pouring.done()
        enough.set()
        await pouring


async def test_what_goes_overtakes_a_burst_of_news(server, session, room, store):
    """Walls hear of it at once, and again in its turn."""
    await room.says("To be hidden")
    await room.says("To be cleared")
    item_id = await last_id(room) - 1
    burst = [room.a_post(f"News {number}") for number in range(600)]

    def at_once(writing):  # one commit: a stream meets all of it together
        intake.accept(writing, burst, source_ids=[room.source.id], networks={"chat": CHAT}, at=NOON)
        writing.execute(update(items).where(items.c.id == item_id).values(state="hidden"))
        writing.record("item.removed", room.event.id, item_id, LATER)
        walls.clear(writing, room.event.id, at=LATER)

    async with listen(session, server / "e/conf/wall/stream?after=0") as wall:
        await wall.next("post")
        await wall.next("post")
        await store.write(at_once)
        latest = await room.number()
        first = await wall.next("remove")
        while first.json != {"id": str(item_id)}:
            first = await wall.next("remove")
        assert (await wall.next("clear")).json["before"] == LATER.timestamp() * 1000
        assert first.number is None
        assert wall.position < latest - 500
        heard = await wall.until(latest)
    assert [one.number for one in heard] == sorted({one.number for one in heard})  # nothing came twice
    assert [one.number for one in heard if one.kind == "remove" and one.json == {"id": str(item_id)}] == [latest - 1]
