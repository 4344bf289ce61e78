"""What is out of sight is nowhere: every way out is walked while a post is shown, and again once it is not."""

import asyncio

import pytest
from sqlalchemy import update

from storage.tables import items
from tests.dashboard.newsroom import NOON
from tests.dashboard.test_dehydrated import body_of, filled, routes
from timeline.item import State
from timeline.post import Author, Card, Media, Poll, PollOption

URI = "https://chat.example/posts/zebra"
SAID = {
    "url": URI,
    "author": Author(
        network="chat", uri="https://chat.example/vex", name="Wilhelmina Harbour", handle="@wvexpolls",
        url="https://chat.example/wvexpolls",
    ),
    "html": '<p>Zebrafish for <a href="https://zebralink.example/a">parliament</a> today #vextag</p>',
    "hashtags": ("vextag",),
    "links": ("https://zebralink.example/a",),
    "media": (Media(kind="image", source_url="https://pictures.example/zebrapic.jpg", alt="A zebrafish at a lectern"),),
    "card": Card(url="https://zebracard.example/", title="Zebracard", description="Of stripes"),
    "poll": Poll(options=(PollOption(text="Stripes", votes=3), PollOption(text="Dots", votes=1))),
}  # fmt: skip
SECRETS = (
    "zebra",
    "parliament",
    "wilhelmina",
    "wvexpolls",
    "vextag",
    "lectern",
    "stripes",
    "curious phrase",
    "odd remark",
)
QUERIES = (
    "", "?network=chat", "?highlighted=1", "?highlighted=true", "?media=1", "?order=oldest", "?q=today",
    "?q=from%3Aharb", "?q=toda&fragment=found", "?fragment=posts", "?fragment=stage", "?fragment=cards",
    "?fragment=list", "?fragment=foot", "?highlights=1", "?post=2", "?page=no&known=0",
    "?url=http%3A%2F%2Flive.example%2Fp%2F2",
)  # fmt: skip
PLAIN = (
    "/desk", "/static", "/websub", "/media", "/api/v1/openapi", "/healthz", "/metrics", "/readyz", "/sw.js", "/theme",
)  # fmt: skip
"""What is of no post, whatever is asked of it; feeds and calendars, too, take no questions."""
WITHIN_S = 5.0


FATES = (State.HIDDEN, State.HELD, State.STASHED, "removed")


@pytest.fixture
async def said(room, store):
    """A post for each fate, by id: highlighted, checked and pinned, so that they are everywhere at first."""
    await room.says("Cormorants for chairs")
    await room.hears([room.a_post("", uri=f"{URI}/{fate}", **SAID) for fate in FATES])
    everywhere = {
        "highlighted_at": NOON,
        "pinned_at": NOON,
        "checked": True,
        "phrase": "curious phrase",
        "note": "odd remark",
    }

    def pick(writing):
        for row in writing.execute(update(items).where(items.c.id > 1).values(**everywhere).returning(items)).all():
            writing.record("item.changed", row.event_id, row.id, NOON)

    await store.write(pick)
    return dict(zip(FATES, ("2", "3", "4", "5"), strict=True))


def queries(path):
    if path.endswith("/stream"):
        return ("?after=0", "?after=0&gate=highlights")
    return ("",) if path.startswith(PLAIN) or "." in path.rpartition("/")[2] else QUERIES


async def walk(server, session, post_ids, seq):
    """The ways by which a word of them is told."""
    telling = set()
    for method, path in routes(server.app):
        for post_id in post_ids if method == "GET" else ():
            for query in queries(path) if "{id}" in path or post_id == post_ids[0] else ():
                told = await body_of(session, method, server / (filled(path, post_id).lstrip("/") + query), seq)
                if any(secret in told.casefold() for secret in SECRETS):
                    telling.add(path)
    return telling


async def test_what_is_out_of_sight_is_told_by_nothing(server, session, store, room, said):
    everywhere = await walk(server, session, list(said.values()), await room.number())

    def put_away(writing):
        for state in FATES[:-1]:
            writing.execute(update(items).where(items.c.id == int(said[state])).values(state=state.value))
            writing.record("item.removed", room.event.id, int(said[state]), NOON)

    await store.write(put_away)
    await room.removes(f"{URI}/removed")
    async with asyncio.timeout(WITHIN_S):
        while "Zebrafish" in await body_of(session, "GET", server / "", 0):  # it is drawn from what was read lately
            await asyncio.sleep(0.1)

    assert await walk(server, session, list(said.values()), await room.number()) == set()
    assert everywhere >= {
        "/", "/e/{slug}", "/e/{slug}/stream", "/e/{slug}/search", "/e/{slug}/wall", "/e/{slug}/wall/stream",
        "/e/{slug}/highlights", "/e/{slug}/embed", "/e/{slug}/embed/stream", "/e/{slug}/copy", "/p/{id}", "/oembed",
        "/e/{slug}/timeline.atom", "/e/{slug}/timeline.rss", "/e/{slug}/timeline.json", "/e/{slug}/highlights.atom",
        "/e/{slug}/highlights.rss", "/e/{slug}/highlights.json", "/api/v1/events/{slug}/posts",
        "/api/v1/events/{slug}/stream", "/api/v1/posts/{id}",
    }  # fmt: skip
