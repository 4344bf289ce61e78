"""What the parsers' answers have in common before they are settled; runs in the worker."""

from dataclasses import dataclass, field
from typing import Any

from collector.feed import Attachment

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
    attached: list[Attachment] = field(default_factory=list)
    language: str = ""
    author_url: str = ""
    answers: str = ""  # what it is an answer to, by id or address
    discussion: str = ""  # the feed of its comments
    digest: bytes = b""  # of all this (collector/feedknown.py)


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
    withdrawn: list[str] = field(default_factory=list)


def with_body(rough: Rough, *bodies: tuple[str, str]) -> Rough:
    """``rough`` with the first of ``bodies`` (words, type) that says anything."""
    said, kind = next((body for body in bodies if body[0]), ("", ""))
    if kind in ("text", "text/plain"):
        rough.text = said
    else:
        rough.html = said
    return rough


def words(value: object) -> str:
    """Text without what no database takes: NUL, and halves of characters that JSON and loose parsers let through."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "").strip()


def items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in items(value) if isinstance(one, dict)]
