"""Where a feed stands from one poll to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.feedrhythm import EVERY_S
from timeline.link import without_key
from timeline.network import Source
from timeline.post import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a feed stands, as its cursor keeps it."""

    address: str  # what is asked: where the feed was found, or where it has moved for good
    home: str  # where it was first found; entries are named after it, so it never changes
    etag: str = ""
    modified: str = ""
    digest: str = ""  # of the last body: many servers know no ETag
    asked_for: str = ""  # what the event wanted of it then
    read_at: float = 0.0  # epoch seconds
    every_s: float = EVERY_S
    flaw: str = ""
    known: str = ""  # digests of the entries that were taken, packed (collector/feedknown.py)
    hubs: tuple[str, ...] = ()  # who would push it, as it says itself
    topic: str = ""  # its name there
    missed: int = 0  # polls in a row that found what the hub should have pushed
    given_up: Mapping[str, float] = field(default_factory=dict)  # hubs, until when
    anew: bool = False  # a push brought something since: it may have been late, and what it undid is read again
    posted: tuple[float, ...] = ()  # when the newest entries were published, epoch seconds, the newest first

    @classmethod
    def of(cls, cursor: Cursor | None, source: Source) -> "Standing":
        known = {name: value for name, value in (cursor or {}).items() if name in cls.__dataclass_fields__}
        known |= {name: tuple(known.get(name, ())) for name in ("posted", "hubs")}
        return cls(**{"address": source["url"], "home": source["url"], **known})

    def cursor(self) -> dict[str, Any]:
        return {name: value for name in self.__dataclass_fields__ if (value := getattr(self, name))}

    def told_since(self, before: "Standing") -> str | None:
        """What people should hear once, and the log may hold."""
        if self.home != before.home:
            return f"feed found at {without_key(self.home)}"
        if self.flaw and self.flaw != before.flaw:
            return f"the feed is read, although {self.flaw}"
        if self.address != before.address:
            return f"the feed has moved to {without_key(self.address)}"
        return None
