"""Activity as vertical strokes: one path for many bars, a tenth of the bytes of rectangles."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp

HEIGHT = 100
SMALL = 36  # bars of a small drawing

Edges = Sequence[tuple[int, int]]
"""The minutes each bar stands for: from, and up to but not with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Paths in a box ``wide`` by ``HEIGHT``, one vertical stroke a bar, ``recent`` apart from ``past``."""

    wide: int
    quiet: str
    past: str
    recent: str


def bars(edges: Edges, counts: Sequence[int], here: int, fresh: int | None) -> Bars:
    """Bars that end after ``fresh`` are drawn apart."""
    values = [_pace(counts, left, right, here) for left, right in edges]
    recent = [fresh is not None and right > fresh for _, right in edges]
    return Bars(
        wide=len(edges),
        quiet="".join(f"M{x}.5 {HEIGHT}v-2" for x, (left, _) in enumerate(edges) if not values[x] and left <= here),
        past=path([0 if new else value for value, new in zip(values, recent, strict=True)], max(values)),
        recent=path([value if new else 0 for value, new in zip(values, recent, strict=True)], max(values)),
    )


def small(shown: Sequence[range]) -> list[tuple[int, int]]:
    """``SMALL`` bars over everything shown, nights left out."""
    minutes = [at for part in shown for at in part]
    marks = [len(minutes) * n // SMALL for n in range(SMALL + 1)]
    return [(minutes[left], minutes[right - 1] + 1) for left, right in pairwise(marks) if left < right]


def _pace(counts: Sequence[int], left: int, right: int, here: int) -> float:
    """Posts a minute; of the bar that is still filling, over the part of it that has passed."""
    passed = min(right, here + 1) - left if left <= here else right - left
    return sum(counts[left:right]) / passed


def path(values: Sequence[float], highest: float) -> str:
    return "".join(
        f"M{x}.5 {HEIGHT}V{HEIGHT - max(3, round(value * HEIGHT / highest))}" for x, value in enumerate(values) if value
    )


def _ghost(wide: int) -> str:
    heights = [6 + 44 * exp(-(((x - 14) / 6) ** 2)) + 62 * exp(-(((x - 30) / 7) ** 2)) for x in range(wide)]
    return "".join(f"M{x}.5 {HEIGHT}V{HEIGHT - round(height)}" for x, height in enumerate(heights))


GHOST = _ghost(43)
"""Two soft hills: what the signal looks like before there is one."""
