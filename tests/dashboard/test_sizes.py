"""Pictures as small as they are shown."""

import asyncio
import io

import pytest
from PIL import Image

from storage import media
from tests.dashboard.newsroom import NOON
from timeline.post import Media

BROWSER = {"Accept": "image/avif,image/webp,*/*"}
OLD_BROWSER = {"Accept": "image/webp,*/*"}


def a_picture(width, height):
    out = io.BytesIO()
    Image.effect_noise((width, height), 40).convert("RGB").save(out, "WEBP", quality=80)
    return out.getvalue()


@pytest.fixture
async def address(server, store, room):
    """A picture 1600 pixels wide, on the shelf."""
    await room.says(
        "look", uri="https://chat.example/a", media=(Media(kind="image", source_url="https://a.example/a"),)
    )
    [wanted] = await store.read(media.pending, 10, NOON)
    content = a_picture(1600, 1200)
    kept = {"content_hash": server.shelf.put(content), "content_type": "image/webp", "size_bytes": len(content)}
    await store.write(media.keep, wanted.key, **kept, width=1600, height=1200, at=NOON)
    return f"media/{wanted.key}"


async def got(session, url, headers):
    async with session.get(url, headers=headers) as answer:
        body = await answer.read()
        assert answer.status == 200
        with Image.open(io.BytesIO(body)) as image:
            return answer.headers["Content-Type"], image.size, len(body)


async def test_a_picture_comes_as_wide_as_it_is_asked_for_in_what_the_browser_reads(server, session, address):
    whole = await got(session, server / address, BROWSER)
    assert whole[:2] == ("image/webp", (1600, 1200))
    avif = await got(session, server / f"{address}?w=640", BROWSER)
    webp = await got(session, server / f"{address}?w=640", OLD_BROWSER)
    assert avif[:2] == ("image/avif", (640, 480))
    assert webp[:2] == ("image/webp", (640, 480))
    assert max(avif[2], webp[2]) < whole[2] / 3


@pytest.mark.parametrize("width", ["641", "0", "-320", "x", "99999", "", "３２０"])
async def test_a_width_that_is_none_of_ours_gets_the_picture_itself(server, session, address, width):
    assert (await got(session, server / f"{address}?w={width}", BROWSER))[1] == (1600, 1200)


async def test_who_asks_at_once_shares_one_making(server, session, address):
    url = server / f"{address}?w=320"
    assert len({await one for one in [asyncio.create_task(got(session, url, BROWSER)) for _ in range(12)]}) == 1
    assert len(list(server.shelf.folder.glob("??/*.avif"))) == 1


async def test_what_cannot_be_made_smaller_comes_as_it_is(server, session, address):
    [file] = [one for one in server.shelf.folder.glob("??/*") if one.is_file()]
    file.write_bytes(b"RIFF broken")
    async with session.get(server / f"{address}?w=320", headers=BROWSER) as answer:
        assert (answer.status, await answer.read()) == (200, b"RIFF broken")


async def test_smaller_copies_go_with_their_picture(server, session, address, store, room):
    for width in (320, 640):
        await got(session, server / f"{address}?w={width}", BROWSER)
    assert len(list(server.shelf.folder.glob("??/*"))) == 3
    await media.tidy(store, server.shelf, at=NOON, grace_s=-1)
    assert len(list(server.shelf.folder.glob("??/*"))) == 3
    await room.removes("https://chat.example/a")
    async with session.get(server / f"{address}?w=320", headers=BROWSER) as answer:
        assert answer.status == 404
    await media.tidy(store, server.shelf, at=NOON, grace_s=-1)
    assert list(server.shelf.folder.glob("??/*")) == []


async def test_copies_give_way_before_pictures_do(server, session, address, store):
    await got(session, server / f"{address}?w=1280", OLD_BROWSER)
    server.shelf.limit_bytes = server.shelf.copies_bytes() * 2 - 1
    await media.tidy(store, server.shelf, at=NOON)
    assert server.shelf.copies_bytes() == 0
