"""How an event looks: set once, kept apart from what the file brings up to date, its pictures kept with it."""

from dataclasses import replace
from pathlib import Path

from storage import events, media
from storage.backup import backup
from storage.restore import restore
from storage.shelf import Shelf
from storage.store import Store
from tests.factories import DAY, HOUR, NOON, an_event
from timeline.event import PLAIN, Look, Picture, Sponsor

RED = Look(accent_hue=20, links=(("Legal", "https://example.org/legal"), ("Help", "/help")))
LOGO = Picture(content_hash="a" * 64, content_type="image/png", width=40, height=20)
SHEET = Picture(content_hash="b" * 64, content_type="image/svg+xml")


async def kept(store: Store, slug: str = "harbour26") -> Look:
    return (await store.read(events.by_slug, slug)).look


async def save(store: Store, look: Look, **more: str) -> None:
    await store.write(events.save, an_event(look=look, **more), origin="file", at=NOON)


async def test_a_look_is_kept_as_it_was_told(store: Store) -> None:
    look = replace(RED, logo=LOGO, picture=SHEET)
    await save(store, look)
    assert await kept(store) == look


async def test_a_look_that_is_set_is_not_overridden(store: Store) -> None:
    await save(store, RED)
    await save(store, Look(accent_hue=300), title="Another title")
    await save(store, PLAIN)
    assert await kept(store) == RED


async def test_an_event_that_never_had_one_takes_the_first_it_is_given(store: Store) -> None:
    await save(store, PLAIN)
    assert await kept(store) == PLAIN
    await save(store, RED)
    assert await kept(store) == RED


async def test_its_sponsors_are_those_of_the_file(store: Store) -> None:
    look = replace(RED, sponsors=(Sponsor(name="Harbour Trust", picture=LOGO),))
    await save(store, RED)
    await save(store, replace(look, accent_hue=300))
    assert await kept(store) == look
    assert await store.read(events.pictures) == {LOGO.content_hash}
    await save(store, RED)
    assert await kept(store) == RED


async def test_a_copy_looks_the_same(store: Store) -> None:
    look = replace(RED, logo=LOGO)
    await save(store, look, venue="Leeds")
    copied = await store.write(events.copy, "harbour26", "harbour27", at=NOON + HOUR)
    assert (copied.look, copied.venue) == (look, "Leeds")
    assert await kept(store, "harbour27") == look


async def test_an_events_own_pictures_stay_on_the_shelf(store: Store, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 1)
    logo = replace(LOGO, content_hash=shelf.put(b"a logo"))
    left = shelf.put(b"nobody's")
    await save(store, replace(RED, logo=logo))

    await media.tidy(store, shelf, at=NOON, grace_s=-1)

    assert shelf.path(logo.content_hash).is_file()
    assert not shelf.path(left).exists()


async def test_what_is_told_of_an_event_has_its_times(store: Store) -> None:
    await save(store, PLAIN)
    event = await store.read(events.by_slug, "harbour26")
    assert await store.read(events.written) == {event.id: (NOON, NOON)}

    await store.write(events.save, an_event(venue="Leeds"), origin="file", at=NOON + HOUR)
    await store.write(events.save, an_event(venue="Leeds"), origin="file", at=NOON + 2 * HOUR)

    assert await store.read(events.written) == {event.id: (NOON, NOON + HOUR)}


async def test_a_look_that_somebody_gave_or_took_away_stays(store: Store) -> None:
    await save(store, RED)
    await store.write(events.dress, "harbour26", PLAIN, at=NOON + HOUR)
    await save(store, RED)
    assert await kept(store) == PLAIN


async def test_a_backup_carries_an_events_look_and_its_pictures(store: Store, tmp_path: Path) -> None:
    shelf, file = Shelf(tmp_path / "media", 10_000), tmp_path / "backup.tar"
    logo = replace(LOGO, content_hash=shelf.put(b"a logo"))
    links = (("Legal", "https://example.org/legal"), ("Evil", "javascript:alert(1)"))
    await save(store, replace(RED, logo=logo, links=links), url="https://a.example", venue="Leeds")

    await backup(store, shelf.folder, file, version="1.2", at=NOON)
    restore(f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "elsewhere", file, at=NOON + DAY)

    again = await Store.open(f"sqlite:///{tmp_path / 'new.db'}")
    try:
        event = await again.read(events.by_slug, "harbour26")
    finally:
        await again.close()
    assert event.look == replace(
        RED, logo=logo, links=links[:1]
    )  # what a backup says is checked like what a network does
    assert (event.venue, event.url) == ("Leeds", "https://a.example")
    assert Shelf(tmp_path / "elsewhere", 0).path(logo.content_hash).read_bytes() == b"a logo"
