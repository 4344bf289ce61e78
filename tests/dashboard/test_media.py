"""Pictures: our own copies, only while a shown post uses them."""

import pytest

from storage import media
from tests.dashboard.listener import listen
from tests.dashboard.newsroom import NOON, Newsroom, an_event
from timeline.post import Media

PICTURE = Media(kind="image", source_url="https://chat.example/cat.png", alt="a cat")
CONTENT = bytes(range(256)) * 8


async def a_kept_picture(server, store, room, uri="https://chat.example/cat"):
    await room.says("look", uri=uri, media=(PICTURE,))
    [wanted] = await store.read(media.pending, 10, NOON)
    await store.write(
        media.keep,
        wanted.key,
        content_hash=server.shelf.put(CONTENT),
        content_type="image/png",
        size_bytes=len(CONTENT),
        width=32,
        height=64,
        at=NOON,
    )
    return f"media/{wanted.key}"


async def test_a_picture_of_a_shown_post_is_served_as_what_it_is(server, store, room, session):
    address = await a_kept_picture(server, store, room)
    async with session.get(server / address) as answer:
        assert (answer.status, await answer.read()) == (200, CONTENT)
        named = ("Content-Type", "X-Content-Type-Options", "Content-Security-Policy", "Cache-Control")
        assert [answer.headers[name] for name in named] == [
            "image/png", "nosniff", "default-src 'none'; sandbox", "public, max-age=300",
        ]  # fmt: skip


async def test_pictures_may_be_read_from_any_origin(server, store, room, session):
    address = await a_kept_picture(server, store, room)
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    for method, path, status in [
        ("GET", address, 200), ("GET", "media/nothing", 404), ("OPTIONS", address, 204),
    ]:  # fmt: skip
        async with session.request(method, server / path, headers=asked) as answer:
            assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (status, "*")


async def test_a_part_of_a_picture_can_be_asked_for(server, store, room, session):
    address = await a_kept_picture(server, store, room)
    async with session.get(server / address, headers={"Range": "bytes=10-19"}) as answer:
        assert (answer.status, await answer.read()) == (206, CONTENT[10:20])


async def test_a_picture_goes_with_its_post(server, store, room, session):
    address = await a_kept_picture(server, store, room)
    async with session.get(server / address) as answer:
        assert answer.status == 200
    await room.removes("https://chat.example/cat")
    async with session.get(server / address) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("event", [an_event(moderation="before"), an_event(visibility="draft")])
async def test_a_picture_nobody_may_see_is_not_served(server, store, session, event):
    address = await a_kept_picture(server, store, await Newsroom.open(store, event))
    key = address.removeprefix("media/")
    assert await store.read(media.find, key, staff=True) is not None  # it is there to leak

    async with session.get(server / address) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("key", ["nothing", "..%2f..%2fetc%2fpasswd", "%00"])
async def test_a_key_nobody_gave_out_is_not_found(server, room, session, key):
    async with session.get(server / f"media/{key}") as answer:
        assert answer.status in (400, 404)


async def test_a_picture_that_arrives_is_a_change_of_its_post(server, store, room, session):
    async with listen(session, server / "api/v1/events/conf/stream") as reader:
        await reader.next("event")
        address = await a_kept_picture(server, store, room)
        first = await reader.next("post")
        then = first if first.json["media"][0]["url"] else await reader.next("post")

    told = {"kind": "image", "url": f"/{address}", "alt": "a cat", "width": 32, "height": 64}
    assert then.json["media"] == [told]
