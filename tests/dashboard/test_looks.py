"""What is the organisers' own on pages: served apart from what is ours, and behind a guard."""

import re

import pytest

from dashboard.assets import Assets
from dashboard.site import Site
from tests.dashboard.newsroom import Newsroom, an_event
from timeline.event import Look, Picture

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
async def own(server, store):
    """An event with all of a look."""
    logo = Picture(content_hash=server.shelf.put(SVG), content_type="image/svg+xml")
    picture = Picture(content_hash=server.shelf.put(b"a PNG"), content_type="image/png", width=1200, height=630)
    links = (("Legal", "https://example.org/legal"), ("Evil", "javascript:alert(1)"))
    look = Look(logo=logo, picture=picture, accent_hue=300, links=links)
    return await Newsroom.open(store, an_event("own", look=look))


async def text(session, url):
    async with session.get(url) as answer:
        assert answer.status == 200
        return await answer.text()


@pytest.mark.parametrize("path", ["e/own", "p/1", "e/own/poster"])
async def test_every_page_of_an_event_wears_its_look(server, own, session, path):
    await own.says("hello")
    page = await text(session, server / path)
    assert '<link rel="stylesheet" href="/e/own/theme.css">' in page
    assert re.search(r'<img[^>]* src="/e/own/logo\?v=\w{8}"', page)
    assert re.search(r'og:image" content="http://live.example/e/own/picture\?v=\w{8}">', page)
    if path != "e/own/poster":
        assert '<a href="https://example.org/legal">Legal</a>' in page
    assert "javascript:" not in page


async def test_the_hue_is_all_that_a_theme_turns(server, own, session):
    assert await text(session, server / "e/own/theme.css") == ":root{--hue:300}"


async def test_a_drawing_is_served_where_it_can_do_nothing(server, own, session):
    async with session.get(server / "e/own/logo") as answer:
        assert await answer.read() == SVG
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_other_events_are_as_the_site_is(server, own, room, session):
    page = await text(session, server / "e/conf")
    assert "theme.css" not in page
    assert "/logo" not in page
    assert "og:image" not in page


@pytest.mark.parametrize("kind", ["text/html", "image/gif"])
async def test_a_kind_we_never_keep_is_never_served(server, store, session, kind):
    picture = Picture(content_hash=server.shelf.put(b"<script>"), content_type=kind)
    await Newsroom.open(store, an_event("odd", look=Look(logo=picture)))
    async with session.get(server / "e/odd/logo") as answer:
        assert answer.status == 404


def test_the_sites_own_files_are_among_those_that_are_served(tmp_path):
    for name in ("a.SVG", "b.png"):
        (tmp_path / name).write_bytes(SVG)
    assets = Assets(Site(title="T", base_url="http://a.example", logo=tmp_path / "a.SVG", picture=tmp_path / "b.png"))
    assert (assets.logo, assets.picture) == ("logo.svg", "picture.png")
    assert assets.find("logo.svg").content_type == "image/svg+xml"
