"""The timeline in the pages of others."""

import re
from xml.etree import ElementTree as ET

import pytest

from dashboard import embed_settings
from dashboard.embed_settings import EmbedSettings
from tests.dashboard.listener import listen
from tests.dashboard.newsroom import CHAT
from timeline.network import NetworkInfo

GUARDED = NetworkInfo(key="x", label="X", fields=(), deletes="none", dehydrated=True)
EVENT = "http://live.example/e/conf"


@pytest.fixture
def networks():
    return [CHAT, GUARDED]


async def text(session, url, status=200):
    async with session.get(url) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ({}, EmbedSettings()),
        ({"theme": "dark", "accent": "210", "posts": "7"}, EmbedSettings(theme="dark", accent=210, posts=7)),
        ({"theme": "pink", "accent": "361", "posts": "9000"}, EmbedSettings()),
        ({"posts": "0"}, EmbedSettings()),
        ({"highlights": "1", "title": "0"}, EmbedSettings(highlights=True, title=False)),
        ({"accent": "²", "posts": "-1"}, EmbedSettings()),
    ],
)
def test_settings_are_read_from_the_address(query, read):
    assert embed_settings.read(query) == read


async def test_an_embed_may_stand_in_any_page_and_asks_nothing_of_another_host(server, room, session):
    await room.says("Hello from the quay")
    async with session.get(server / "e/conf/embed") as answer:
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Hello from the quay" in page
    assert '<base target="_blank">' in page
    async with session.get(server / "e/conf") as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_an_embed_shows_as_many_posts_as_are_asked_for(server, room, session):
    for number in range(8):
        await room.says(f"Post number {number}")
    page = await text(session, server / "e/conf/embed?posts=3&title=0&theme=dark&accent=20")
    assert re.findall(r"Post number \d", page) == ["Post number 7", "Post number 6", "Post number 5"]
    assert 'data-theme="dark"' in page
    assert 'href="/theme.css?hue=20"' in page
    assert "embed__head" not in page
    assert await text(session, server / "theme.css?hue=20") == ":root{--hue:20}"


async def test_guarded_posts_are_in_no_embed_and_no_stream_of_one(server, room, session):
    await room.says("A cormorant")
    seq = await room.hears([room.a_post("A zebrafish", network="x", uri="https://x.com/i/status/1")])
    seq = await room.says("A heron")
    assert "zebrafish" not in await text(session, server / "e/conf/embed")
    async with listen(session, server / "e/conf/embed/stream?after=0") as reader:
        heard = await reader.until(seq)
    told = " ".join(message.data for message in heard)
    assert "A cormorant" in told
    assert "A heron" in told
    assert "zebrafish" not in told


async def test_one_post_can_be_embedded_alone(server, room, session, store):
    await room.says("First")
    await room.says("Second")
    page = await text(session, server / "e/conf/embed?post=1")
    assert "First" in page
    assert "Second" not in page
    for wrong in ("999", "x", ""):
        await text(session, server / f"e/conf/embed?post={wrong}", status=404)


async def test_what_an_embed_cannot_show_is_said_in_its_frame(server, room, session):
    async with session.get(server / "e/conf/embed?network=nowhere") as answer:
        assert answer.status == 404
        assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
        assert "we do not know" in await answer.text()
    await text(session, server / "e/nowhere/embed", status=404)


async def test_the_script_for_other_sites_may_be_loaded_by_them(server, session):
    async with session.get(server / "embed.js") as answer:
        assert answer.content_type == "text/javascript"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "currentScript" in await answer.text()


async def test_oembed_gives_a_frame_for_an_event_its_highlights_and_a_post(server, room, session):
    await room.says("Hello")
    for url, target in [
        (EVENT, "/e/conf/embed"),
        ("http://live.example/conf", "/e/conf/embed"),
        (f"{EVENT}/highlights", "/e/conf/embed?highlights=1"),
        ("http://live.example/p/1", "/e/conf/embed?post=1"),
    ]:
        async with session.get(server / "oembed", params={"url": url, "maxwidth": "400", "maxheight": "300"}) as answer:
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            told = await answer.json()
        assert (told["version"], told["type"], told["width"], told["height"]) == ("1.0", "rich", 400, 300)
        assert f'src="http://live.example{target}"' in told["html"]
    async with session.get(server / "oembed", params={"url": EVENT, "format": "xml"}) as answer:
        root = ET.fromstring(await answer.text())
    assert (root.tag, root.findtext("type"), root.findtext("provider_name")) == ("oembed", "rich", "Test")
    assert root.findtext("html").startswith("<iframe ")


@pytest.mark.parametrize(
    "url",
    [
        "", "https://elsewhere.example/e/conf", "http://live.example/e/nowhere", "http://live.example/p/99999",
        "http://live.example/desk", "javascript:alert(1)", "http://[", "http://live.example:99999999/e/conf",
    ],
)  # fmt: skip
async def test_oembed_has_nothing_for_any_other_address(server, room, session, url):
    async with session.get(server / "oembed", params={"url": url}) as answer:
        assert answer.status == 404


async def test_oembed_answers_in_two_formats_alone(server, room, session):
    async with session.get(server / "oembed", params={"url": EVENT, "format": "csv"}) as answer:
        assert answer.status == 501


async def test_pages_say_where_their_embed_is_to_be_had(server, room, session):
    await room.says("Hello")
    link = r'<link rel="alternate" type="application/json\+oembed"[^>]* href="([^"]+)"'
    for path in ("e/conf", "p/1"):
        [found] = re.findall(link, await text(session, server / path))
        assert found.startswith("/oembed?url=http")
        await text(session, server.address + found.replace("&amp;", "&"))
