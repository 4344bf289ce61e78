"""Edits replace, once, whoever tells of them; and are judged like new posts."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import update

from storage import events, items
from storage.tables import items as item_rows
from storage.writing import Writing
from tests.factories import DAY, HOUR, MINUTE, NOON, SECOND, a_picture, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.post import Poll, PollOption

EDIT = NOON + MINUTE


async def test_an_edit_replaces_the_words_and_keeps_the_place(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), by=source)
    [before] = await scene.shown()
    seq = await scene.seq()

    accepted = await scene.offer(a_sighting("one", html="<p>Mended #harbour26</p>", edited_at=EDIT), by=source, at=EDIT)

    [item] = await scene.shown()
    assert (accepted.added, accepted.changed) == (0, 1)
    assert (item.id, item.published_at, item.first_seen_at) == (before.id, before.published_at, before.first_seen_at)
    assert (item.post.text, item.post.edited_at) == ("Mended #harbour26", EDIT)
    assert await scene.kinds(after=seq) == [("item.changed", item.id)]


@pytest.mark.parametrize(("words", "kept"), [("Boats  are blue", "are  blue"), ("Boats are red", None)])
async def test_a_phrase_goes_with_the_words_it_was_taken_from(scene: Scene, words: str, kept: str | None) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one", html="<p>Boats are blue</p>"), by=source)
    await scene.store.write(lambda writing: writing.execute(update(item_rows).values(phrase="are  blue")))

    await scene.offer(a_sighting("one", html=f"<p>{words} today</p>", edited_at=EDIT), by=source, at=EDIT)

    [item] = await scene.shown()
    assert (item.post.text, item.phrase) == (f"{' '.join(words.split())} today", kept)


async def test_an_older_edit_that_comes_after_a_newer_one_is_ignored(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(
        a_sighting("one", html="<p>Third #harbour26</p>", edited_at=EDIT + MINUTE), by=source, at=NOON + HOUR
    )
    seq = await scene.seq()

    await scene.offer(a_sighting("one", html="<p>Second #harbour26</p>", edited_at=EDIT), by=source, at=NOON + HOUR)
    await scene.offer(a_sighting("one", html="<p>First #harbour26</p>"), by=source, at=NOON + HOUR)

    assert await scene.texts() == ["Third #harbour26"]
    assert await scene.seq() == seq


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_versions_in_any_order_end_at_the_newest(scene: Scene, order: tuple[int, ...]) -> None:
    source = await scene.add_source()
    versions = [
        a_sighting("one", html=f"<p>Version {n} #harbour26</p>", edited_at=EDIT + timedelta(seconds=n) if n else None)
        for n in range(3)
    ]

    for n in order:
        await scene.offer(versions[n], by=source, at=NOON + HOUR)

    assert await scene.texts() == ["Version 2 #harbour26"]


async def test_an_edit_told_by_another_server_counts_once(scene: Scene) -> None:
    first, second = await scene.add_source(), await scene.add_source(address="https://other.example")
    await scene.offer(a_sighting("one"), by=first)
    await scene.offer(a_sighting("one", ref="2", html="<p>As  rendered elsewhere #harbour26</p>"), by=second)
    assert await scene.texts() == ["Words of one at #harbour26"]

    told_by_second = a_sighting("one", ref="2", html="<p>Mended, elsewhere #harbour26</p>", edited_at=EDIT)
    told_by_first = a_sighting("one", html="<p>Mended #harbour26</p>", edited_at=EDIT)
    assert (await scene.offer(told_by_second, by=second, at=EDIT)).changed == 1
    assert (await scene.offer(told_by_first, by=first, at=EDIT)).changed == 0
    assert (await scene.offer(told_by_second, by=second, at=EDIT)).changed == 0

    assert await scene.texts() == ["Mended, elsewhere #harbour26"]


async def test_pictures_follow_an_edit_and_the_ones_we_have_stay(scene: Scene) -> None:
    source = await scene.add_source()
    kept, gone = a_picture(), a_picture(source_url="https://files.example/gone.jpg")
    fresh = a_picture(source_url="https://files.example/fresh.jpg", alt="New")
    await scene.offer(a_sighting("one", media=(kept, gone)), by=source)

    await scene.offer(a_sighting("one", media=(fresh, kept), edited_at=EDIT), by=source, at=EDIT)

    [item] = await scene.shown()
    assert item.post.media == (fresh, kept)


async def test_a_picture_whose_address_is_signed_anew_is_no_edit(scene: Scene) -> None:
    source = await scene.add_source(kind="feed")
    picture = "https://files.example/quay.jpg?signature="
    await scene.offer(a_sighting("one", network="feed", media=(a_picture(source_url=picture + "1"),)), by=source)

    again = a_sighting("one", network="feed", media=(a_picture(source_url=picture + "2"),))

    assert (await scene.offer(again, by=source)).changed == 0


async def test_new_votes_are_no_edit(scene: Scene) -> None:
    event = await scene.add_event(slug="careful", moderation="before")
    source = await scene.add_source(event, trusted=True)

    def poll(votes: int) -> Poll:
        return Poll(options=(PollOption(text="Yes", votes=votes), PollOption(text="No", votes=0)))

    await scene.offer(a_sighting("one", poll=poll(1)), by=source)

    accepted = await scene.offer(a_sighting("one", poll=poll(2)), by=source)

    [item] = await scene.shown(event)
    assert (accepted.changed, item.post.poll) == (0, poll(2))


async def test_an_edit_that_loses_the_tag_leaves_the_event_and_one_that_regains_it_returns(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), by=source)
    [item] = await scene.shown()
    seq = await scene.seq()

    untagged = a_sighting("one", html="<p>No tag</p>", hashtags=(), edited_at=EDIT)
    await scene.offer(untagged, by=source, at=EDIT)
    assert await scene.shown() == []
    assert await scene.kinds(after=seq) == [("item.removed", item.id)]

    await scene.offer(a_sighting("one", edited_at=EDIT + SECOND), by=source, at=EDIT + SECOND)
    assert [back.id for back in await scene.shown()] == [item.id]
    assert (await scene.kinds(after=seq))[-1] == ("item.added", item.id)


async def test_an_edit_that_loses_the_tag_stays_while_another_source_claims_it(scene: Scene) -> None:
    tagged = await scene.add_source()
    followed = await scene.add_source(
        address="https://own.example", settings={"accounts": ["@ottilie@mastodon.example"]}
    )
    await scene.offer(a_sighting("one"), by=[tagged, followed])

    await scene.offer(a_sighting("one", html="<p>No tag</p>", hashtags=(), edited_at=EDIT), by=tagged, at=EDIT)

    assert await scene.texts() == ["No tag"]


async def test_under_moderation_before_an_edit_waits_for_approval_again(scene: Scene) -> None:
    event = await scene.add_event(slug="careful", moderation="before")
    source = await scene.add_source(event)
    await scene.offer(a_sighting("one"), by=source)
    await scene.store.write(_approve, event.id)
    [item] = await scene.shown(event)
    seq = await scene.seq(event)

    await scene.offer(a_sighting("one", html="<p>Mended #harbour26</p>", edited_at=EDIT), by=source, at=EDIT)

    assert await scene.shown(event) == []
    assert await scene.kinds(after=seq, event=event) == [("item.removed", item.id)]
    [step] = await scene.steps(after=seq, event=event, staff=True)
    assert step.item is not None
    assert (step.item.reason, step.item.checked, step.item.post.text) == (
        "waiting for approval", False, "Mended #harbour26",
    )  # fmt: skip


async def test_what_a_person_hid_no_edit_brings_back(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), by=source)
    await scene.store.write(_hide, scene.event.id)
    seq = await scene.seq()

    await scene.offer(a_sighting("one", html="<p>Mended #harbour26</p>", edited_at=EDIT), by=source, at=EDIT)

    assert await scene.shown() == []
    assert await scene.kinds(after=seq) == []


async def test_an_edit_reaches_every_event_that_shows_the_post(scene: Scene) -> None:
    other = await scene.add_event(slug="boats26", hashtags=("boats26",))
    first, second = await scene.add_source(), await scene.add_source(other)
    both = ("harbour26", "boats26")
    await scene.offer(a_sighting("one", hashtags=both), by=[first, second])
    seq = await scene.seq(other)

    await scene.offer(a_sighting("one", html="<p>Mended</p>", hashtags=both, edited_at=EDIT), by=[first], at=EDIT)

    assert await scene.texts(other) == ["Mended"]
    assert [kind for kind, _ in await scene.kinds(after=seq, event=other)] == ["item.changed"]


async def test_a_feed_without_dates_of_edit_is_believed_while_it_is_the_teller(scene: Scene) -> None:
    source = await scene.add_source(kind="feed")
    await scene.offer(a_sighting("one", network="feed", html="<p>First</p>"), by=source)

    await scene.offer(a_sighting("one", network="feed", html="<p>Second</p>"), by=source)
    await scene.offer(a_sighting("one", network="feed", html="<p>First</p>"), by=source)

    assert await scene.texts() == ["First"]


async def test_an_edit_may_bring_a_new_name(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), a_sighting("two"), by=source)

    renamed = a_sighting("two", html="<p>Mended #harbour26</p>", author=an_author(name="Ottilie B."), edited_at=EDIT)
    await scene.offer(renamed, by=source, at=EDIT)

    assert [item.post.author.name for item in await scene.shown()] == ["Ottilie B.", "Ottilie B."]


async def test_an_archived_event_takes_nothing_new(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), by=source)
    await scene.store.write(events.archive, "harbour26", at=NOON + HOUR)

    await scene.offer(a_sighting("two"), by=source, at=NOON + DAY)
    await scene.offer(a_sighting("one", html="<p>Mended #harbour26</p>", edited_at=EDIT), by=source, at=NOON + DAY)

    assert await scene.texts() == ["Mended #harbour26"]


def _approve(writing: Writing, event_id: int) -> None:
    """What a person does on the desk."""
    shown = {"state": items.State.SHOWN.value, "reason": None, "checked": True}
    writing.execute(update(item_rows).where(item_rows.c.event_id == event_id).values(**shown))


def _hide(writing: Writing, event_id: int) -> None:
    hidden = {"state": items.State.HIDDEN.value, "reason": None}
    writing.execute(update(item_rows).where(item_rows.c.event_id == event_id).values(**hidden))
