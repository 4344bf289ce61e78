"""A projector wall that has told us that it is there, and what it shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SILENT = timedelta(seconds=40)  # it reports every ten seconds: four missed mean that something is wrong there
GONE = timedelta(minutes=10)  # after this much silence it is forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One wall. ``id`` is its page's own and random; ``showing`` are ids of items, ``mode`` what it rotates to.

    Whatever it says of itself, anybody might have said: it is shown to staff, and nothing rests on it.
    """

    id: str
    name: str
    layout: str
    mode: str
    width: int
    height: int
    showing: tuple[int, ...]
    since: datetime
    heard_at: datetime

    def is_silent(self, now: datetime) -> bool:
        """Whether it has not been heard of for so long that somebody should go and look."""
        return now - self.heard_at >= SILENT
