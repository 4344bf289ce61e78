"""The last steps of an event, so that whoever comes back after seconds costs no question to the database.

A reader who has to ask stands behind again when the answer comes, if many ask at once and the
event moves on: from here it becomes level without giving way to anybody.
"""

from collections import deque

from timeline.change import Step, Window

STEPS = 200  # kept; at ten changes a second this bridges 20 seconds


class Recent:
    """Every step that still counts after ``floor``. A replaced or removed post leaves no words behind."""

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self._steps: deque[Step] = deque()

    def add(self, window: Window) -> None:
        """Take in what follows; earlier steps of the same posts go."""
        told = {step.change.subject for step in window.steps}
        self._steps = deque(step for step in self._steps if step.change.subject not in told)
        self._steps.extend(window.steps)
        while len(self._steps) > STEPS:
            self.floor = self._steps.popleft().change.seq

    def clear(self, floor: int) -> None:
        """Nothing before ``floor`` counts any more."""
        self.floor = floor
        self._steps.clear()

    def since(self, position: int, limit: int) -> list[Step] | None:
        """The first ``limit`` steps after ``position``; None where that is further back than this reaches."""
        if position < self.floor:
            return None
        later = (step for step in self._steps if step.change.seq > position)
        return [step for _, step in zip(range(limit), later, strict=False)]
