"""What may stand on the walls of an event, and what is known of the walls themselves."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import update

from storage import changes, events, rechecks, screenings, walls
from storage.store import Store
from storage.tables import items
from storage.writing import Writing
from tests.factories import DAY, HOUR, MASTODON, MINUTE, NOON, SECOND, a_sighting, an_author
from tests.storage.conftest import Scene
from timeline.post import AuthorUpdate, Removal
from timeline.screen import Screen


async def standing(scene: Scene, **how: Any) -> list[str]:
    found = await scene.store.read(walls.standing, scene.event.id, **({"limit": 24} | how))
    return [item.post.text.split()[2] for item in found.items]


async def decide(scene: Scene, uri: str, *, at: datetime, kind: Any = "item.changed", **values: Any) -> None:
    """What the desk decides of the item whose text names ``uri``."""
    [item] = [item for item in await scene.shown() if f"of {uri} " in item.post.text]

    def do(writing: Writing) -> None:
        writing.execute(update(items).where(items.c.id == item.id).values(**values))
        writing.record(kind, scene.event.id, item.id, at)

    await scene.store.write(do)


async def test_the_newest_that_somebody_answers_for_stand_there(scene: Scene) -> None:
    trusted, anybody = await scene.add_source(trusted=True), await scene.add_source(address="https://other.example")
    for n, (uri, source) in enumerate([("old", trusted), ("unseen", anybody), ("new", trusted), ("picked", anybody)]):
        await scene.offer(a_sighting(uri, published_at=NOON + n * SECOND), by=source)
    await decide(scene, "picked", at=NOON + MINUTE, highlighted_at=NOON + MINUTE)

    assert await standing(scene) == ["picked", "new", "old"]
    assert await standing(scene, limit=2) == ["picked", "new"]
    assert await standing(scene, highlights_only=True) == ["picked"]


async def test_it_is_found_behind_many_that_do_not_pass(scene: Scene) -> None:
    trusted = await scene.add_source(trusted=True)
    await scene.offer(a_sighting("old"), by=trusted)
    warned = [
        a_sighting(f"warned{n}", published_at=NOON + n * SECOND, content_warning="Spiders")
        for n in range(1, walls.AT_ONCE * 2 + 2)
    ]
    await scene.offer(*warned, by=trusted)

    assert await standing(scene) == ["old"]


async def test_an_edit_that_nobody_answers_for_takes_a_highlight_off(scene: Scene) -> None:
    anybody = await scene.add_source()
    await scene.offer(a_sighting("one"), by=anybody)
    await decide(scene, "one", at=NOON + MINUTE, highlighted_at=NOON + MINUTE, checked=True)
    assert await standing(scene) == ["one"]

    edited = a_sighting("one", html="<p>Slurs of one at #harbour26</p>", edited_at=NOON + HOUR)
    await scene.offer(edited, by=anybody, at=NOON + HOUR)
    assert await standing(scene) == []
    assert await scene.texts() == ["Slurs of one at #harbour26"]  # as the timeline has it, moderated afterwards

    await decide(scene, "one", at=NOON + 2 * HOUR, highlighted_at=NOON + 2 * HOUR)
    assert await standing(scene) == ["one"]


async def test_an_edit_by_whom_a_trusted_source_answers_for_stays(scene: Scene) -> None:
    trusted = await scene.add_source(trusted=True)
    await scene.offer(a_sighting("one"), by=trusted)
    edited = a_sighting("one", html="<p>Mended of one at #harbour26</p>", edited_at=NOON + HOUR)
    await scene.offer(edited, by=trusted, at=NOON + HOUR)
    assert await standing(scene) == ["one"]


async def test_a_new_name_takes_off_what_a_person_vouched_for_under_the_old_one(scene: Scene) -> None:
    anybody, trusted = await scene.add_source(), await scene.add_source(address="https://other.example", trusted=True)
    await scene.offer(a_sighting("one"), by=anybody)
    await scene.offer(a_sighting("two"), by=trusted)
    await decide(scene, "one", at=NOON + MINUTE, highlighted_at=NOON + MINUTE)
    assert await standing(scene) == ["two", "one"]
    before = await scene.seq()

    renamed = AuthorUpdate(author=replace(an_author(), name="A slur"))
    await scene.offer(renamed, by=anybody, at=NOON + HOUR)

    assert await standing(scene) == ["two"]
    assert len(await scene.kinds(before)) == 2  # both cards are told anew


async def test_another_servers_address_for_a_picture_is_no_new_picture(scene: Scene) -> None:
    near, far = await scene.add_source(), await scene.add_source(address="https://far.example")
    await scene.offer(a_sighting("one", author=an_author(avatar="https://near.example/a.png")), by=near)
    await decide(scene, "one", at=NOON + MINUTE, highlighted_at=NOON + MINUTE)

    copied = an_author(avatar="https://far.example/cache/a.png")
    await scene.offer(a_sighting("two", author=copied), by=far, at=NOON + 2 * DAY)
    assert await standing(scene) == ["one"]
    changed = an_author(avatar="https://far.example/cache/b.png")
    await scene.offer(a_sighting("three", author=changed), by=far, at=NOON + 2 * DAY + HOUR)
    assert await standing(scene) == []


async def test_a_clearing_empties_until_something_new_comes_into_sight(scene: Scene) -> None:
    trusted = await scene.add_source(trusted=True)
    await scene.offer(a_sighting("one"), by=trusted)
    cleared_at = await scene.store.write(walls.clear, scene.event.id, at=NOON + MINUTE)
    assert cleared_at == NOON + MINUTE
    assert await standing(scene) == []

    await scene.offer(a_sighting("two"), by=trusted, at=NOON + 2 * MINUTE)
    assert await standing(scene) == ["two"]
    assert await scene.store.write(walls.undo_clear, scene.event.id, at=NOON + 3 * MINUTE) is None
    assert await standing(scene) == ["two", "one"]


async def test_a_clearing_outdoes_the_clock_of_another_machine(scene: Scene) -> None:
    trusted = await scene.add_source(trusted=True)
    await scene.offer(a_sighting("one"), by=trusted, at=NOON + HOUR)
    await scene.store.write(walls.clear, scene.event.id, at=NOON)
    assert await standing(scene) == []
    first = (await scene.store.read(events.by_slug, "harbour26")).walls_cleared_at
    second = await scene.store.write(walls.clear, scene.event.id, at=NOON)
    assert first is not None
    assert second > first


async def test_undoing_the_last_clearing_leaves_the_one_before_it(scene: Scene) -> None:
    trusted = await scene.add_source(trusted=True)
    await scene.offer(a_sighting("one"), by=trusted)
    first = await scene.store.write(walls.clear, scene.event.id, at=NOON + MINUTE)
    await scene.offer(a_sighting("two"), by=trusted, at=NOON + 2 * MINUTE)
    second = await scene.store.write(walls.clear, scene.event.id, at=NOON + 3 * MINUTE)

    undo = walls.undo_clear
    assert await scene.store.write(undo, scene.event.id, of=first, at=NOON) == second  # another one is the last
    assert await scene.store.write(undo, scene.event.id, of=second, at=NOON) == first
    assert await standing(scene) == ["two"]


async def test_a_clearing_outlives_the_process_and_a_copy_of_the_event_knows_nothing_of_it(scene: Scene) -> None:
    await scene.store.write(walls.clear, scene.event.id, at=NOON)
    again = await Store.open(scene.store.url)
    try:
        assert (await again.read(events.by_slug, "harbour26")).walls_cleared_at == NOON
    finally:
        await again.close()
    copied = await scene.store.write(events.copy, "harbour26", "next", at=NOON)
    assert copied.walls_cleared_at is None


def a_screen(name: str = "wall-of-the-foyer", **differently: Any) -> Screen:
    return Screen(
        **{
            "id": name, "name": "Foyer", "layout": "columns", "mode": "timeline", "width": 1920, "height": 1080,
            "showing": (), "since": NOON, "heard_at": NOON,
        }
        | differently
    )  # fmt: skip


async def test_walls_are_known_for_ten_minutes_after_their_last_word(scene: Scene) -> None:
    assert await scene.store.write(screenings.report, scene.event.id, a_screen())
    later = a_screen(showing=(3, 1), since=NOON + MINUTE, heard_at=NOON + MINUTE)
    assert await scene.store.write(screenings.report, scene.event.id, later)

    async def known(at: datetime) -> list[Screen]:
        return await scene.store.read(screenings.connected, scene.event.id, at=at)

    assert await known(NOON + MINUTE) == [replace(later, since=NOON)]
    assert await known(NOON + 11 * MINUTE) == []
    assert await scene.store.write(screenings.forget, at=NOON + 10 * MINUTE) == 0
    assert await scene.store.write(screenings.forget, at=NOON + 11 * MINUTE) == 1


async def test_a_wall_that_comes_back_begins_anew(scene: Scene) -> None:
    await scene.store.write(screenings.report, scene.event.id, a_screen())
    back = a_screen(since=NOON + HOUR, heard_at=NOON + HOUR)
    await scene.store.write(screenings.report, scene.event.id, back)
    assert await scene.store.read(screenings.connected, scene.event.id, at=NOON + HOUR) == [back]


async def test_more_walls_than_any_event_has_are_not_believed(scene: Scene) -> None:
    for n in range(screenings.MOST):
        assert await scene.store.write(screenings.report, scene.event.id, a_screen(f"wall-{n:04}"))
    assert not await scene.store.write(screenings.report, scene.event.id, a_screen("one-too-many"))
    assert await scene.store.write(screenings.report, scene.event.id, a_screen("wall-0007"))
    late = a_screen("later", since=NOON + HOUR, heard_at=NOON + HOUR)
    assert await scene.store.write(screenings.report, scene.event.id, late)  # the others have gone meanwhile


async def test_what_a_wall_shows_is_looked_at_often(scene: Scene) -> None:
    trusted = await scene.add_source(trusted=True)
    anybody = await scene.add_source(address="https://other.example")
    for uri, source in (("shown", trusted), ("elsewhere", trusted), ("unseen", anybody)):
        await scene.offer(a_sighting(uri, published_at=NOON - 5 * DAY), by=source, at=NOON)
    ids = {item.post.text.split()[2]: item.id for item in await scene.shown()}
    later = NOON + 10 * MINUTE
    screen = a_screen(showing=(ids["shown"], ids["unseen"]), since=later, heard_at=later)
    await scene.store.write(screenings.report, scene.event.id, screen)

    async def due(at: datetime) -> dict[int, list[str]]:
        since = {trusted: None, anybody: None}
        return await scene.store.read(rechecks.due, MASTODON, since, seldom=False, limit=9, at=at)

    assert await due(later) == {trusted: ["shown"]}  # of what cannot stand there its word counts for nothing
    assert await due(later + HOUR) == {}


async def test_walls_that_were_there_first_are_believed_and_no_more_than_a_few(scene: Scene) -> None:
    await scene.store.write(screenings.report, scene.event.id, a_screen(showing=(7, 9)))
    for number in range(1, screenings.MOST):
        told = tuple(range(1_000 + 12 * number, 1_012 + 12 * number))
        late = a_screen(id=f"anybody-{number}", showing=told, since=NOON + SECOND, heard_at=NOON + SECOND)
        await scene.store.write(screenings.report, scene.event.id, late)

    shown = await scene.store.read(screenings.shown_now, at=NOON + SECOND)

    assert shown[:2] == [(scene.event.id, 7), (scene.event.id, 9)]
    assert len(shown) == screenings.BELIEVED


async def test_what_left_the_publics_sight_since_is_known_without_all_the_rest(scene: Scene) -> None:
    source = await scene.add_source(trusted=True)
    await scene.offer(*(a_sighting(uri) for uri in ("stays", "hidden", "back", "erased")), by=source)
    ids = {item.post.text.split()[2]: item.id for item in await scene.shown()}
    after = await scene.seq()

    async def gone(after: int) -> tuple[set[int], bool]:
        return await scene.store.read(changes.gone_since, scene.event.id, after=after)

    for uri in ("hidden", "back"):
        await decide(scene, uri, at=NOON + MINUTE, kind="item.removed", state="hidden")
    await scene.store.write(lambda writing: _show(writing, scene.event.id, ids["back"]))
    await scene.offer(Removal(ref="erased"), by=source)
    held = await scene.add_event(slug="held", moderation="before")
    await scene.offer(a_sighting("never seen"), by=await scene.add_source(held))
    await scene.offer(Removal(ref="never seen"), by=source)

    assert await gone(after) == ({ids["hidden"], ids["erased"]}, False)
    assert await scene.store.read(changes.gone_since, held.id, after=1) == (set(), False)
    assert await gone(await scene.seq()) == (set(), False)
    await scene.store.write(walls.clear, scene.event.id, at=NOON + HOUR)
    assert (await gone(after))[1]


def _show(writing: Writing, event_id: int, item_id: int) -> None:
    writing.execute(update(items).where(items.c.id == item_id).values(state="shown"))
    writing.record("item.added", event_id, item_id, NOON + MINUTE)
