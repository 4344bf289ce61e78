"""When a post is looked at again, so that what its author took back goes from here too.

The rhythm is the promise of the public interface: what is on a wall or of the last hour every
5 minutes, of the last day hourly, the archive every 30 days; where reading is charged for, once
a UTC day. What a network announces by itself needs it only now and then, and after it may have
been missed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FRESH, FRESH_EVERY = timedelta(hours=1), timedelta(minutes=5)
RECENT, RECENT_EVERY = timedelta(days=1), timedelta(hours=1)
MISSED_EVERY = timedelta(days=1)  # older ones, where a line that keeps falling may have missed something each time
ARCHIVE_EVERY = timedelta(days=30)
CONFIRMED_FOR = timedelta(minutes=3)  # a repeat is noted no more often; shorter than the shortest interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Posts said since ``since`` are due where they were last confirmed before ``before``."""

    before: datetime
    since: datetime | None = None  # None: however old
    on_wall: bool = False  # only what stands on a wall
    collecting: bool = False  # only posts of events that still take posts in


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is due: ``often`` costs little to ask, ``seldom`` looks at everything there is."""

    often: tuple[Rule, ...]
    seldom: tuple[Rule, ...]


def rules(now: datetime, *, announced_since: datetime | None, metered: bool = False) -> Rules:
    """Which posts of a source are due at ``now``.

    ``announced_since`` is when the network began to announce deletions and edits without a
    break, None where it announces nothing: what was confirmed before may have been missed.
    """
    if metered:
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return Rules(often=(), seldom=(Rule(before=today, collecting=True), Rule(before=now - ARCHIVE_EVERY)))
    doubt = now if announced_since is None else announced_since
    missed = now - ARCHIVE_EVERY if announced_since is None else min(doubt, now - MISSED_EVERY)
    return Rules(
        often=(
            Rule(before=min(doubt, now - FRESH_EVERY), since=now - FRESH),
            Rule(before=min(doubt, now - FRESH_EVERY), on_wall=True),
            Rule(before=min(doubt, now - RECENT_EVERY), since=now - RECENT),
        ),
        seldom=(Rule(before=max(now - ARCHIVE_EVERY, missed)),),
    )
