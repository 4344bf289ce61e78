"""What a feed says, in plain values that travel between processes."""

from dataclasses import dataclass
from datetime import datetime

ENTRIES = 2_000  # the newest of a feed; the limit of a first run


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of an entry, by its absolute address."""

    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: addresses absolute, lengths bounded, dates aware UTC or None, empty strings for what is missing."""

    id: str
    link: str
    title: str  # plain text
    html: str  # the content, else the summary; as received but for its addresses
    author: str
    published: datetime | None
    updated: datetime | None
    hashtags: tuple[str, ...]  # categories, then those in the text; as written, without '#'
    links: tuple[str, ...]
    picture: Picture | None
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed. ``flaw`` says in a few words what the patient parser had to forgive."""

    title: str
    link: str
    icon: str
    entries: tuple[Entry, ...]
    flaw: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """No feed, but a web page; ``feeds`` are the addresses of those it links, the likeliest first."""

    title: str
    feeds: tuple[str, ...]
