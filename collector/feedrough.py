"""What the parsers' answers have in common before they are settled; runs in the worker."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.feed import Picture

NO_FEED_HINT = "Give the address of an RSS, Atom or JSON feed, or of a page that links one."


@dataclass(slots=True, kw_only=True)
class Rough:
    """An entry as a parser gave it: anything may be missing, relative or too long."""

    id: str = ""
    link: str = ""
    title: str = ""
    html: str = ""
    text: str = ""  # plain text, where there is no html
    author: str = ""
    published: str = ""
    updated: str = ""
    tags: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    language: str = ""


@dataclass(slots=True, kw_only=True)
class RoughFeed:
    """A feed as a parser gave it."""

    title: str = ""
    link: str = ""
    icon: str = ""
    language: str = ""
    entries: list[Rough] = field(default_factory=list)
    resolved: bool = False  # the addresses in the entries' html are absolute already
    flaw: str | None = None


def with_body(rough: Rough, *bodies: tuple[str, str]) -> Rough:
    """``rough`` with the first of ``bodies`` (words, type) that says anything."""
    said, kind = next((body for body in bodies if body[0]), ("", ""))
    if kind in ("text", "text/plain"):
        rough.text = said
    else:
        rough.html = said
    return rough


def pictures(media: Iterable[Mapping[str, Any]], attached: Iterable[Mapping[str, Any]]) -> list[Picture]:
    """Enclosed pictures first, then those of Media RSS: a picture itself, or the still of a video."""
    found = [Picture(url=words(one.get("url"))) for one in attached if words(one.get("type")).startswith("image/")]
    for one in media:
        kind, medium = words(one.get("type")), words(one.get("medium"))
        alt = words(one.get("title")) or words(one.get("description"))
        if kind.startswith(("video/", "audio/", "application/")) or medium in ("video", "audio"):
            found.append(Picture(url=words(one.get("thumbnail_url")), alt=alt))
        else:
            size = {side: _number(one.get(side)) for side in ("width", "height")}
            found.append(Picture(url=words(one.get("url")), alt=alt, **size))
    return [picture for picture in found if picture.url]


def words(value: object) -> str:
    """Text without what no database takes: NUL, and halves of characters that JSON and loose parsers let through."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "").strip()


def items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in items(value) if isinstance(one, dict)]


def _number(value: object) -> int | None:
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if 0 < number < 100_000 else None
