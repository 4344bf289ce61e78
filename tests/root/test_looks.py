"""From the files that a configuration names onto the shelf."""

from pathlib import Path

from PIL import Image

from backchannel.looks import look_of
from config.events import read_event
from storage import events
from storage.shelf import Shelf
from storage.store import Store
from tests.service import run
from timeline.event import PLAIN, Look, Picture, Sponsor

SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'


def test_the_pictures_of_an_event_are_copied_to_the_shelf(tmp_path: Path) -> None:
    Image.new("RGB", (1200, 630)).save(tmp_path / "share.png")
    (tmp_path / "logo.svg").write_text(SVG)
    keys = {"slug": "a", "title": "A", "logo": "logo.svg", "picture": "share.png", "links": {"Legal": "/about/privacy"}}
    shelf = Shelf(tmp_path / "media", 1_000_000)

    look = look_of(read_event({**keys, "accent_hue": 20}, {}, folder=tmp_path), shelf)

    assert look.logo is not None
    assert look.logo == Picture(content_hash=look.logo.content_hash, content_type="image/svg+xml")
    assert shelf.path(look.logo.content_hash).read_text() == SVG
    assert look.picture is not None
    assert (look.picture.width, look.picture.height, look.picture.content_type) == (1200, 630, "image/png")
    assert (look.accent_hue, look.links) == (20, (("Legal", "/about/privacy"),))


def test_an_event_that_names_nothing_is_plain(tmp_path: Path) -> None:
    told = read_event({"slug": "a", "title": "A"}, {}, folder=tmp_path)
    assert look_of(told, Shelf(tmp_path / "media", 1)) == PLAIN
    assert not list((tmp_path / "media").iterdir())


def test_a_picture_whose_head_is_broken_has_no_size(tmp_path: Path) -> None:
    (tmp_path / "share.png").write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    told = read_event({"slug": "a", "title": "A", "picture": "share.png"}, {}, folder=tmp_path)
    picture = look_of(told, Shelf(tmp_path / "media", 1)).picture
    assert picture is not None
    assert picture.width is None


async def test_the_look_of_an_event_is_changed_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "backchannel.toml").write_text('[[event]]\nslug = "a"\ntitle = "A"\n')
    (tmp_path / "logo.svg").write_text(SVG)
    (tmp_path / "page.png").write_text("<!doctype html>")
    await run(tmp_path, "event", "add", "b", "--title", "B", "--hashtag", "b")

    changed = await run(tmp_path, "event", "look", "b", "--logo", "logo.svg", "--link", "Legal=https://example.org/l")
    again = await run(tmp_path, "event", "look", "b", "--accent-hue", "20")
    wrong = await run(tmp_path, "event", "look", "b", "--logo", "page.png", "--accent-hue", "400", "--link", "L=x")
    odd = await run(tmp_path, "event", "look", "b", "--link", "Legal")
    kept = await look_in(tmp_path)
    await run(tmp_path, "event", "look", "b", "--plain")

    assert (changed.status, again.status, changed.err) == (0, 0, "Changed the look of b: /e/b\n")
    assert kept.logo is not None
    assert (kept.accent_hue, kept.links) == (20, (("Legal", "https://example.org/l"),))
    assert (tmp_path / "media" / kept.logo.content_hash[:2] / kept.logo.content_hash).read_text() == SVG
    assert wrong.status == 1
    assert [line.partition(":")[0] for line in wrong.err.splitlines()] == ["logo", "accent_hue", "links.L"]
    assert (odd.status, odd.err) == (1, '"Legal" is no link: write it as "Legal=https://example.org/legal"\n')
    assert await look_in(tmp_path) == PLAIN


async def look_in(folder: Path) -> Look:
    store = await Store.open(f"sqlite:///{folder / 'backchannel.db'}")
    try:
        return (await store.read(events.by_slug, "b")).look
    finally:
        await store.close()


def test_the_pictures_of_sponsors_are_copied_too(tmp_path: Path) -> None:
    (tmp_path / "trust.svg").write_text(SVG)
    keys = {"slug": "a", "title": "A", "sponsor": [{"name": "Harbour Trust", "picture": "trust.svg"}]}
    shelf = Shelf(tmp_path / "media", 1_000_000)

    [sponsor] = look_of(read_event(keys, {}, folder=tmp_path), shelf).sponsors

    picture = Picture(content_hash=sponsor.picture.content_hash, content_type="image/svg+xml")
    assert sponsor == Sponsor(name="Harbour Trust", picture=picture)
    assert shelf.path(picture.content_hash).read_text() == SVG
