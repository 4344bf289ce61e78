"""A new name or picture of an author is judged before it shows; what waits is neither shown nor fetched."""

import pytest
from sqlalchemy import update

from storage import authors, items, media
from storage.tables import events as event_rows
from storage.tables import items as item_rows
from storage.writing import Writing
from tests.factories import DAY, HOUR, MINUTE, NOON, SECOND, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.event import Event
from timeline.post import Author, AuthorUpdate, Removal

LATER = NOON + MINUTE
BEFORE = an_author("Ottilie Brandvold", avatar="https://files.example/old.jpg")
AFTER = an_author("Buy Boats Here", uri=BEFORE.uri, handle="@boats", avatar="https://files.example/new.jpg")


@pytest.fixture
async def careful(scene: Scene) -> Event:
    """An event where posts wait for approval."""
    return await scene.add_event(slug="careful", moderation="before")


async def shown_author(scene: Scene, event: Event) -> Author:
    [item] = await scene.shown(event)
    return item.post.author


async def wanted(scene: Scene) -> list[str]:
    return [one.source_url for one in await scene.store.read(media.pending, 10, NOON + DAY)]


async def approved(scene: Scene, event: Event, **source: object) -> int:
    """A source of a careful event, with one post by ``BEFORE`` that somebody approved."""
    told_by = await scene.add_source(event, **source)
    await scene.offer(a_sighting("one", author=BEFORE), by=told_by)
    await scene.store.write(_approve_posts)
    return told_by


async def test_where_posts_are_shown_at_once_a_new_name_is_too(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one", author=BEFORE), by=source)

    await scene.offer(AuthorUpdate(author=AFTER), by=source, at=LATER)

    assert await shown_author(scene, scene.event) == AFTER
    assert AFTER.avatar in await wanted(scene)
    assert await scene.store.read(authors.offers, limit=10) == []


async def test_where_posts_wait_for_approval_a_new_name_and_picture_wait_too(scene: Scene, careful: Event) -> None:
    source = await approved(scene, careful)
    seq = await scene.seq(careful)

    await scene.offer(a_sighting("two", author=AFTER), by=source, at=LATER)

    assert await shown_author(scene, careful) == BEFORE
    assert AFTER.avatar not in await wanted(scene)
    assert await scene.kinds(after=seq, event=careful) == []
    [offer] = await scene.store.read(authors.offers, limit=10)
    assert (offer.author, offer.offered, offer.at) == (BEFORE, AFTER, LATER)


async def test_an_approved_name_reaches_every_card_and_its_picture_is_fetched(scene: Scene, careful: Event) -> None:
    source = await approved(scene, careful)
    await scene.offer(AuthorUpdate(author=AFTER), by=source, at=LATER)
    [offer] = await scene.store.read(authors.offers, limit=10)
    seq = await scene.seq(careful)

    assert await scene.store.write(authors.approve, offer.author_id, at=LATER)

    [item] = await scene.shown(careful)
    assert item.post.author == AFTER
    assert await wanted(scene) == [AFTER.avatar]
    assert await scene.kinds(after=seq, event=careful) == [("item.changed", item.id)]
    assert not await scene.store.write(authors.approve, offer.author_id, at=LATER)


async def test_a_dismissed_name_is_not_offered_again_and_another_one_is(scene: Scene, careful: Event) -> None:
    source = await approved(scene, careful)
    await scene.offer(AuthorUpdate(author=AFTER), by=source, at=LATER)
    [offer] = await scene.store.read(authors.offers, limit=10)

    assert await scene.store.write(authors.dismiss, offer.author_id)
    assert not await scene.store.write(authors.dismiss, offer.author_id)
    await scene.offer(AuthorUpdate(author=AFTER), by=source, at=LATER + HOUR)
    assert await scene.store.read(authors.offers, limit=10) == []

    other = an_author("Buy Ships Here", uri=BEFORE.uri)
    await scene.offer(AuthorUpdate(author=other), by=source, at=LATER + 2 * HOUR)
    assert [offer.offered.name for offer in await scene.store.read(authors.offers, limit=10)] == ["Buy Ships Here"]
    assert await shown_author(scene, careful) == BEFORE


async def test_who_goes_back_to_the_approved_name_offers_nothing(scene: Scene, careful: Event) -> None:
    source = await approved(scene, careful)
    await scene.offer(AuthorUpdate(author=AFTER), by=source, at=LATER)

    await scene.offer(AuthorUpdate(author=BEFORE), by=source, at=LATER + SECOND)

    assert await scene.store.read(authors.offers, limit=10) == []


async def test_a_trusted_source_answers_for_its_authors(scene: Scene, careful: Event) -> None:
    source = await scene.add_source(careful, trusted=True)
    await scene.offer(a_sighting("one", author=BEFORE), by=source)

    await scene.offer(AuthorUpdate(author=AFTER), by=source, at=LATER)

    assert await shown_author(scene, careful) == AFTER


async def test_one_careful_event_makes_a_name_wait_everywhere(scene: Scene, careful: Event) -> None:
    both = [await scene.add_source(), await scene.add_source(careful)]
    await scene.offer(a_sighting("one", author=BEFORE), by=both)
    await scene.store.write(_approve_posts)

    await scene.offer(AuthorUpdate(author=AFTER), by=both, at=LATER)

    assert await shown_author(scene, scene.event) == BEFORE
    assert await shown_author(scene, careful) == BEFORE


async def test_the_first_profile_belongs_to_the_approval_of_a_held_post(scene: Scene, careful: Event) -> None:
    source = await scene.add_source(careful, kind="bluesky")
    bare = an_author("did:example:1", network="bluesky", handle="", known=False)
    await scene.offer(a_sighting("one", network="bluesky", author=bare), by=source)
    seq = await scene.seq(careful)

    told = an_author("Mirko Adeyemi", network="bluesky", uri=bare.uri)
    await scene.offer(AuthorUpdate(author=told), by=source, at=LATER)

    step = (await scene.steps(after=seq, event=careful, staff=True))[-1]
    assert step.item is not None
    assert step.item.post.author == told
    assert await scene.store.read(authors.offers, limit=10) == []


async def test_a_post_approved_under_a_bare_name_keeps_it_and_its_author_is_not_asked_for_for_ever(
    scene: Scene, careful: Event
) -> None:
    source = await scene.add_source(careful, kind="bluesky")
    bare = an_author("did:example:1", network="bluesky", handle="", known=False)
    await scene.offer(a_sighting("one", network="bluesky", author=bare), by=source)
    await scene.store.write(_approve_posts)

    told = an_author("Mirko Adeyemi", network="bluesky", uri=bare.uri)
    await scene.offer(AuthorUpdate(author=told), by=source, at=LATER)

    assert (await shown_author(scene, careful)).name == bare.name
    assert [offer.offered.name for offer in await scene.store.read(authors.offers, limit=10)] == [told.name]
    assert await scene.store.read(authors.unknown, "bluesky", 10, LATER) == []


async def test_consent_that_is_taken_back_never_waits(scene: Scene, careful: Event) -> None:
    source = await approved(scene, careful)
    assert len(await scene.shown(careful)) == 1

    opted_out = an_author("Buy Boats Here", uri=BEFORE.uri, labels=("!no-unauthenticated",))
    await scene.offer(AuthorUpdate(author=opted_out), by=source, at=LATER)

    assert await scene.shown(careful) == []


async def test_where_approval_is_no_longer_asked_for_the_next_notice_shows_the_name(
    scene: Scene, careful: Event
) -> None:
    source = await approved(scene, careful)
    await scene.offer(AuthorUpdate(author=AFTER), by=source, at=LATER)
    await scene.store.write(_moderate_after)

    await scene.offer(AuthorUpdate(author=AFTER), by=source, at=LATER + SECOND)

    assert await shown_author(scene, careful) == AFTER
    assert await scene.store.read(authors.offers, limit=10) == []


async def test_an_edit_with_a_new_name_shows_neither(scene: Scene, careful: Event) -> None:
    source = await approved(scene, careful)

    edited = a_sighting("one", html="<p>Mended #harbour26</p>", author=AFTER, edited_at=LATER)
    await scene.offer(edited, by=source, at=LATER)

    assert await scene.shown(careful) == []
    assert AFTER.avatar not in await wanted(scene)


async def test_what_waits_goes_with_the_last_post(scene: Scene, careful: Event) -> None:
    source = await approved(scene, careful)
    await scene.offer(AuthorUpdate(author=AFTER), by=source, at=LATER)
    assert len(await scene.store.read(authors.offers, limit=10)) == 1

    await scene.offer(Removal(ref="one"), by=source, at=LATER)

    assert await scene.store.read(authors.offers, limit=10) == []


def _approve_posts(writing: Writing) -> None:
    """What a person does on the desk."""
    shown = {"state": items.State.SHOWN.value, "reason": None, "checked": True, "shown_at": NOON}
    writing.execute(update(item_rows).values(**shown))


def _moderate_after(writing: Writing) -> None:
    writing.execute(update(event_rows).values(moderation="after"))
