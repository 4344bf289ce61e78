"""What a feed says, in plain values that travel between processes."""

from dataclasses import dataclass
from datetime import datetime

from timeline.post import MediaKind

ENTRIES = 2_000  # the newest of a feed; the limit of a first run


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What an entry shows or plays: ``url`` is the picture, or the still of a film ('' where there is none).

    ``plays`` is where the film or the sound itself is. Both are absolute.
    """

    kind: MediaKind = "image"
    url: str = ""
    plays: str = ""
    alt: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What an entry is known again by, each short and comparable; '' for what it does not have."""

    id: str = ""
    link: str = ""  # equal for two addresses of one page
    tail: str = ""  # the last part of its link's path
    title: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: addresses absolute, lengths bounded, dates aware UTC or None, empty strings for what is missing.

    ``answers`` is the id or address of what it is an answer to, ``discussion`` the feed of its comments.
    """

    id: str
    link: str
    title: str  # plain text
    html: str  # the content, else the summary; as received but for its addresses
    author: str
    published: datetime | None
    updated: datetime | None
    hashtags: tuple[str, ...]  # categories, then those in the text; as written, without '#'
    links: tuple[str, ...]
    media: tuple[Attachment, ...]
    language: str | None
    marks: Marks = Marks()
    digest: bytes = b""  # of what was read, as in ``Feed.known``
    author_url: str = ""
    answers: str = ""
    discussion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How a feed wants to be followed, as far as it says so.

    ``hubs`` push it under the name ``topic``; it need not be asked more often than ``every_s``,
    nor in ``skipped_hours`` (of the day, in UTC).
    """

    hubs: tuple[str, ...] = ()
    topic: str = ""
    every_s: float = 0.0
    skipped_hours: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed. ``flaw`` says in a few words what the patient parser had to forgive.

    ``entries`` leaves out those that were known; ``known`` are the digests of all (collector/feedknown.py).
    ``withdrawn`` are ids of entries that it says are deleted (RFC 6721).
    """

    title: str
    link: str
    icon: str
    entries: tuple[Entry, ...]
    flaw: str | None = None
    known: bytes = b""
    following: Following = Following()
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """No feed, but a web page; ``feeds`` are the addresses of those it links, the likeliest first."""

    title: str
    feeds: tuple[str, ...]
