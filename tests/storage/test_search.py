"""Shown posts are found by what readers ask for, on both databases alike, and by nothing once they are gone."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from storage import authors, events, indexing, items, search
from storage.tables import chores
from storage.tables import items as item_rows
from storage.writing import Writing
from tests.factories import DAY, HOUR, MINUTE, NETWORKS, NOON, SECOND, a_picture, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.item import Place
from timeline.post import AuthorUpdate, Card, Heard, Poll, PollOption, Removal
from timeline.query import Query, network_names, parse
from timeline.view import Filter

NAMES = network_names(NETWORKS.values())


class Seeker:
    """Asks in a reader's words; answers with the last words of the posts' names, newest first."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def query(self, text: str) -> Query:
        return parse(text, event=self.scene.event, networks=NAMES, now=NOON)

    async def page(self, text: str, *, limit: int = 50, before: Place | None = None, **where: Any) -> items.Page:
        wanted = Filter(query=self.query(text), **where)
        return await self.scene.store.read(items.page, self.scene.event.id, limit=limit, before=before, where=wanted)

    async def found(self, text: str, **more: Any) -> list[str]:
        return names((await self.page(text, **more)).items)

    async def count(self, text: str, **more: Any) -> int:
        where = Filter(query=self.query(text))
        return await self.scene.store.read(search.count, self.scene.event.id, where, **more)


def names(found: Iterable[items.Item]) -> list[str]:
    return [item.post.uri.rpartition("/")[2] for item in found]


@pytest.fixture
def seeker(scene: Scene) -> Seeker:
    return Seeker(scene)


def said(name: str, words: str, **more: Any) -> Heard:
    return a_sighting(name, html=f"<p>{words}</p>", **more)


async def test_what_is_said_is_found_in_the_ways_people_ask(scene: Scene, seeker: Seeker) -> None:
    source, other = await scene.add_source(), await scene.add_source(kind="bluesky")
    ada = an_author("Ada Byron", network="bluesky", handle="@ada.example")
    poll = Poll(options=(PollOption(text="Marmalade"), PollOption(text="Honey")))
    card = Card(url="https://news.example/", title="Regatta results", description="All of them")
    await scene.offer(
        said("quay", "The café on the quay is open", published_at=NOON - 5 * MINUTE),
        said("slides", "Open data slides: über 100%", published_at=NOON - 4 * MINUTE,
             media=(a_picture(alt="A lighthouse"),)),
        said("poll", "Breakfast?", published_at=NOON - 3 * MINUTE, poll=poll),
        said("card", "Read #Harbour26 #sea_shanty", published_at=NOON - 2 * MINUTE, card=card,
             hashtags=("Harbour26", "sea_shanty"), links=("https://news.example/",)),
        said("tokyo", "東京タワーから", published_at=NOON - DAY),
        by=source,
    )  # fmt: skip
    await scene.offer(
        said("ada", "Data about boats", network="bluesky", author=ada, published_at=NOON - MINUTE), by=other
    )

    expected = {
        "CAFE ": ["quay"], "cafés ": [], "data": ["ada", "slides"], "open data": ["slides"], '"open data"': ["slides"],
        "data open ": ["slides"], "Uber 100 ": ["slides"], "lighthouse": ["slides"], "marmalade": ["poll"],
        "regatta": ["card"], "#SeaShanty ": ["card"], "open -slides": ["quay"],
        "from:ada": ["ada"], "from:@ada.example": ["ada"], "from:ottilie data": ["slides"], "byron": ["ada"],
        "from:data": [], "network:bluesky": ["ada"], "-network:mastodon": ["ada"], "has:media": ["slides"],
        "has:poll": ["poll"], "has:link": ["card"], "-has:poll data": ["ada", "slides"], "da": ["ada", "slides"],
        "qua": ["quay"], "ua": [], "東京": ["tokyo"], "京東": [],
        "day:today": ["ada", "card", "poll", "slides", "quay"], "day:20": ["tokyo"], "-day:today": ["tokyo"],
        "nothing": [], "day:today -from:ottilie": ["ada"], "from:ada from:ottilie data": ["ada", "slides"], "%": [],
        '"results all"': [], '"regatta results"': ["card"], "day:19": [], "e1 ": [],
    }  # fmt: skip
    assert {text: await seeker.found(text) for text in expected} == expected
    assert await seeker.found("data", network="mastodon") == ["slides"]
    assert await seeker.found("data", without=frozenset({"bluesky"})) == ["slides"]
    assert await seeker.found("-quay", without=frozenset({"mastodon"})) == ["ada"]
    assert (await seeker.count("data"), await seeker.count("day:today", upto=3), await seeker.count("%")) == (2, 3, 0)


async def test_the_events_own_hashtag_is_found_by_who_asks_for_it_alone(scene: Scene, seeker: Seeker) -> None:
    source = await scene.add_source()
    await scene.offer(
        said("tagged", "Boats #harbour26 #harbours"), said("says", "The harbour, again"), by=source
    )  # fmt: skip

    found = [await seeker.found(asked) for asked in ("harbour", "harbour26", "#harb", '"again harbour26"', "harbours")]

    assert found == [["says", "tagged"], ["says", "tagged"], ["says", "tagged"], [], ["tagged"]]


async def test_highlights_are_found_once_they_are_told_of(scene: Scene, seeker: Seeker) -> None:
    source = await scene.add_source()
    await scene.offer(said("one", "Quay"), said("two", "Quay"), by=source)
    [first, _] = await scene.shown()
    picked = update(item_rows).where(item_rows.c.id == first.id).values(highlighted_at=NOON)

    def pick(writing: Writing) -> None:
        writing.execute(picked)
        writing.record("item.changed", scene.event.id, first.id, NOON)

    await scene.store.write(pick)

    assert [await seeker.found(text) for text in ("has:highlight", "quay -has:highlight")] == [["two"], ["one"]]
    assert await seeker.found("quay", highlighted=True) == ["two"]
    assert await seeker.found("quay", highlighted=False) == ["one"]


async def test_leafing_through_what_is_found_shows_everything_once_in_order(scene: Scene, seeker: Seeker) -> None:
    source = await scene.add_source()
    half, tenth = timedelta(seconds=0.5), timedelta(seconds=0.1)
    moments = [*[NOON] * 5, NOON - tenth, NOON - half, NOON - SECOND, NOON - SECOND - half, *[NOON - HOUR] * 3]
    for n, at in enumerate(reversed(moments)):
        await scene.offer(said(f"p{n}", "Quay" if n != 4 else "Pier", published_at=at), by=source)
    await scene.offer(said("late", "Quay", published_at=NOON - half - tenth), by=source)
    wanted = [name for name in names(await scene.shown()) if name != "p4"]

    for limit in (1, 2, 3, 5, 20):
        leafed: list[str] = []
        before = None
        while True:
            page = await seeker.page("quay", limit=limit, before=before)
            leafed += names(page.items)
            if page.next is None:
                break
            before = Place.decode(page.next.encode())
        assert leafed == wanted

    assert len(wanted) == 12
    assert (await seeker.page("quay")).seq == await scene.seq()


async def test_what_changes_or_goes_is_found_as_it_is_now(scene: Scene, seeker: Seeker) -> None:
    source = await scene.add_source()
    await scene.offer(
        said("edited", "A typo"), said("deleted", "Gone soon", author=an_author("Grace Hopper")), said("left", "Bye"),
        by=source,
    )  # fmt: skip
    assert await seeker.found("from:grace gone") == ["deleted"]

    later = NOON + MINUTE
    await scene.offer(
        said("edited", "Mended", edited_at=later), said("left", "Bye", edited_at=later, hashtags=("other",)),
        Removal(ref="deleted"), by=source, at=later,
    )  # fmt: skip

    found = [await seeker.found(text) for text in ("typo", "mended", "gone", "from:grace", "bye", "day:today")]
    assert found == [[], ["edited"], [], [], [], ["edited"]]


async def test_an_authors_new_name_finds_everything_they_said(scene: Scene, seeker: Seeker) -> None:
    source = await scene.add_source()
    await scene.offer(said("one", "Quay"), said("two", "Pier"), by=source)

    renamed = an_author(name="Ottilie Nyström")
    await scene.offer(AuthorUpdate(author=renamed), by=source)

    assert [await seeker.found(text) for text in ("from:nystrom", "from:brandvold")] == [["two", "one"], []]


async def test_what_waits_and_what_is_said_under_an_entry_is_not_found(scene: Scene, seeker: Seeker) -> None:
    scene.event = await scene.add_event(slug="careful", moderation="before")
    source = await scene.add_source(scene.event)
    trusted = await scene.add_source(scene.event, kind="feed", trusted=True)
    await scene.offer(said("waits", "Quay"), by=source)
    entry = a_sighting("entry", network="feed", html="Quay")
    comment = a_sighting("comment", network="feed", html="Quay, too")
    await scene.offer(entry, replace(comment, about=entry.post.uri), by=trusted)
    held = update(item_rows).where(item_rows.c.parent_id.is_not(None)).values(state="shown")
    await scene.store.write(lambda writing: writing.execute(held) and None)

    assert await seeker.found("quay") == ["entry"]


async def test_events_find_their_own_posts_and_none_once_wiped(scene: Scene, seeker: Seeker) -> None:
    other = await scene.add_event(slug="other", hashtags=("harbour26",))
    line = [await scene.add_source(), await scene.add_source(other)]
    await scene.offer(said("both", "Quay"), by=line)
    await scene.offer(said("one", "Quay"), by=line[:1])

    first = await seeker.found("quay")
    await scene.store.write(events.wipe, scene.event.slug, at=NOON)
    wiped = await seeker.found("quay")
    scene.event = other

    assert (first, wiped, await seeker.found("quay")) == (["one", "both"], [], ["both"])


async def test_an_approved_name_is_found(scene: Scene, seeker: Seeker) -> None:
    scene.event = await scene.add_event(slug="careful", moderation="before")
    source = await scene.add_source(scene.event)
    await scene.offer(said("one", "Quay"), by=source)
    shown = update(item_rows).values(state="shown")
    [item_id] = await scene.store.read(lambda reading: reading.scalars(select(item_rows.c.id)).all())

    def show(writing: Writing) -> None:
        writing.execute(shown)
        writing.record("item.added", scene.event.id, item_id, NOON)

    await scene.store.write(show)
    await scene.offer(AuthorUpdate(author=an_author(name="Ottilie Nyström")), by=source)
    waiting = await seeker.found("from:nystrom")
    [offer] = await scene.store.read(authors.offers, limit=9)
    await scene.store.write(authors.approve, offer.author_id, at=NOON)

    assert (waiting, await seeker.found("from:nystrom")) == ([], ["one"])


async def test_an_upgrade_lets_what_was_there_be_found(scene: Scene, seeker: Seeker) -> None:
    source = await scene.add_source()
    await scene.offer(said("one", "Quay"), said("two", "Pier"), Removal(ref="two"), by=source)

    def as_before(writing: Writing) -> None:
        writing.execute(text("DELETE FROM search"))
        writing.add(chores, {"name": indexing.INDEX, "since": NOON, "latest": NOON}, chores.c.name)

    await scene.store.write(as_before)
    assert await seeker.found("quay") == []

    for _ in range(2):
        await scene.store.write(lambda writing: indexing.rebuild_if_asked(writing.connection))

    assert [await seeker.found(asked) for asked in ("quay", "pier")] == [["one"], []]
    await scene.offer(said("three", "Quay"), by=source)
    assert await seeker.found("quay") == ["three", "one"]
