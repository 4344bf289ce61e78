"""Readers who save data, or whose link is slow."""

import re

from tests.dashboard.newsroom import ANN
from tests.dashboard.test_media import a_kept_picture

PICTURES = re.compile(r'<img[^>]+src="/media/')


async def page(session, url, **headers):
    async with session.get(url, headers=headers) as answer:
        assert answer.status == 200
        return await answer.text(), answer.headers


async def test_who_saves_data_gets_no_picture_but_its_description_and_a_way_to_it(server, store, room, session):
    address = await a_kept_picture(server, store, room)
    for path in ("e/conf", "p/1"):
        usual, _ = await page(session, server / path)
        assert PICTURES.search(usual)
        for asking in ({"Save-Data": "on"}, {"ECT": "2g"}, {"ECT": "slow-2g"}):
            sparing, headers = await page(session, server / path, **asking)
            assert not PICTURES.search(sparing)
            assert "a cat" in sparing
            assert "Picture, 2 KB" in sparing
            assert f'href="/{address}" data-show' in sparing
            assert {"Save-Data", "ECT"} <= set(re.findall(r"[\w-]+", ",".join(headers.getall("Vary"))))


async def test_who_does_not_is_asked_how_good_the_link_is_and_gets_pictures(server, store, room, session):
    await a_kept_picture(server, store, room)
    for header in ({}, {"Save-Data": "off"}, {"ECT": "4g"}):
        told, headers = await page(session, server / "e/conf", **header)
        assert PICTURES.search(told)
        assert headers["Accept-CH"] == "ECT"


async def test_what_everybody_is_told_together_is_the_same_whoever_came_first(server, store, room, session):
    await a_kept_picture(server, store, room)
    async with session.get(server / "e/conf/stream?after=0", headers={"Save-Data": "on"}) as answer:
        told = (await answer.content.readuntil(b"</article>")).decode()
    assert PICTURES.search(told)


async def test_faces_are_initials(server, room, session):
    await room.says("hello", author=ANN)
    told, _ = await page(session, server / "e/conf", **{"Save-Data": "on"})
    assert re.search(r'<span class="avatar avatar--\d"[^>]*>AL</span>', told)
