"""How long to wait after a failure."""

import random
from dataclasses import dataclass

from timeline.errors import Pace

BRIEFLY = 4  # failures that count on after a brief success: sixteen times the first wait


@dataclass(slots=True, kw_only=True)
class Backoff:
    """Doubles from ``first_s`` up to ``most_s``, a fifth more or less by chance so that many do not return at once."""

    first_s: float = 1.0
    most_s: float = 120.0  # an outage during a conference is noticed as over within two minutes
    spread: float = 0.2
    failures: int = 0
    pace: Pace | None = None  # of the last failure

    def failed(self, wish_s: float | None = None, pace: Pace | None = None) -> float:
        """Seconds to wait now; the server's own wish wins where it is longer.

        A ``pace`` that the network asks for is kept in place of ours, never cut short by chance, and counts
        anew when the trouble is of another kind.
        """
        if pace != self.pace:
            self.failures, self.pace = 0, pace
        if pace is not None:
            self.failures += 1
            steps = 2.0 ** min(self.failures - 1, 30) if pace.doubling else float(self.failures)
            wait_s = min(pace.most_s, pace.first_s * steps) * random.uniform(1, 1 + self.spread)
            return max(wait_s, wish_s or 0.0)
        wait_s = min(self.most_s, self.first_s * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return max(wait_s * random.uniform(1 - self.spread, 1 + self.spread), wish_s or 0.0)

    def worked(self) -> None:
        self.failures, self.pace = 0, None

    def worked_briefly(self) -> None:
        """It worked, and may fail again at once: the next wait is neither the shortest nor the longest."""
        self.failures = min(self.failures, BRIEFLY)
