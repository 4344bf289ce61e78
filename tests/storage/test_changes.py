"""What readers of the log are told."""

import pytest

from storage import changes
from tests.factories import DAY, HOUR, MINUTE, NOON, a_sighting
from tests.storage.conftest import Scene
from timeline.errors import NoSuchEvent
from timeline.post import Counts, Removal


async def test_an_item_is_given_once_at_its_last_change(scene: Scene) -> None:
    source = await scene.add_source()
    for likes in range(4):
        await scene.offer(a_sighting("one", counts=Counts(likes=likes)), a_sighting("two"), by=source)

    steps = await scene.steps(after=1)

    one, two = sorted((await scene.shown()), key=lambda item: item.post.uri)
    assert [(step.change.seq, step.item) for step in steps] == [(3, two), (6, one)]
    assert (one.seq, two.seq) == (6, 3)


async def test_a_window_is_bounded_and_says_where_to_go_on(scene: Scene) -> None:
    source = await scene.add_source()
    await scene.offer(*(a_sighting(f"post{n}") for n in range(5)), Removal(ref="post1"), by=source)

    seen, after, windows = [], 0, 0
    while after < 7:
        window = await scene.store.read(changes.window, scene.event.id, after=after, limit=2)
        seen += [(step.change.seq, step.change.kind) for step in window.steps]
        assert (window.latest, window.floor) == (7, 0)
        after, windows = window.upto, windows + 1

    assert windows == 4
    assert seen == [
        (1, "event.changed"), (2, "item.added"), (4, "item.added"), (5, "item.added"), (6, "item.added"),
        (7, "item.removed"),
    ]  # fmt: skip


async def test_at_the_end_of_the_log_there_is_nothing(scene: Scene) -> None:
    window = await scene.store.read(changes.window, scene.event.id, after=1, limit=10)

    assert (window.steps, window.upto, window.latest) == ((), 1, 1)
    with pytest.raises(NoSuchEvent):
        await scene.store.read(changes.window, 99, after=0, limit=10)


async def test_held_items_are_for_staff_alone(scene: Scene) -> None:
    event = await scene.add_event(slug="careful", moderation="before")
    source = await scene.add_source(event)

    await scene.offer(a_sighting("one"), by=source)

    assert await scene.kinds(after=1, event=event) == []
    [step] = await scene.steps(after=1, event=event, staff=True)
    assert step.item is not None
    assert (step.change.kind, step.item.reason) == ("item.held", "waiting for approval")


async def test_old_changes_are_forgotten_and_the_floor_says_so(scene: Scene) -> None:
    source = await scene.add_source()
    for n in range(5):
        await scene.offer(a_sighting(f"post{n}"), by=source, at=NOON + n * DAY)

    by_age = await scene.store.write(changes.trim, at=NOON + 2 * DAY + HOUR, keep=DAY)
    window = await scene.store.read(changes.window, scene.event.id, after=0, limit=10)
    assert (by_age, window.floor, [step.change.seq for step in window.steps]) == (3, 3, [4, 5, 6])

    by_number = await scene.store.write(changes.trim, at=NOON + MINUTE, keep_changes=1)
    window = await scene.store.read(changes.window, scene.event.id, after=3, limit=10)
    assert (by_number, window.floor, window.latest) == (2, 5, 6)
    assert await scene.store.write(changes.trim, at=NOON + MINUTE, keep_changes=1) == 0
