"""Comments: kept under their entry, judged as words of strangers, counted on its card, gone with it."""

from dataclasses import replace

import pytest

from storage import items, sources
from tests.factories import MINUTE, NOON, SECOND, a_picture, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.discussion import strands
from timeline.errors import ErasedItem, NoSuchItem
from timeline.item import Item
from timeline.post import Removal, Sighting

ENTRY = "https://feed.example/posts/entry"


def an_entry(uri="entry", **more) -> Sighting:
    return a_sighting(uri, network="feed", **more)


def a_comment(uri, *, under=ENTRY, **more) -> Sighting:
    return replace(a_sighting(uri, network="feed", **{"in_reply_to": under, **more}), about=under)


@pytest.fixture
async def blog(scene: Scene) -> int:
    """A trusted feed with one entry."""
    source = await scene.add_source(kind="feed", trusted=True)
    await scene.offer(an_entry(), by=source)
    return source


async def said_under(scene: Scene, item_id: int) -> list[str]:
    return [item.post.uri.rpartition("/")[2] for item in await scene.store.read(items.discussion, item_id, limit=100)]


async def test_a_comment_stands_under_its_entry_and_nowhere_else(scene, blog):
    [entry] = await scene.shown()
    await scene.offer(a_comment("second", published_at=NOON + SECOND), a_comment("first"), by=blog, at=NOON + MINUTE)

    [shown] = await scene.shown()
    assert (shown.id, shown.comments) == (entry.id, 2)
    assert await said_under(scene, entry.id) == ["first", "second"]
    assert await scene.store.read(items.counts, scene.event.id) == {"feed": 1}
    span = {"start": NOON - MINUTE, "end": NOON + MINUTE, "buckets": 1}
    assert await scene.store.read(lambda reading: items.activity(reading, scene.event.id, **span)) == [1]
    [status] = await scene.store.read(sources.of_event, scene.event.id)
    assert status.posts == 1


async def test_a_new_comment_is_a_change_of_its_entry_and_no_new_post(scene, blog):
    [entry] = await scene.shown()
    seq = await scene.seq()
    await scene.offer(a_comment("one"), a_comment("two"), by=blog)
    [step] = await scene.steps(seq)
    assert (step.change.kind, step.item.id, step.item.comments) == ("item.changed", entry.id, 2)
    assert step.item.seq == step.change.seq


async def test_an_edited_and_a_deleted_comment_change_the_entry_again(scene, blog):
    [entry] = await scene.shown()
    await scene.offer(a_comment("one"), by=blog)
    seq = await scene.seq()
    await scene.offer(a_comment("one", html="<p>Other words</p>"), by=blog)
    assert await scene.kinds(seq) == [("item.changed", entry.id)]
    [comment] = await scene.store.read(items.discussion, entry.id, limit=9)
    assert comment.post.text == "Other words"
    seq = await scene.seq()
    await scene.offer(Removal(ref="one"), by=blog)
    assert await scene.kinds(seq) == [("item.changed", entry.id)]
    assert [item.comments for item in await scene.shown()] == [0]


async def test_a_trusted_feed_does_not_answer_for_what_strangers_write_under_it(scene):
    event = await scene.add_event(slug="careful", moderation="before")
    source = await scene.add_source(event, kind="feed", trusted=True)
    await scene.offer(an_entry(), a_comment("spam"), by=source)
    [entry] = await scene.shown(event)
    seq = await scene.seq(event)
    assert (entry.checked, entry.comments) == (True, 0)
    assert await said_under(scene, entry.id) == []
    assert await scene.kinds(seq - 2, event, staff=True) == [("item.added", entry.id), ("item.held", entry.id + 1)]

    await scene.offer(a_comment("spam", html="<p>edited</p>"), by=source)
    assert await said_under(scene, entry.id) == []


async def test_a_comment_needs_no_hashtag_where_its_entry_had_one(scene):
    source = await scene.add_source(kind="feed", keep="tagged")
    await scene.offer(an_entry(), a_comment("one", html="<p>No tag</p>", hashtags=()), by=source)
    await scene.offer(a_comment("one", html="<p>Still none</p>", hashtags=()), by=source)
    [entry] = await scene.shown()
    [comment] = await scene.store.read(items.discussion, entry.id, limit=9)
    assert comment.post.text == "Still none"


async def test_a_comment_whose_entry_is_not_here_is_dropped(scene, blog):
    accepted = await scene.offer(a_comment("one", under="https://feed.example/posts/other"), by=blog)
    assert accepted.dropped == {"its entry is not here": 1}


async def test_each_event_has_the_discussion_of_its_own_entry(scene, blog):
    other = await scene.add_event(slug="other")
    second = await scene.add_source(other, kind="feed", address="https://feed.example/2")
    await scene.offer(a_comment("one"), by=[blog, second])
    await scene.offer(an_entry(), by=second)
    await scene.offer(a_comment("one"), by=second)
    [here], [there] = await scene.shown(), await scene.shown(other)
    assert (here.comments, there.comments) == (1, 1)


async def test_with_its_entry_the_discussion_is_gone_and_does_not_come_back(scene, blog):
    [entry] = await scene.shown()
    author = an_author("Wim Stee", network="feed")
    await scene.offer(a_comment("one", author=author), a_comment("two", under=ENTRY), by=blog)
    comments = await scene.store.read(items.discussion, entry.id, limit=9)

    accepted = await scene.offer(Removal(ref="entry"), by=blog)

    assert accepted.removed == 1
    for item_id in (entry.id, *(comment.id for comment in comments)):
        with pytest.raises(ErasedItem):
            await scene.store.read(items.by_id, item_id)
    again = await scene.offer(an_entry(), a_comment("one", author=author), by=blog)
    assert again.dropped == {"removed before": 1, "its entry is not here": 1}


async def test_a_comment_is_out_of_sight_while_its_entry_is(scene):
    event = await scene.add_event(slug="careful", moderation="before")
    free = await scene.add_source(kind="feed")
    held = await scene.add_source(event, kind="feed")
    await scene.offer(an_entry(media=(a_picture(),)), by=[free, held])
    await scene.offer(a_comment("one"), by=[free, held])
    [entry] = await scene.shown()
    [comment] = await scene.store.read(items.discussion, entry.id, limit=9)
    assert (await scene.store.read(items.by_id, comment.id)).parent_id == entry.id
    for other in range(comment.id + 1, comment.id + 4):
        with pytest.raises(NoSuchItem):
            await scene.store.read(items.by_id, other)


def test_answers_stand_under_the_comment_that_began_the_strand_nested_once():
    def said(number, under):
        post = a_sighting(str(number), network="feed", in_reply_to=under).post
        return Item(id=number, event_id=1, seq=number, post=post, state="shown", first_seen_at=NOON, published_at=NOON)

    def uri(number):
        return f"https://feed.example/posts/{number}"

    told = strands(
        [said(1, ENTRY), said(2, uri(1)), said(3, ENTRY), said(4, uri(2)), said(5, uri(99)), said(6, uri(6))]
    )
    assert [(one.comment.id, [answer.id for answer in one.answers]) for one in told] == [
        (1, [2, 4]), (3, []), (5, []), (6, []),
    ]  # fmt: skip
    circle = strands([said(1, uri(2)), said(2, uri(1))])
    assert [one.comment.id for one in circle] == [1, 2]
