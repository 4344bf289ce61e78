"""Notices a host that is connected and speaks, but falls behind the times."""

from collections.abc import Callable
from datetime import datetime


class Pace:
    """Compares a stream's own time with the clock's. A stream that catches up gains, a live one keeps level,
    one that stalls loses; how far the two clocks differ does not matter.
    """

    def __init__(self, clock: Callable[[], float], most_s: float) -> None:
        self._clock = clock
        self._most_s = most_s
        self._ours_s = 0.0  # what we ourselves took, which is not the host's delay
        self._left_at = 0.0
        self._best_s: float | None = None

    def leave(self) -> None:
        """We turn to something else: the time until ``back`` is not the host's."""
        self._left_at = self._clock()

    def back(self) -> None:
        self._ours_s += self._clock() - self._left_at

    def lags(self, at: datetime) -> bool:
        """Whether the stream, which has come to ``at``, is too far behind where it once was."""
        level_s = at.timestamp() - (self._clock() - self._ours_s)
        self._best_s = level_s if self._best_s is None else max(self._best_s, level_s)
        return self._best_s - level_s > self._most_s
