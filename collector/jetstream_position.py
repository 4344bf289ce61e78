"""Where we stand in a Jetstream, and how to ask any host to go on from there."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from timeline.post import Cursor

V1, V2 = "v1", "v2"
REWIND = timedelta(minutes=2)  # hosts witness by themselves, some late: on another one we start this much earlier
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FURTHEST = 3  # steps over what can never be had, each further than the one before


@dataclass(frozen=True, slots=True)
class Position:
    """``seq`` is what ``host`` counts by on ``wire``, a number on v2, microseconds on v1; ``at`` when it witnessed it.

    Neither is worth anything on another host or wire: there ``at`` stands in.
    """

    host: str
    at: datetime
    seq: int | None = None
    wire: str = V2

    @classmethod
    def kept(cls, cursor: Cursor | None) -> Self | None:
        """What ``cursor`` wrote; None for no cursor and for a closed gap."""
        if not cursor:
            return None
        return cls(cursor["host"], datetime.fromisoformat(cursor["at"]), cursor["seq"], cursor.get("wire", V2))

    def cursor(self, **more: Any) -> dict[str, Any]:
        return {"host": self.host, "wire": self.wire, "seq": self.seq, "at": self.at.isoformat(), **more}

    def asked_of(self, host: str, wire: str) -> str:
        """The ``cursor`` parameter for ``host``: what it counts by, inclusive; microseconds anywhere else.

        Never the next number at first: where nothing has been said since, a host may take it for the future.
        """
        if (host, wire) == (self.host, self.wire) and self.seq is not None:
            return str(self.seq)
        return str((self.at - REWIND - EPOCH) // MICROSECOND)

    def past(self) -> Self:
        """The number after this one, for a host that hangs up over and over once it has repeated this one."""
        return self if self.seq is None else replace(self, seq=self.seq + 1)

    def over(self, times: int) -> Self:
        """Beyond what comes after this one and can never be had: the second number from here, then ever later."""
        counts = self.wire == V2 and self.seq is not None
        if times == 0:
            return self
        if times == 1 and counts and self.seq is not None:
            return replace(self, seq=self.seq + 2)
        at = self.at + timedelta(seconds=10 ** (times - 1 - counts))
        return replace(self, at=at, seq=(at - EPOCH) // MICROSECOND)  # either wire takes such a number for a time

    def by_time(self) -> Self:
        """The same, for a host that no longer knows the number."""
        return replace(self, seq=None)

    def moved_to(self, host: str) -> Self:
        """The same moment on another host."""
        return replace(self, host=host, seq=None) if host != self.host else self

    def level_with(self, other: Self) -> bool:
        """Whether everything up to ``other`` has been seen."""
        same = (self.host, self.wire) == (other.host, other.wire)
        if same and self.seq is not None and other.seq is not None:
            return self.seq >= other.seq
        return self.at >= other.at + (timedelta() if same else REWIND)
