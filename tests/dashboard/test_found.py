"""What search engines and previews are told, and what they are kept from."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from sqlalchemy import update

from storage.tables import items, media
from tests.dashboard.newsroom import ANN, NOON, Newsroom, an_event
from timeline.consent import NOT_INDEXED
from timeline.network import NetworkInfo
from timeline.post import Media

QUAY = Media(kind="image", source_url="https://files.example/quay.jpg", alt="The quay", width=4, height=3)
SHY = replace(ANN, uri="https://chat.example/shy", name="Shy Person", labels=(NOT_INDEXED,))
X = NetworkInfo(key="x", label="X", fields=(), dehydrated=True)
CHAT = NetworkInfo(key="chat", label="Chat", fields=(), deletes="scoped", tagged=False)


@pytest.fixture
def networks():
    return [CHAT, X]


async def text(session, url, status=200):
    async with session.get(url) as answer:
        assert answer.status == status
        return await answer.text()


async def data(session, url):
    """The structured data of a page; None where it has none."""
    page = await text(session, url)
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert len(found) <= 1
    return json.loads(found[0]) if found else None


async def keep(store):
    """As if every picture had been fetched."""
    kept = update(media).values(state="kept", content_hash="h", content_type="image/webp", kept_bytes=1)
    await store.write(lambda writing: writing.execute(kept) and None)


async def highlight(store):
    picked = update(items).values(highlighted_at=NOON)
    await store.write(lambda writing: writing.execute(picked) and None)


async def test_an_event_without_posts_is_told_as_an_event(server, store, session):
    await Newsroom.open(store, an_event(venue="The Ropeworks, Calderby", url="https://conf.example/"))
    assert await data(session, server / "e/conf") == {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": "http://live.example/e/conf#event",
        "name": "A conference",
        "url": "http://live.example/e/conf",
        "startDate": "2026-11-20T12:00+00:00",
        "endDate": "2026-11-22T12:00+00:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "location": {"@type": "Place", "name": "The Ropeworks, Calderby", "address": "The Ropeworks, Calderby"},
        "sameAs": "https://conf.example/",
        "organizer": {"@type": "Organization", "name": "Test", "url": "http://live.example/"},
    }


async def test_a_timeline_is_a_live_blog_of_its_newest_posts(server, room, session):
    await room.hears([room.a_post(f"post {count} </script><!-- & {'word ' * 90}") for count in range(9)])
    await room.says("nobody should find this", author=SHY)
    await room.says("a loss", content_warning="Loss")
    await room.says("never theirs", network="x", author=replace(ANN, network="x"))
    told = await data(session, server / "e/conf")

    assert told["@type"] == "LiveBlogPosting"
    assert told["about"]["@type"] == "Event"
    updates = told["liveBlogUpdate"]
    assert [one["url"] for one in updates] == [f"http://live.example/p/{n}" for n in (9, 8, 7, 6, 5)]
    assert updates[0]["author"] == {"@type": "Person", "name": "Ann Lee"}
    assert all(len(one["articleBody"]) <= 201 for one in updates)
    assert await data(session, server / "e/conf?network=chat") is None


async def test_a_post_is_told_with_its_author_picture_and_source(server, room, store, session):
    await room.says("worth sharing", media=(QUAY,), language="de")
    await keep(store)
    told = await data(session, server / "p/1")

    assert (told["@type"], told["url"], told["headline"]) == (
        "SocialMediaPosting", "http://live.example/p/1", "worth sharing",
    )  # fmt: skip
    assert told["author"] == {"@type": "Person", "name": "Ann Lee", "url": "https://chat.example/ann"}
    assert (told["isBasedOn"], told["inLanguage"]) == ("https://chat.example/0", "de")
    assert told["image"][0].startswith("http://live.example/media/")


async def test_a_preview_of_a_post_has_all_it_asks_for(server, room, store, session):
    await room.says("worth sharing", media=(QUAY,), hashtags=("conf",))
    await keep(store)
    page = await text(session, server / "p/1")
    told = dict(re.findall(r'<meta (?:property|name)="((?:og|article|twitter):[^"]+)" content="([^"]*)">', page))

    assert told | {"og:image": ""} == {
        "og:type": "article", "og:site_name": "A conference", "og:title": told["og:title"],
        "og:description": "worth sharing", "og:locale": "en_GB", "og:url": "http://live.example/p/1",
        "article:published_time": "2026-11-21T12:00:00Z", "article:tag": "conf", "og:image": "",
        "og:image:type": "image/webp", "og:image:width": "4", "og:image:height": "3", "og:image:alt": "The quay",
        "twitter:card": "summary_large_image",
    }  # fmt: skip


@pytest.mark.parametrize("differently", [{"author": SHY}, {"content_warning": "Loss"}, {"network": "x"}])
async def test_nothing_is_told_of_what_is_not_to_be_found(server, room, session, differently):
    if "network" in differently:
        differently = differently | {"author": replace(ANN, network="x")}
    await room.says("words", **differently)
    assert await data(session, server / "p/1") is None


async def test_an_author_who_asks_to_be_left_alone_is(server, room, session):
    await room.says("words", author=SHY)
    await room.says("others'")
    assert 'name="robots" content="noindex"' in await text(session, server / "p/1")
    assert 'name="robots"' not in await text(session, server / "p/2")


@pytest.mark.parametrize("event", [{"indexed": False}, {"visibility": "unlisted"}])
async def test_an_event_kept_from_search_engines_is_on_none_of_its_pages(server, store, session, event):
    room = await Newsroom.open(store, an_event(**event))
    await room.says("words")
    await highlight(store)
    for path in ("e/conf", "e/conf/highlights", "p/1"):
        assert 'name="robots" content="noindex"' in await text(session, server / path)
        assert await data(session, server / path) is None
    async with session.get(server / "e/conf/timeline.atom") as answer:
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "/e/conf" not in await text(session, server / "sitemap.xml")


async def test_the_map_leads_to_events_their_highlights_and_picked_posts(server, room, store, session):
    for event in ({"slug": "quiet", "visibility": "unlisted"}, {"slug": "secret", "visibility": "draft"}):
        await (await Newsroom.open(store, an_event(**event))).says("not here")
    await room.says("found")
    await room.says("shy", author=SHY)
    await room.says("not theirs to list", network="x", author=replace(ANN, network="x"))
    await highlight(store)
    await room.says("not picked")
    await Newsroom.open(store, an_event("empty"))
    root = ElementTree.fromstring(await text(session, server / "sitemap.xml"))

    assert sorted(loc.text.removeprefix("http://live.example") for loc in root.iter() if loc.tag.endswith("loc")) == [
        "/", "/about/privacy", "/e/conf", "/e/conf/highlights", "/e/empty", "/p/3",
    ]  # fmt: skip


async def test_robots_are_led_to_the_map_and_kept_from_the_desk(server, session):
    told = await text(session, server / "robots.txt")
    assert told.splitlines()[:3] == ["User-agent: *", "Disallow: /desk", "Disallow: /api/"]
    assert "Sitemap: http://live.example/sitemap.xml" in told


@pytest.mark.parametrize("path", ["e/conf/wall", "e/conf/copy", "desk/sign-in", "e/conf/stream?after=0"])
async def test_screens_and_the_desk_are_in_no_search_engine(server, room, session, path):
    async with session.get(server / path) as answer:
        assert answer.headers["X-Robots-Tag"] == "noindex"
    async with session.get(server / "e/conf") as answer:
        assert "X-Robots-Tag" not in answer.headers
