"""A card shows what its post quotes, as it is now, and only where it may be shown."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from storage import items, quotations
from storage.tables import authors as author_rows
from storage.tables import items as item_rows
from storage.tables import posts as post_rows
from storage.writing import Writing
from tests.factories import MINUTE, NOON, SECOND, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.post import AuthorGone, AuthorUpdate, Removal, Sighting

LATER = NOON + MINUTE
URI = "https://bluesky.example/posts/quoted"
MIRKO = an_author("Mirko Adeyemi", network="bluesky")


def quoted(**more: object) -> Sighting:
    """A post that mentions no event; its network calls it by its uri."""
    told = {"network": "bluesky", "author": MIRKO, "hashtags": (), "html": "<p>Quoted words</p>"}
    return a_sighting("quoted", ref=URI, **told | more)


async def quoting(scene: Scene, **event: object) -> int:
    """A source of an event (a new one where told of it) in which one post quotes another."""
    place = await scene.add_event(slug="other", **event) if event else scene.event
    source = await scene.add_source(place, kind="bluesky")
    await scene.offer(a_sighting("one", network="bluesky", quotes=URI), by=source)
    return source


async def keep(scene: Scene, source: int, *heard: object) -> int:
    return await scene.store.write(quotations.keep, heard, source_id=source, at=LATER)


async def words(scene: Scene) -> list[str | None]:
    """What the cards of the event quote."""
    shown = await scene.shown()
    return [item.quotation.post.text if item.quotation and item.quotation.post else None for item in shown]


async def posts_and_authors(scene: Scene) -> tuple[int, int]:
    def count(reading: object) -> tuple[int, int]:
        return tuple(reading.scalar(select(func.count()).select_from(table)) for table in (post_rows, author_rows))  # type: ignore[attr-defined, return-value]

    return await scene.store.read(count)


async def test_a_quoted_post_is_wanted_until_we_have_it_and_stands_in_the_card(scene: Scene) -> None:
    source = await quoting(scene)
    assert await scene.store.read(quotations.wanted, "bluesky", limit=9, at=LATER) == [URI]
    assert await words(scene) == [None]
    seq = await scene.seq()

    assert await keep(scene, source, quoted()) == 1

    [item] = await scene.shown()
    assert item.quotation is not None
    assert item.quotation.post is not None
    assert (item.quotation.post.text, item.quotation.post.author, item.quotation.item_id) == (
        "Quoted words", MIRKO, None,
    )  # fmt: skip
    assert await scene.kinds(after=seq) == [("item.changed", item.id)]
    assert await scene.store.read(quotations.wanted, "bluesky", limit=9, at=LATER) == []


async def test_it_follows_edits_and_names(scene: Scene) -> None:
    source = await quoting(scene)
    await keep(scene, source, quoted())
    [item] = await scene.shown()
    seq = await scene.seq()

    await scene.offer(quoted(html="<p>Mended</p>", edited_at=LATER), by=source, at=LATER)
    assert await words(scene) == ["Mended"]
    assert await scene.kinds(after=seq) == [("item.changed", item.id)]

    seq = await scene.seq()
    await scene.offer(AuthorUpdate(author=an_author("Mirko A.", uri=MIRKO.uri, network="bluesky")), by=source, at=LATER)
    [item] = await scene.shown()
    assert item.quotation is not None
    assert item.quotation.post is not None
    assert item.quotation.post.author.name == "Mirko A."
    assert await scene.kinds(after=seq) == [("item.changed", item.id)]


@pytest.mark.parametrize("notice", [Removal(ref=URI), AuthorGone(network="bluesky", uri=MIRKO.uri)])
async def test_what_is_removed_at_its_source_leaves_the_card_and_never_comes_back(
    scene: Scene, notice: Removal | AuthorGone
) -> None:
    source = await quoting(scene)
    await keep(scene, source, quoted())
    assert await words(scene) == ["Quoted words"]
    seq = await scene.seq()

    await scene.offer(notice, by=source, at=LATER)

    [item] = await scene.shown()
    assert item.quotation is not None
    assert item.quotation.post is None
    assert await scene.kinds(after=seq) == [("item.changed", item.id)]
    assert await posts_and_authors(scene) == (1, 1)
    assert await keep(scene, source, quoted()) == 0
    assert await words(scene) == [None]


async def test_one_that_is_gone_already_says_so(scene: Scene) -> None:
    source = await quoting(scene)

    await keep(scene, source, Removal(ref=URI))

    [item] = await scene.shown()
    assert item.quotation is not None
    assert item.quotation.post is None
    assert await scene.store.read(quotations.wanted, "bluesky", limit=9, at=LATER) == []


async def test_who_does_not_want_to_be_shown_is_not_quoted(scene: Scene) -> None:
    source = await quoting(scene)
    opted_out = an_author("Mirko Adeyemi", network="bluesky", labels=("!no-unauthenticated",))
    await keep(scene, source, quoted(author=opted_out))
    assert await posts_and_authors(scene) == (1, 1)

    await keep(scene, source, quoted())
    assert await words(scene) == ["Quoted words"]
    await scene.offer(AuthorUpdate(author=opted_out), by=source, at=LATER)

    assert await words(scene) == [None]


async def test_where_posts_wait_for_approval_nothing_is_quoted_unseen(scene: Scene) -> None:
    source = await quoting(scene)
    careful = await scene.add_event(slug="careful", moderation="before")
    await scene.offer(
        a_sighting("one", network="bluesky", quotes=URI), by=await scene.add_source(careful, kind="bluesky")
    )
    await scene.store.write(_approve)
    await keep(scene, source, quoted())
    assert await words(scene) == ["Quoted words"]

    [item] = await scene.shown(careful)

    assert item.quotation is None


async def test_what_is_hidden_in_its_own_place_is_hidden_as_a_quotation(scene: Scene) -> None:
    source = await quoting(scene)
    await scene.offer(quoted(hashtags=("harbour26",)), by=source)
    assert await words(scene) == [None, "Quoted words"] or await words(scene) == ["Quoted words", None]

    await scene.store.write(_hide, URI)

    assert await words(scene) == [None]


async def test_a_quoted_post_that_mentions_the_event_takes_its_own_place(scene: Scene) -> None:
    source = await quoting(scene)
    await keep(scene, source, quoted(hashtags=("harbour26",)))
    assert len(await scene.shown()) == 1

    await scene.offer(quoted(hashtags=("harbour26",)), by=source, at=LATER)

    shown = await scene.shown()
    assert len(shown) == 2
    [quotation] = [item.quotation for item in shown if item.quotation]
    assert quotation.item_id in {item.id for item in shown}


async def test_with_the_last_post_that_quotes_it_a_quoted_post_goes(scene: Scene) -> None:
    source = await quoting(scene)
    await scene.offer(a_sighting("two", network="bluesky", quotes=URI), by=source)
    await keep(scene, source, quoted())
    assert await posts_and_authors(scene) == (3, 2)

    await scene.offer(Removal(ref="one"), by=source, at=LATER)
    assert await posts_and_authors(scene) == (2, 2)
    unquoted = a_sighting("two", network="bluesky", html="<p>#harbour26</p>", edited_at=LATER)
    await scene.offer(unquoted, by=source, at=LATER)

    assert await posts_and_authors(scene) == (1, 1)


async def test_only_what_is_new_in_events_that_collect_is_wanted(scene: Scene) -> None:
    await quoting(scene, collect_until=NOON + SECOND * 2)

    assert await scene.store.read(quotations.wanted, "bluesky", limit=9, at=NOON + SECOND) == [URI]
    assert await scene.store.read(quotations.wanted, "bluesky", limit=9, at=NOON + MINUTE) == []
    assert await scene.store.read(quotations.wanted, "mastodon", limit=9, at=NOON + SECOND) == []
    assert await scene.store.read(quotations.wanted, "bluesky", limit=9, at=NOON + timedelta(days=2)) == []


def _approve(writing: Writing) -> None:
    writing.execute(update(item_rows).values(state=items.State.SHOWN.value, reason=None, shown_at=NOON))


def _hide(writing: Writing, uri: str) -> None:
    here = item_rows.c.post_id.in_(select(post_rows.c.id).where(post_rows.c.uri == uri))
    writing.execute(update(item_rows).where(here).values(state=items.State.HIDDEN.value, reason=None))
