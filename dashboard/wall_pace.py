"""The foot of a wall: how much is said, and the last forty minutes of it as bars. Pure: counts in, drawing out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard import strokes

MINUTES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """``number`` posts in ``span``: the last full ``minute``, else these ``minutes``, else ``all`` there are.

    ``dots`` are highlights: how far along, and how far down, in per cent.
    """

    number: int
    span: str
    bars: strokes.Bars
    dots: tuple[tuple[float, float], ...]


def start(now: datetime) -> datetime:
    """When the first of the bars begins: they end with the last full minute, which does not grow any more."""
    return now.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES)


def draw(counts: Sequence[int], total: int, highlights: Sequence[datetime], now: datetime) -> Pace:
    """``counts`` are the posts of each of the minutes from ``start(now)``."""
    edges = [(at, at + 1) for at in range(MINUTES)]
    highest = max(*counts, 1)
    minutes = sorted({(at - start(now)) // timedelta(minutes=1) for at in highlights})
    number, span = next(
        ((n, span) for n, span in ((counts[-1], "minute"), (sum(counts), "minutes")) if n), (total, "all")
    )
    return Pace(
        number=number,
        span=span,
        bars=strokes.bars(edges, counts, MINUTES, 0),
        dots=tuple(
            (round(100 * (at + 0.5) / MINUTES, 2), round(100 - 100 * counts[at] / highest, 1))
            for at in minutes
            if 0 <= at < MINUTES
        ),
    )
