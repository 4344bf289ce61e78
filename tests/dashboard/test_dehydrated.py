"""A post whose network's terms let nothing but identifiers leave us: every way out is walked, pages apart."""

import asyncio
import json

import aiohttp
import pytest
from sqlalchemy import update

from storage.tables import items
from tests.dashboard.newsroom import CHAT, NOON
from timeline.network import NetworkInfo
from timeline.post import Author, Card, Counts, Media, Poll, PollOption

GUARDED = NetworkInfo(key="x", label="X", fields=(), deletes="none", dehydrated=True)
VEX = Author(
    network="x",
    uri="https://x.com/i/user/42",
    name="Wilhelmina Vex",
    handle="@wvexpolls",
    url="https://x.com/wvexpolls",
    avatar="https://pictures.example/vexface.jpg",
)
URI = "https://x.com/i/status/1992156375282614279"
SAID = {
    "network": "x",
    "uri": URI,
    "url": "https://x.com/i/status/1992156409000000000",
    "author": VEX,
    "html": '<p>Zebrafish for <a href="https://zebralink.example/a">parliament</a> #vextag</p>',
    "hashtags": ("vextag",),
    "links": ("https://zebralink.example/a",),
    "quotes": "https://x.com/i/status/77777777777",
    "media": (Media(kind="image", source_url="https://pictures.example/zebrapic.jpg", alt="A zebrafish at a lectern"),),
    "card": Card(url="https://zebracard.example/", title="Zebracard", description="Of stripes"),
    "poll": Poll(options=(PollOption(text="Stripes", votes=3), PollOption(text="Dots", votes=1))),
    "counts": Counts(likes=987654),
}
SECRETS = (
    "zebrafish", "parliament", "vex", "zebra", "lectern", "stripes", "77777777777", "987654", "curious phrase",
    "a private note",
)  # fmt: skip
ALLOWED = {"id", "seq", "network", "uri", "url", "published_at", "dehydrated"}

PAGES = {  # where people read: these show the post whole, as the network's display rules ask
    ("GET", "/"): "the first page draws the newest posts of live events",
    ("GET", "/e/{slug}"): "the timeline",
    ("GET", "/e/{slug}/stream"): "the same cards, as they come to an open page",
    ("GET", "/{slug}"): "leads to the timeline",
    ("GET", "/{slug}/"): "the same",
    ("GET", "/e/{slug}/wall"): "the wall, where it passes its gate",
    ("GET", "/e/{slug}/wall/stream"): "the same cards, as they come to an open wall",
    ("GET", "/e/{slug}/highlights"): "the highlights, this one as the card it is everywhere",
    ("GET", "/e/{slug}/search"): "what is found of the timeline",
    ("GET", "/p/{id}"): "the post's own page",
    ("POST", "/language"): "leads back to the page that it was sent from",
    ("GET", "/media/{key}"): "pictures of pages; their random keys stand in no other answer",
}
QUERIES = (
    "", "?network=x", "?highlighted=true", "?q=zebrafish", "?q=Wilhelmina", "?fragment=posts", "?fragment=stage",
    "?limit=200", "?after=0", "?state=shown", "?format=json", "?url=http%3A%2F%2Flive.example%2Fp%2F1",
)  # fmt: skip


@pytest.fixture
def networks():
    return [CHAT, GUARDED]


@pytest.fixture
async def said(room, store, server):
    """The post's id and the number of its last change; highlighted, with a phrase and a note."""
    await room.says("Cormorants for chairs")
    seq = await room.hears([room.a_post("", **SAID)])
    for_all = update(items).values(highlighted_at=NOON, phrase="curious phrase", note="a private note")
    await store.write(lambda writing: writing.execute(for_all.where(items.c.network == "x")) and None)
    async with aiohttp.ClientSession() as session, session.get(server / "api/v1/events/conf/posts") as answer:
        [post] = [post for post in (await answer.json())["posts"] if post["network"] == "x"]
    return post["id"], seq


def routes(app):
    """Every method and path there is, HEAD apart."""
    found = {
        (route.method, route.resource.canonical): route.resource
        for route in app.router.routes()
        if route.method != "HEAD" and route.resource is not None
    }
    return sorted(found)


def filled(path, post_id):
    """``path`` with what it asks for: the event, the post, and words for anything else."""
    names = {"{slug}": "conf", "{id}": post_id, "{key}": "none", "{path}": "site.css"}
    for name, value in names.items():
        path = path.replace(name, value)
    return path.replace("{", "").replace("}", "")


async def body_of(session, method, url, seq):
    """What is answered, of a stream until change ``seq`` is in it."""
    async with session.request(method, url) as answer:
        if answer.content_type != "text/event-stream":
            return (await answer.read()).decode("utf-8", "replace")
        text = ""
        try:
            async with asyncio.timeout(0.5):
                async for line in answer.content:
                    text += line.decode()
                    if text.endswith("\n\n") and f"id: {seq}\n" in text:
                        break
        except TimeoutError:  # a stream from now on says nothing
            pass
        return text


async def test_its_words_and_author_leave_by_no_way_but_the_pages(server, session, said):
    post_id, seq = said
    walked, leaking, pages = [], [], []
    for method, path in routes(server.app):
        queries = QUERIES if method == "GET" else ("",)
        streamed = path.endswith("/stream")
        for query in ("", "?after=0") if streamed else queries:
            text = await body_of(session, method, server / (filled(path, post_id).lstrip("/") + query), seq)
            walked.append(path)
            if any(secret in text.casefold() for secret in SECRETS):
                (pages if (method, path) in PAGES else leaking).append(f"{method} {path}{query}")

    assert leaking == []
    assert len(walked) > 50
    shown = {page.split("?")[0] for page in pages}  # it was there to leak
    assert {"GET /e/{slug}", "GET /e/{slug}/stream", "GET /p/{id}"} <= shown


async def test_no_page_is_excused_that_is_not_there(server):
    assert set(PAGES) <= set(routes(server.app))


async def test_programs_get_its_identifiers_and_other_posts_whole(server, session, said):
    post_id, seq = said
    async with session.get(server / "api/v1/events/conf/posts") as answer:
        listed = (await answer.json())["posts"]
    async with session.get(server / f"api/v1/posts/{post_id}") as answer:
        alone = await answer.json()
    stream = await body_of(session, "GET", server / "api/v1/events/conf/stream?after=0", seq)
    streamed = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: {")]

    whole = {"id": post_id, "network": "x", "uri": URI, "url": SAID["url"], "dehydrated": True}
    for told in (alone, *(post for post in [*listed, *streamed] if post.get("network") == "x")):
        assert told.keys() == ALLOWED
        assert told | whole == told
    assert [post["text"] for post in listed if post["network"] == "chat"] == ["Cormorants for chairs"]
    assert sorted(post["network"] for post in streamed if "network" in post) == ["chat", "x"]


@pytest.mark.parametrize("query", ["zebrafish", "Wilhelmina", "wvexpolls"])
async def test_a_search_does_not_tell_what_it_says(server, session, said, query):
    async def found(path):
        async with session.get(server / path) as answer:
            return [post["network"] for post in (await answer.json())["posts"]]

    assert await found(f"api/v1/events/conf/posts?q={query}") == []
    assert await found("api/v1/events/conf/posts?q=cormorants") == ["chat"]
    assert sorted(await found("api/v1/events/conf/posts")) == ["chat", "x"]


async def test_the_description_has_both_forms(server, session):
    async with session.get(server / "api/v1/openapi.json") as answer:
        described = await answer.json()
    schemas = described["components"]["schemas"]
    either = {"$ref": "#/components/schemas/AnyPost"}
    assert schemas["Page"]["properties"]["posts"]["items"] == either
    assert [form["$ref"].rpartition("/")[2] for form in schemas["AnyPost"]["oneOf"]] == ["Post", "Dehydrated"]
    assert set(schemas["Dehydrated"]["properties"]) == ALLOWED
    answer = described["paths"]["/posts/{id}"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == either


async def test_a_preview_of_its_page_tells_other_sites_nothing(server, session, said):
    post_id, _ = said
    async with session.get(server / f"p/{post_id}") as answer:
        head = (await answer.text()).split("</head>")[0]
    assert 'og:title" content="A post on X, 12:00' in head
    assert not any(secret in head.split("</title>")[1].casefold() for secret in SECRETS)


@pytest.mark.parametrize("kind", ["timeline", "highlights"])
async def test_in_feeds_it_is_a_link_without_words(server, session, said, kind):
    post_id, _ = said
    async with session.get(server / f"e/conf/{kind}.json") as answer:
        [entry] = [one for one in (await answer.json())["items"] if one["url"] == SAID["url"]]
    async with session.get(server / f"e/conf/{kind}.atom") as answer:
        told = await answer.text()

    assert entry == {
        "id": f"http://live.example/p/{post_id}", "url": SAID["url"], "title": "A post on X",
        "content_text": "A post on X", "date_published": entry["date_modified"],
        "date_modified": "2026-11-21T12:00:01Z",
    }  # fmt: skip
    assert "<title>A post on X</title>" in told
