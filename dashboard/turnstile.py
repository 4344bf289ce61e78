"""Who pushes at us comes in one by one, and only so often."""

from collections import defaultdict, deque
from dataclasses import dataclass, field

A_MINUTE = 60  # for one key
AT_ONCE = 2  # of one key, on their way in


@dataclass(slots=True)
class Turnstile:
    """Lets so many in for each key, and no more: a hub gone wild must not keep us from our readers."""

    _came: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _inside: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def enter(self, key: str, now: float) -> bool:
        """Whether this one may come in; who may must ``leave``. Call it for keys that are known alone."""
        came = self._came[key]
        while came and came[0] < now - 60.0:
            came.popleft()
        if len(came) >= A_MINUTE or self._inside[key] >= AT_ONCE:
            return False
        came.append(now)
        self._inside[key] += 1
        return True

    def leave(self, key: str) -> None:
        self._inside[key] -= 1
        if not self._inside[key]:
            del self._inside[key]
