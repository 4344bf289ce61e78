"""What a reader's browser remembers of an event, in cookies for its pages alone: scripts write them, we only read.

They are cookies because the first paint is drawn by them: nothing that was put away flashes, and nothing moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from timeline.errors import BadCursor
from timeline.item import Item, Place

SEEN = "seen"
DISMISSED = "dismissed"
AWAY = timedelta(minutes=15)  # shorter ones are one visit
_YEAR_9999 = 253_370_764_800


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """``place`` is the newest post that was there when the reader left, ``at``; both None on a first visit."""

    place: Place | None = None
    at: datetime | None = None
    dismissed: str = ""

    @classmethod
    def of(cls, cookies: Mapping[str, str]) -> Self:
        """What the cookies tell; what cannot be read tells of a visit that just was."""
        put_away = cookies.get(DISMISSED, "")
        word, _, seconds = cookies.get(SEEN, "").partition(".")
        if not word:
            return cls(dismissed=put_away)
        try:
            place = Place.decode(word)
        except BadCursor:
            return cls(at=datetime.now(UTC), dismissed=put_away)
        left = int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) <= 15 else 0
        return cls(place=place, at=datetime.fromtimestamp(min(left, _YEAR_9999), UTC), dismissed=put_away)

    @property
    def first(self) -> bool:
        return self.at is None

    def returns(self, now: datetime) -> bool:
        """Whether the reader was away long enough to be told what they missed."""
        return self.place is not None and self.at is not None and now - self.at >= AWAY

    def wants(self, pinned: Item | None) -> bool:
        """Whether a pinned post is to be shown: it was not put away since it was pinned."""
        return pinned is not None and self.dismissed != pin_key(pinned)


def pin_key(pinned: Item) -> str:
    """Names one pinning of one post."""
    return f"{pinned.id}.{int(pinned.pinned_at.timestamp()) if pinned.pinned_at else 0}"
