"""What a feed showed, as its cursor remembers it: the first name of each entry, and how to know it again."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from collector.feed import Entry
from timeline.post import Cursor


class Missing(IntEnum):
    """Whether a feed has left out an entry that is no older than the oldest it lists."""

    NOT = 0
    NOTICED = -1
    SETTLED = -2  # its page was asked for, and that was that


@dataclass(slots=True)
class Known:
    """An entry as it was shown: the name it got first, and what it was called and said then and last."""

    uri: str
    link: str  # as last told; '' where it is the uri
    since: int  # epoch seconds: when it was said, or first seen
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    tails: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    digest: str = ""  # of what was read of it last
    missing: int = 0  # a ``Missing``, or since when its page is known to be gone (epoch seconds)

    def row(self) -> list[Any]:
        return [
            self.uri, self.link, self.since, self.ids, self.links, self.tails, self.titles, self.words, self.dates,
            self.digest, self.missing,
        ]  # fmt: skip

    def told(self, entry: Entry, link: str) -> None:
        """Remember what it is called and says now, beside what it was and said first."""
        marks = entry.marks
        for first_and_last, one in (
            (self.ids, marks.id), (self.links, marks.link), (self.tails, marks.tail), (self.titles, marks.title),
            (self.words, marks.words), (self.dates, epoch(entry.published)),
        ):  # fmt: skip
            if one and one not in first_and_last:
                first_and_last[1:] = [one]
        self.link = "" if link == self.uri else link
        self.digest = packed(entry.digest)
        self.missing = Missing.NOT


@dataclass(slots=True)
class Shown:
    """What a feed showed, the latest first, and the names that several of its entries had."""

    entries: list[Known] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    restless: bool = False  # its last answer gave other names to what it had shown

    @classmethod
    def of(cls, cursor: Cursor | None) -> "Shown":
        told = cursor or {}
        try:
            entries = [Known(*row) for row in told.get("entries", ())]
        except TypeError:  # another version wrote it: begin again
            return cls()
        return cls(entries, list(told.get("shared", ())), bool(told.get("restless")))

    def uri_of(self, name: str) -> str | None:
        """The entry that was ever called so, by id or address (as ``mark`` has it)."""
        return next((known.uri for known in self.entries if name in known.ids or name in known.links), None)

    def cursor(self) -> Cursor:
        return {
            "entries": [known.row() for known in self.entries], "shared": self.shared, "restless": self.restless,
        }  # fmt: skip


def mark(words: str) -> str:
    """Eight characters to compare in place of ``words``; '' for none."""
    folded = " ".join(words.casefold().split())
    return urlsafe_b64encode(hashlib.blake2b(folded.encode(), digest_size=6).digest()).decode() if folded else ""


def packed(digest: bytes) -> str:
    """A digest as JSON can say it."""
    return urlsafe_b64encode(digest).decode()


def epoch(at: datetime | None) -> str:
    """Seconds, to be compared; '' for no date."""
    return str(int(at.timestamp())) if at else ""
