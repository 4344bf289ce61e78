"""A card names whom its post answers, as long as that may be named, and nothing of what was said."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from storage import items, quotations, telling
from storage.tables import authors as author_rows
from storage.tables import items as item_rows
from storage.tables import posts as post_rows
from storage.writing import Writing
from tests.factories import MINUTE, NOON, SECOND, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.post import AuthorGone, AuthorUpdate, Removal, Sighting

LATER = NOON + MINUTE
URI = "https://bluesky.example/posts/answered"
MIRKO = an_author("Mirko Adeyemi", network="bluesky")
AWAY = an_author("Mirko Adeyemi", network="bluesky", labels=("!no-unauthenticated",))


def answered(**more: Any) -> Sighting:
    """A post that mentions no event; its network calls it by its uri."""
    told: dict[str, Any] = {"network": "bluesky", "author": MIRKO, "hashtags": (), "html": "<p>Asked words</p>"}
    return a_sighting("answered", ref=URI, **told | more)


def answer(uri: str = "one", **more: Any) -> Sighting:
    return a_sighting(uri, **{"network": "bluesky", "in_reply_to": URI} | more)


async def answering(scene: Scene, **event: Any) -> int:
    """A source of an event (a new one where told of it) in which one post answers another."""
    place = await scene.add_event(slug="other", **event) if event else scene.event
    source = await scene.add_source(place, kind="bluesky")
    await scene.offer(answer(), by=source)
    return source


async def keep(scene: Scene, source: int, *heard: object) -> int:
    return await scene.store.write(quotations.keep, heard, source_id=source, at=LATER)


async def names(scene: Scene) -> list[str | None]:
    """Whom the cards of the event name."""
    return [item.answered and item.answered.author.handle for item in await scene.shown()]


async def wanted(scene: Scene) -> list[str]:
    return await scene.store.read(quotations.wanted, "bluesky", limit=9, at=LATER)


async def posts_and_authors(scene: Scene) -> tuple[int, ...]:
    def count(reading: Any) -> tuple[int, ...]:
        return tuple(reading.scalar(select(func.count()).select_from(table)) for table in (post_rows, author_rows))

    return await scene.store.read(count)


async def test_an_answered_post_is_wanted_until_we_have_it_and_its_author_is_named(scene: Scene) -> None:
    source = await answering(scene)
    assert await wanted(scene) == [URI]
    assert await names(scene) == [None]
    seq = await scene.seq()

    assert await keep(scene, source, answered()) == 1

    [item] = await scene.shown()
    assert item.answered is not None
    assert (item.answered.author, item.answered.url) == (MIRKO, "https://bluesky.example/@ottilie/answered")
    assert (item.answered.item_id, item.answered.own, item.quotation) == (None, False, None)
    assert await scene.kinds(after=seq) == [("item.changed", item.id)]
    assert await wanted(scene) == []


async def test_one_that_is_shown_in_the_event_is_led_to_there(scene: Scene) -> None:
    source = await answering(scene)
    await keep(scene, source, answered())
    [reply] = await scene.shown()
    seq = await scene.seq()

    await scene.offer(answered(hashtags=("harbour26",)), by=source, at=LATER)

    [parent_id] = {item.id for item in await scene.shown()} - {reply.id}
    [reply] = [item for item in await scene.shown() if item.id == reply.id]
    assert reply.answered is not None
    assert reply.answered.item_id == parent_id
    assert ("item.changed", reply.id) in await scene.kinds(after=seq)

    seq = await scene.seq()
    await scene.offer(answered(html="<p>No more</p>", edited_at=LATER), by=source, at=LATER)

    assert await names(scene) == [None]
    assert ("item.changed", reply.id) in await scene.kinds(after=seq)


async def test_on_any_network_an_answer_to_what_the_event_has_names_it(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one", author=an_author("Mirko Adeyemi")), by=source)
    [parent] = await scene.shown()
    await scene.offer(a_sighting("two", in_reply_to=parent.post.uri, published_at=NOON + SECOND), by=source)

    [reply, _] = await scene.shown()

    assert reply.answered is not None
    assert (reply.answered.author.name, reply.answered.item_id) == ("Mirko Adeyemi", parent.id)


async def test_a_number_of_a_server_names_what_the_same_source_has_shown(scene: Scene) -> None:
    source, other = await scene.add_source(), await scene.add_source(address="https://other.example")
    await scene.offer(a_sighting("one", ref="17", author=an_author("Mirko Adeyemi")), by=source)
    reply = replace(a_sighting("two", ref="18", published_at=NOON + SECOND), answers="17")
    odd = replace(a_sighting("four", ref="19", published_at=NOON - SECOND), answers="\x0017\ud800" * 9_000)
    assert (await scene.offer(odd, by=source)).added == 1
    await scene.offer(Removal(ref="19"), by=source)
    elsewhere = replace(a_sighting("three", ref="18", published_at=NOON + 2 * SECOND), answers="17")
    await scene.offer(reply, by=source)
    await scene.offer(elsewhere, by=other)
    assert await names(scene) == [None, "@mirko@mastodon.example", None]
    seq = await scene.seq()

    await scene.offer(reply, by=source, at=LATER)
    assert await scene.kinds(after=seq) == []

    mended = replace(reply, post=replace(reply.post, html="<p>Mended #harbour26</p>", edited_at=LATER))
    await scene.offer(mended, by=source, at=LATER)
    assert await names(scene) == [None, "@mirko@mastodon.example", None]
    await scene.offer(Removal(ref="17"), by=source, at=LATER)
    assert await names(scene) == [None, None]


async def test_whoever_answers_themselves_goes_on(scene: Scene) -> None:
    source = await answering(scene)
    await keep(scene, source, answered(author=an_author(network="bluesky")))

    [item] = await scene.shown()

    assert item.answered is not None
    assert item.answered.own


async def test_it_follows_names_and_is_not_told_of_edits(scene: Scene) -> None:
    source = await answering(scene)
    await keep(scene, source, answered())
    [item] = await scene.shown()
    seq = await scene.seq()

    await scene.offer(answered(html="<p>Mended</p>", edited_at=LATER), by=source, at=LATER)
    assert await scene.kinds(after=seq) == []

    renamed = an_author("Mirko Adeyemi", network="bluesky", handle="@m@bluesky.example")
    await scene.offer(AuthorUpdate(author=renamed), by=source, at=LATER)
    assert await names(scene) == ["@m@bluesky.example"]
    assert await scene.kinds(after=seq) == [("item.changed", item.id)]


@pytest.mark.parametrize(
    "notice", [Removal(ref=URI), AuthorGone(network="bluesky", uri=MIRKO.uri), AuthorUpdate(author=AWAY)]
)
async def test_the_line_goes_with_what_is_answered_and_with_its_authors_consent(
    scene: Scene, notice: Removal | AuthorGone | AuthorUpdate
) -> None:
    source = await answering(scene)
    await keep(scene, source, answered())
    assert await names(scene) == [MIRKO.handle]
    [item] = await scene.shown()
    seq = await scene.seq()

    await scene.offer(notice, by=source, at=LATER)

    assert await names(scene) == [None]
    assert await scene.kinds(after=seq) == [("item.changed", item.id)]
    if not isinstance(notice, AuthorUpdate):
        assert await posts_and_authors(scene) == (1, 1)
        assert await keep(scene, source, answered()) == 0


async def test_who_must_not_or_cannot_be_named_yet_is_not(scene: Scene) -> None:
    source = await answering(scene)
    await keep(scene, source, answered(author=AWAY))
    assert await posts_and_authors(scene) == (1, 1)

    await keep(scene, source, answered(author=an_author("Mirko Adeyemi", network="bluesky", known=False)))
    assert await names(scene) == [None]

    await scene.offer(AuthorUpdate(author=MIRKO), by=source, at=LATER)
    assert await names(scene) == [MIRKO.handle]


async def test_what_staff_hid_is_not_led_to(scene: Scene) -> None:
    source = await answering(scene)
    await scene.offer(answered(hashtags=("harbour26",)), by=source)
    assert MIRKO.handle in await names(scene)

    await scene.store.write(_hide, URI)

    assert await names(scene) == [None]


async def test_a_post_goes_when_neither_a_quotation_nor_an_answer_needs_it(scene: Scene) -> None:
    source = await answering(scene)
    await scene.offer(a_sighting("two", network="bluesky", quotes=URI), by=source)
    await keep(scene, source, answered(in_reply_to="https://bluesky.example/posts/further"))
    assert await posts_and_authors(scene) == (3, 2)

    await scene.offer(Removal(ref="one"), by=source, at=LATER)
    assert await posts_and_authors(scene) == (2, 2)
    await scene.offer(Removal(ref="two"), by=source, at=LATER)

    assert await posts_and_authors(scene) == (0, 0)
    assert await keep(scene, source, answered()) == 0
    assert await posts_and_authors(scene) == (0, 0)


async def test_what_only_a_kept_post_answers_is_neither_wanted_nor_kept(scene: Scene) -> None:
    further = "https://bluesky.example/posts/further"
    source = await answering(scene)
    await scene.offer(answer("two", in_reply_to=further), by=source)
    asked_first = a_sighting("further", ref=further, network="bluesky", hashtags=())
    await keep(scene, source, answered(in_reply_to=further), asked_first)
    assert await posts_and_authors(scene) == (4, 2)

    await scene.offer(Removal(ref="two"), by=source, at=LATER)

    assert await posts_and_authors(scene) == (2, 2)
    assert await wanted(scene) == []


async def test_where_posts_wait_for_approval_what_they_answer_is_wanted_and_what_they_quote_is_not(
    scene: Scene,
) -> None:
    careful = await scene.add_event(slug="careful", moderation="before")
    source = await scene.add_source(careful, kind="bluesky")
    await scene.offer(answer(quotes="https://bluesky.example/posts/quoted"), by=source)

    assert await wanted(scene) == [URI]


async def test_only_the_newest_of_many_answers_are_told(scene: Scene) -> None:
    many = telling.NEWEST + 5
    source = await scene.add_source(kind="bluesky")
    crowd = [answer(f"no {n}", published_at=NOON - n * SECOND) for n in range(many)]
    await scene.offer(*crowd, by=source)
    shown = (await scene.store.read(items.page, scene.event.id, limit=many)).items
    await keep(scene, source, answered())
    seq = await scene.seq()

    await scene.offer(Removal(ref=URI), by=source, at=LATER)

    told = {subject for _, subject in await scene.kinds(after=seq)}
    assert told == {item.id for item in shown[: telling.NEWEST]}


def _hide(writing: Writing, uri: str) -> None:
    here = item_rows.c.post_id.in_(select(post_rows.c.id).where(post_rows.c.uri == uri))
    writing.execute(update(item_rows).where(here).values(state=items.State.HIDDEN.value, reason=None))
