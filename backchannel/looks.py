"""The organisers' own pictures: from the files that the configuration names onto the shelf, once by content."""

from pathlib import Path

from PIL import Image

from config.pictures import SVG, content_type
from config.settings import Event as EventSettings
from storage.shelf import Shelf
from timeline.event import Look, Picture, Sponsor


def look_of(told: EventSettings, shelf: Shelf) -> Look:
    """What the file tells of how an event looks. Reads and writes files: call it in a thread."""
    return Look(
        logo=_kept(told.logo, shelf),
        picture=_kept(told.picture, shelf),
        accent_hue=told.accent_hue,
        links=tuple(told.links.items()),
        sponsors=tuple(
            Sponsor(name=one.name, picture=picture)
            for one in told.sponsor
            if (picture := _kept(one.picture, shelf)) is not None
        ),
    )


def picture_of(path: Path, *, content_hash: str = "") -> Picture:
    """What a picture is, as a page has to know it; a drawing has no size in pixels."""
    kind = content_type(path.read_bytes()) or ""
    width, height = (None, None) if kind == SVG else _size(path)
    return Picture(content_hash=content_hash, content_type=kind, width=width, height=height)


def _kept(path: Path | None, shelf: Shelf) -> Picture | None:
    return picture_of(path, content_hash=shelf.put(path.read_bytes())) if path is not None else None


def _size(path: Path) -> tuple[int | None, int | None]:
    try:
        with Image.open(path) as image:  # reads its head alone
            return image.size
    except (OSError, ValueError, Image.DecompressionBombError):
        return None, None  # browsers may still make something of it
