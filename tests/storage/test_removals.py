"""What is removed is gone everywhere, and stays gone."""

import pytest

from storage import authors, intake, items, media
from tests.factories import DAY, MINUTE, NOON, SECOND, a_picture, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.errors import ErasedItem, NoSuchItem
from timeline.post import AuthorAway, AuthorGone, AuthorUpdate, Removal

LATER = NOON + MINUTE


async def test_a_removed_post_is_gone_and_its_page_says_so(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one", ref="77", media=(a_picture(),)), by=source)
    [item] = await scene.shown()
    seq = await scene.seq()

    accepted = await scene.offer(Removal(ref="77"), by=source, at=LATER)

    assert (accepted.removed, await scene.shown()) == (1, [])
    assert await scene.kinds(after=seq) == [("item.removed", item.id)]
    with pytest.raises(ErasedItem):
        await scene.store.read(items.by_id, item.id)
    with pytest.raises(NoSuchItem):
        await scene.store.read(items.by_id, item.id + 1)
    assert await scene.store.read(media.pending, 10, LATER) == []
    assert await scene.store.read(intake.knows, ["77"], source_ids=[source]) == set()


async def test_a_removed_post_never_comes_back_through_any_source(scene: Scene) -> None:
    first, second = await scene.add_source(), await scene.add_source(address="https://other.example")
    await scene.offer(a_sighting("one", ref="77"), by=first)
    await scene.offer(Removal(ref="77"), by=first)

    again = await scene.offer(a_sighting("one", ref="77"), by=first)
    elsewhere = await scene.offer(a_sighting("one", ref="88"), by=second)
    renamed = await scene.offer(a_sighting("other-uri", ref="77"), by=first)

    assert [one.dropped for one in (again, elsewhere, renamed)] == [{"removed before": 1}] * 3
    assert await scene.shown() == []


async def test_a_post_removed_and_offered_again_in_one_batch_stays_gone(scene: Scene) -> None:
    source = await scene.add_source()

    accepted = await scene.offer(a_sighting("one"), Removal(ref="one"), a_sighting("one"), a_sighting("two"), by=source)

    assert (accepted.added, accepted.removed, accepted.dropped) == (2, 1, {"removed before": 1})
    assert await scene.texts() == ["Words of two at #harbour26"]


async def test_a_removal_that_comes_before_its_post_is_remembered_where_removals_are_scoped(scene: Scene) -> None:
    source = await scene.add_source()

    await scene.offer(Removal(ref="77"), a_sighting("one", ref="77"), by=source)

    assert await scene.shown() == []


async def test_a_removal_before_its_post_takes_what_another_server_shows(scene: Scene) -> None:
    first, second = await scene.add_source(), await scene.add_source(address="https://other.example")
    await scene.offer(Removal(ref="77"), by=first)
    await scene.offer(a_sighting("one", ref="88"), by=second)

    late = await scene.offer(a_sighting("one", ref="77"), by=first, at=LATER)
    again = await scene.offer(a_sighting("one", ref="88"), by=second, at=LATER)

    assert (late.removed, late.dropped, again.dropped) == (1, {}, {"removed before": 1})
    assert await scene.shown() == []


async def test_a_firehose_of_removals_leaves_no_traces(scene: Scene) -> None:
    source = await scene.add_source(kind="bluesky")
    uri = "https://bluesky.example/posts/one"

    await scene.offer(Removal(ref=uri), a_sighting("one", network="bluesky", ref=uri), by=source)

    assert len(await scene.shown()) == 1


async def test_a_removal_reaches_every_event(scene: Scene) -> None:
    other = await scene.add_event(slug="boats26", hashtags=("boats26",))
    first, second = await scene.add_source(), await scene.add_source(other)
    await scene.offer(a_sighting("one", hashtags=("harbour26", "boats26")), by=[first, second])
    assert len(await scene.shown(other)) == 1

    await scene.offer(Removal(ref="one"), by=first)

    assert await scene.shown(other) == []


async def test_a_firehose_may_remove_what_another_of_its_sources_showed(scene: Scene) -> None:
    first = await scene.add_source(kind="bluesky")
    second = await scene.add_source(kind="bluesky", address="another host")
    uri = "https://bluesky.example/posts/one"
    await scene.offer(a_sighting("one", network="bluesky", ref=uri), by=first)
    assert await scene.store.read(intake.knows, [uri, "at://nobody"], source_ids=[second]) == {uri}

    await scene.offer(Removal(ref=uri), by=second)

    assert await scene.shown() == []


async def test_an_account_that_is_gone_takes_all_its_posts_along(scene: Scene) -> None:
    source = await scene.add_source()
    ana, ben = an_author("Ana Lindqvist"), an_author("Ben Okoro")
    await scene.offer(
        a_sighting("one", author=ana), a_sighting("two", author=ana), a_sighting("three", author=ben), by=source
    )

    accepted = await scene.offer(AuthorGone(network="mastodon", uri=ana.uri), by=source)

    assert accepted.removed == 2
    assert [item.post.author.name for item in await scene.shown()] == ["Ben Okoro"]
    again = await scene.offer(a_sighting("one", author=ana), by=source)
    assert again.dropped == {"removed before": 1}


async def test_with_the_last_post_goes_what_we_know_of_its_author(scene: Scene) -> None:
    source = await scene.add_source()
    unknown = an_author(known=False)
    await scene.offer(a_sighting("one", author=unknown), by=source)
    assert await scene.store.read(authors.unknown, "mastodon", 10, NOON) == [unknown.uri]

    await scene.offer(Removal(ref="one"), by=source)

    assert await scene.store.read(authors.unknown, "mastodon", 10, NOON + 9 * DAY) == []


async def test_to_the_public_the_removal_of_a_held_post_is_nothing(scene: Scene) -> None:
    event = await scene.add_event(slug="careful", moderation="before")
    source = await scene.add_source(event)
    await scene.offer(a_sighting("one"), by=source)
    seq = await scene.seq(event)
    [held] = await scene.steps(after=1, event=event, staff=True)

    await scene.offer(Removal(ref="one"), by=source)

    assert await scene.kinds(after=seq, event=event) == []
    assert await scene.kinds(after=seq, event=event, staff=True) == [("item.removed", held.change.subject)]


async def test_of_a_post_that_never_was_in_sight_not_even_the_address_stays(scene: Scene) -> None:
    event = await scene.add_event(slug="careful", moderation="before")
    source = await scene.add_source(event)
    await scene.offer(a_sighting("one"), by=source)
    [held] = await scene.steps(after=1, event=event, staff=True)
    assert held.item is not None
    assert held.item.post.text == "Words of one at #harbour26"

    await scene.offer(Removal(ref="one"), by=source)

    with pytest.raises(NoSuchItem) as refusal:
        await scene.store.read(items.by_id, held.item.id)
    assert not isinstance(refusal.value, ErasedItem)


async def test_the_address_of_a_post_that_was_in_sight_once_says_that_it_was_removed(scene: Scene) -> None:
    source = await scene.add_source(kind="bluesky")
    author = an_author(network="bluesky")
    await scene.offer(a_sighting("one", network="bluesky", author=author), by=source)
    [item] = await scene.shown()
    opted_out = an_author(network="bluesky", labels=("!no-unauthenticated",))
    await scene.offer(AuthorUpdate(author=opted_out), by=source, at=LATER)
    assert await scene.shown() == []

    await scene.offer(Removal(ref="one"), by=source, at=LATER)

    with pytest.raises(ErasedItem):
        await scene.store.read(items.by_id, item.id)


async def test_an_address_that_came_into_sight_later_says_so_too(scene: Scene) -> None:
    event = await scene.add_event(slug="strict", consent="strict")
    source = await scene.add_source(event, kind="bluesky")
    bare = an_author(network="bluesky", known=False)
    await scene.offer(a_sighting("one", network="bluesky", author=bare), by=source)
    assert await scene.shown(event) == []
    await scene.offer(AuthorUpdate(author=an_author(network="bluesky")), by=source, at=LATER)
    [item] = await scene.shown(event)

    await scene.offer(Removal(ref="one"), by=source, at=LATER)

    with pytest.raises(ErasedItem):
        await scene.store.read(items.by_id, item.id)


class TestAuthors:
    """Who said it may tell us more, or take leave back."""

    async def test_a_profile_that_comes_later_completes_the_cards(self, scene: Scene) -> None:
        source = await scene.add_source(kind="bluesky")
        bare = an_author("did:example:1", network="bluesky", handle="", known=False)
        await scene.offer(a_sighting("one", network="bluesky", author=bare), by=source)
        [before] = await scene.shown()
        seq = await scene.seq()

        told = an_author("Mirko Adeyemi", network="bluesky", uri=bare.uri, avatar="https://files.example/mirko.jpg")
        await scene.offer(AuthorUpdate(author=told), by=source, at=LATER)
        await scene.offer(a_sighting("two", network="bluesky", author=bare), by=source, at=LATER)

        assert before.post.author == bare
        assert [item.post.author for item in await scene.shown()] == [told, told]
        assert (await scene.kinds(after=seq))[0] == ("item.changed", before.id)
        assert await scene.store.read(authors.unknown, "bluesky", 10, LATER) == []
        assert await scene.store.read(authors.unknown, "bluesky", 10, LATER + 2 * DAY) == [bare.uri]

    async def test_who_opted_out_is_withdrawn_and_may_come_back(self, scene: Scene) -> None:
        source = await scene.add_source(kind="bluesky")
        author = an_author(network="bluesky")
        await scene.offer(a_sighting("one", network="bluesky", author=author), by=source)
        [item] = await scene.shown()
        seq = await scene.seq()

        opted_out = an_author(network="bluesky", labels=("!no-unauthenticated",))
        await scene.offer(AuthorUpdate(author=opted_out), by=source, at=LATER)
        assert await scene.shown() == []
        assert ("item.removed", item.id) in await scene.kinds(after=seq)
        await scene.offer(a_sighting("two", network="bluesky", author=opted_out), by=source, at=LATER)
        assert await scene.shown() == []

        await scene.offer(AuthorUpdate(author=author), by=source, at=LATER + SECOND)
        assert len(await scene.shown()) == 2

    @pytest.mark.parametrize("label", ["!suspend", "!deactivated"])
    async def test_who_is_away_is_withheld_and_shown_again_when_back(self, scene: Scene, label: str) -> None:
        source = await scene.add_source(kind="bluesky")
        author = an_author(network="bluesky", labels=("kept",))
        await scene.offer(a_sighting("one", network="bluesky", author=author), by=source)
        [before] = await scene.shown()

        await scene.offer(AuthorAway(network="bluesky", uri=author.uri, label=label), by=source, at=LATER)
        await scene.offer(AuthorAway(network="bluesky", uri="did:example:stranger", label=label), by=source, at=LATER)
        assert await scene.shown() == []

        await scene.offer(AuthorAway(network="bluesky", uri=author.uri, label=None), by=source, at=LATER)
        [after] = await scene.shown()
        assert (after.id, after.post) == (before.id, before.post)

    async def test_a_profile_of_somebody_whose_posts_are_gone_is_not_kept(self, scene: Scene) -> None:
        source = await scene.add_source(kind="bluesky")
        author = an_author(network="bluesky", known=False)
        await scene.offer(a_sighting("one", network="bluesky", author=author), Removal(ref="one"), by=source)

        await scene.offer(AuthorUpdate(author=an_author(network="bluesky")), by=source)

        assert await scene.store.read(authors.unknown, "bluesky", 10, NOON + 9 * DAY) == []

    async def test_a_new_profile_brings_no_post_back_that_has_left_the_event(self, scene: Scene) -> None:
        source = await scene.add_source(kind="bluesky")
        author = an_author(network="bluesky", known=False)
        await scene.offer(a_sighting("one", network="bluesky", author=author), by=source)
        untagged = a_sighting("one", network="bluesky", author=author, hashtags=(), html="No tag", edited_at=LATER)
        await scene.offer(untagged, by=source, at=LATER)

        await scene.offer(AuthorUpdate(author=an_author(network="bluesky")), by=source, at=LATER)

        assert await scene.shown() == []

    async def test_where_consent_is_strict_a_post_waits_for_its_author(self, scene: Scene) -> None:
        event = await scene.add_event(slug="strict", consent="strict")
        source = await scene.add_source(event, kind="bluesky")
        bare = an_author(network="bluesky", known=False)
        await scene.offer(a_sighting("one", network="bluesky", author=bare), by=source)
        assert await scene.shown(event) == []

        await scene.offer(AuthorUpdate(author=an_author(network="bluesky")), by=source, at=LATER)

        assert len(await scene.shown(event)) == 1

    async def test_two_servers_with_different_copies_of_a_profile_do_not_take_turns(self, scene: Scene) -> None:
        first, second = await scene.add_source(), await scene.add_source(address="https://other.example")
        await scene.offer(a_sighting("one", author=an_author("Ottilie Brandvold")), by=first)
        await scene.offer(a_sighting("two", author=an_author("Ottilie (old name)")), by=second)
        assert {item.post.author.name for item in await scene.shown()} == {"Ottilie Brandvold"}

        await scene.offer(a_sighting("three", author=an_author("Ottilie (new name)")), by=first)

        assert {item.post.author.name for item in await scene.shown()} == {"Ottilie (new name)"}
