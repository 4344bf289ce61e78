"""How often a feed is worth asking, by its own rhythm and its own wishes."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median

from collector.feed import Following

EVERY_S = 300.0
SELDOM_S = 900.0  # the longest rhythm we fall into by ourselves: a quiet feed may break news at a conference
JUST_S = 1_800.0  # a feed whose newest entry is younger has just spoken
REMEMBERED = 11  # dates of entries: ten gaps

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def rhythm_s(posted: Sequence[float], now: datetime, *, fresh_s: float = 0.0, wish: Following | None = None) -> float:
    """Seconds until a feed is worth asking again, between EVERY_S and SELDOM_S.

    ``posted`` is when its newest entries were published, the newest first: it is asked four
    times in its usual gap; one that has gone quiet, less; one that has just spoken is likely to
    go on, and is asked as often as may be. What it wishes is a lower bound: ``fresh_s``, for
    which its server calls an answer fresh, and hours to be skipped always; the period that the document names
    only while the feed is not speaking, for most have one ("hourly") that nobody chose.
    """
    wish = wish or Following()
    least_s = max(EVERY_S, fresh_s, SELDOM_S if now.hour in wish.skipped_hours else 0.0)
    silence_s = now.timestamp() - posted[0] if posted else 0.0
    if len(posted) >= 2 and silence_s >= JUST_S:
        gap_s = median(newer - older for newer, older in pairwise(posted))
        least_s = max(least_s, gap_s / 4, silence_s / 8)
    if not posted or silence_s >= JUST_S:
        least_s = max(least_s, wish.every_s)
    return min(least_s, SELDOM_S)


def newest(known: Iterable[float], published: Iterable[datetime | None], now: datetime) -> tuple[float, ...]:
    """When the newest entries were published, the newest first; what claims to come from the future is of now."""
    new = (min(at, now).timestamp() for at in published if at is not None)
    return tuple(sorted({*known, *new}, reverse=True)[:REMEMBERED])


def fresh_s(cache_control: str) -> float:
    """For how long a server calls its answer fresh; 0 where it does not say."""
    found = _MAX_AGE.search(cache_control)
    return float(found[1]) if found else 0.0
