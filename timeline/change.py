"""The live wire: one numbered step in an event's log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from timeline.item import Item

ChangeKind = Literal["item.added", "item.changed", "item.removed", "item.held", "event.changed"]
"""``item.removed``: readers who had it must take it away, for whatever reason.
``item.held``: it changed out of the public's sight, and was not in it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step: its number, what it was and about which item (None for the event itself)."""

    event_id: int
    seq: int
    kind: ChangeKind
    subject: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change beside the item as it is now; ``item`` is None where there is nothing to show."""

    change: Change
    item: Item | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What follows a position, read in one snapshot.

    ``steps`` rise strictly. ``upto`` is the number a reader stands at after them (numbers
    may be skipped), ``latest`` the event's last change, ``floor`` the number before the
    oldest change still kept: a position below it, or above ``latest``, needs a reset.
    """

    steps: tuple[Step, ...]
    upto: int
    latest: int
    floor: int
