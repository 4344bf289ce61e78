"""What becomes of a post on its way in."""

from dataclasses import replace

import pytest

from storage import intake, items, sources
from tests.factories import DAY, HOUR, MINUTE, NOON, SECOND, a_picture, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.item import State
from timeline.post import Card, Counts, Poll, PollOption, Sighting, Unreadable


async def test_a_post_is_kept_whole(scene: Scene) -> None:
    source = await scene.add_source()
    sighting = a_sighting(
        "one",
        title="A title",
        language="en",
        links=("https://example.org/talk",),
        in_reply_to="https://mastodon.example/posts/zero",
        quotes="https://mastodon.example/posts/quoted",
        content_warning="Harbours",
        sensitive=True,
        media=(a_picture(width=640, height=480),),
        card=Card(url="https://example.org/talk", title="The talk", description="About it", image=a_picture(alt="")),
        poll=Poll(options=(PollOption(text="Yes", votes=2), PollOption(text="No")), closes_at=NOON + DAY),
        counts=Counts(replies=1, boosts=2, likes=3),
    )

    accepted = await scene.offer(sighting, by=source)

    [item] = await scene.shown()
    assert accepted == intake.Accepted(added=1, changed=0, removed=0, dropped={})
    assert item.post == replace(
        sighting.post, html="<p>Words of one at #harbour26</p>", text="Words of one at #harbour26"
    )
    assert (item.state, item.published_at, item.first_seen_at) == (State.SHOWN, NOON, NOON + SECOND)


async def test_a_post_is_cleaned_once_on_the_way_in(scene: Scene) -> None:
    source = await scene.add_source()
    foreign = '<p onclick="x()">Hi <script>alert(1)</script><a href="javascript:x()">there</a> #harbour26</p>'

    await scene.offer(a_sighting("one", html=foreign, url="javascript:x()", hashtags=()), by=source)

    [item] = await scene.shown()
    assert item.post.html == '<p>Hi <a rel="nofollow noopener noreferrer ugc">there</a> #harbour26</p>'
    assert (item.post.text, item.post.url, item.post.hashtags) == ("Hi there #harbour26", None, ("harbour26",))


async def test_a_repeat_changes_nothing(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), by=source)
    seq = await scene.seq()

    accepted = await scene.offer(a_sighting("one"), by=source, at=NOON + MINUTE)

    assert accepted == intake.Accepted(added=0, changed=0, removed=0, dropped={})
    assert await scene.seq() == seq
    assert len(await scene.shown()) == 1


async def test_a_post_seen_by_two_sources_is_one_post(scene: Scene) -> None:
    first, second = await scene.add_source(), await scene.add_source(address="https://other.example")
    await scene.offer(a_sighting("one", ref="111"), by=first)
    seq = await scene.seq()

    await scene.offer(a_sighting("one", ref="222"), by=second)

    assert (len(await scene.shown()), await scene.seq()) == (1, seq)
    assert await scene.store.read(intake.knows, ["111", "222", "333"], source_ids=[second]) == {"222"}


async def test_a_post_goes_to_every_event_it_belongs_to(scene: Scene) -> None:
    other = await scene.add_event(slug="boats26", hashtags=("boats26",))
    line = [await scene.add_source(), await scene.add_source(other)]

    await scene.offer(
        a_sighting("both", hashtags=("Harbour26", "boats26")),
        a_sighting("one"),
        a_sighting("none", hashtags=("cats",)),
        by=line,
    )

    assert len(await scene.shown()) == 2
    assert [item.post.uri for item in await scene.shown(other)] == ["https://mastodon.example/posts/both"]
    counted = await scene.store.read(sources.of_event, scene.event.id)
    assert [(status.posts, status.last_post_at) for status in counted] == [(2, NOON)]


async def test_a_source_added_later_brings_known_posts_into_its_event(scene: Scene) -> None:
    first = await scene.add_source()
    await scene.offer(a_sighting("one", hashtags=("harbour26", "boats26")), by=first)
    other = await scene.add_event(slug="boats26", hashtags=("boats26",))
    second = await scene.add_source(other)

    await scene.offer(a_sighting("one", hashtags=("harbour26", "boats26")), by=[first, second])

    [here], [there] = await scene.shown(), await scene.shown(other)
    assert here.post == there.post
    assert here.id != there.id


async def test_only_posts_of_the_events_time_are_taken_in(scene: Scene) -> None:
    source = await scene.add_source()

    early = await scene.offer(a_sighting("early", published_at=NOON - 16 * DAY), by=source)
    late = await scene.offer(a_sighting("late"), by=source, at=NOON + 17 * DAY)

    assert (early.dropped, late.dropped) == ({"outside the event's time": 1}, {"outside the event's time": 1})
    assert await scene.shown() == []


async def test_after_its_time_an_event_still_follows_edits(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), by=source)

    await scene.offer(a_sighting("one", html="<p>Mended</p>"), by=source, at=NOON + 17 * DAY)

    assert await scene.texts() == ["Mended"]


async def test_a_missing_or_future_date_becomes_the_present(scene: Scene) -> None:
    source = await scene.add_source()

    await scene.offer(
        a_sighting("none", published_at=None), a_sighting("future", published_at=NOON + DAY), by=source, at=NOON
    )

    assert [item.published_at for item in await scene.shown()] == [NOON, NOON]


@pytest.mark.parametrize(
    ("seen_after", "backfill", "late"),
    [(10 * MINUTE, False, False), (10 * MINUTE + SECOND, False, True), (HOUR, True, False)],
)
async def test_late_is_what_comes_ten_minutes_after_but_not_by_a_backfill(
    scene: Scene, seen_after: object, backfill: bool, late: bool
) -> None:
    source = await scene.add_source()

    await scene.offer(a_sighting("one"), by=source, at=NOON + seen_after, backfill=backfill)  # type: ignore[operator]

    assert [item.late for item in await scene.shown()] == [late]


async def test_one_poisonous_post_costs_its_neighbours_nothing(scene: Scene) -> None:
    source = await scene.add_source()
    naive = NOON.replace(tzinfo=None)
    heard = [
        a_sighting("one"),
        a_sighting("naive", published_at=NOON, edited_at=naive),
        Sighting(ref="", post=a_sighting("nameless").post),
        Unreadable(reason="no author"),
        a_sighting("two"),
    ]

    accepted = await scene.offer(*heard, by=source)

    assert accepted == intake.Accepted(
        added=2, changed=0, removed=0, dropped={"error": 1, "unreadable": 1, "no author": 1}
    )
    assert await scene.texts() == ["Words of two at #harbour26", "Words of one at #harbour26"]


async def test_characters_that_nothing_can_carry_are_left_out(scene: Scene) -> None:
    source = await scene.add_source()

    accepted = await scene.offer(
        a_sighting("one", ref="r\x00\ud800", html="<p>a\x00b\ud800c\x0bd</p>", author=an_author("N\x00\udfffa")),
        by=source,
        cursors={(source, ""): {"at": "x\x00\ud800y"}},
    )

    [item] = await scene.shown()
    assert (accepted.added, item.post.text, item.post.author.name) == (1, "abcd", "Na")
    assert await scene.store.read(sources.cursors, [source]) == {(source, ""): {"at": "xy"}}
    assert await scene.store.read(intake.knows, ["r\x00\ud800", "\x00"], [source]) == {"r\x00\ud800"}


async def test_what_is_much_too_long_is_cut_or_refused(scene: Scene) -> None:
    source = await scene.add_source()
    accepted = await scene.offer(
        a_sighting("one", html="<p>" + "long " * 50_000 + "</p>", title="t" * 9_999, hashtags=("harbour26",)),
        a_sighting("x" * 2_000),
        by=source,
    )

    [item] = await scene.shown()
    assert accepted.dropped == {"unreadable": 1}
    assert len(item.post.text) <= 20_000
    assert len(item.post.title or "") == 500


async def test_cursors_move_with_what_was_taken_in(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(a_sighting("one"), by=source, cursors={(source, "harbour26"): {"min_id": "1"}})

    await scene.offer(by=source, cursors={(source, "harbour26"): {"min_id": "2"}, (source, "@a"): {}})

    moved = await scene.store.read(sources.cursors, [source])
    assert moved == {(source, "harbour26"): {"min_id": "2"}, (source, "@a"): {}}


async def test_a_trusted_source_is_shown_at_once_where_others_wait(scene: Scene) -> None:
    event = await scene.add_event(slug="careful", moderation="before")
    source = await scene.add_source(event)
    trusted = await scene.add_source(event, address="https://trusted.example", trusted=True)

    await scene.offer(a_sighting("one"), by=source)
    assert await scene.texts(event) == []
    await scene.offer(a_sighting("two"), by=trusted)
    assert await scene.texts(event) == ["Words of two at #harbour26"]
    await scene.offer(a_sighting("one"), by=trusted)

    assert [(item.post.uri[-3:], item.checked) for item in await scene.shown(event)] == [("two", True), ("one", True)]


async def test_counts_come_from_the_source_whose_words_we_hold(scene: Scene) -> None:
    first, second = await scene.add_source(), await scene.add_source(address="https://other.example")
    await scene.offer(a_sighting("one", counts=Counts(likes=3)), by=first)
    await scene.offer(a_sighting("one", counts=Counts(likes=9)), by=second)
    seq = await scene.seq()

    await scene.offer(a_sighting("one", counts=Counts(likes=2)), by=first)

    [item] = await scene.shown()
    assert item.post.counts == Counts(likes=2)
    assert await scene.kinds(after=seq) == [("item.changed", item.id)]


async def test_an_unknown_source_brings_nothing(scene: Scene) -> None:
    accepted = await scene.offer(a_sighting("one"), by=4711)

    assert accepted.dropped == {"elsewhere": 1}


async def test_a_page_can_be_narrowed_to_a_network(scene: Scene) -> None:
    source, feed = await scene.add_source(), await scene.add_source(kind="feed")
    await scene.offer(a_sighting("one"), a_sighting("two"), by=source)
    await scene.offer(a_sighting("three", network="feed"), by=feed)

    page = await scene.store.read(items.page, scene.event.id, limit=9, where=items.Filter(network="feed"))

    assert [item.post.uri.rsplit("/")[-1] for item in page.items] == ["three"]
    assert await scene.store.read(items.counts, scene.event.id) == {"mastodon": 2, "feed": 1}
