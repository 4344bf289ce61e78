"""How long to wait after a failure."""

import random
from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Backoff:
    """Doubles from ``first_s`` up to ``most_s``, a fifth more or less by chance so that many do not return at once."""

    first_s: float = 1.0
    most_s: float = 120.0  # an outage during a conference is noticed as over within two minutes
    spread: float = 0.2
    failures: int = 0

    def failed(self, wish_s: float | None = None) -> float:
        """Seconds to wait now; the server's own wish wins where it is longer."""
        wait_s = min(self.most_s, self.first_s * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return max(wait_s * random.uniform(1 - self.spread, 1 + self.spread), wish_s or 0.0)

    def worked(self) -> None:
        self.failures = 0
