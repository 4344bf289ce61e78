"""What a wall says of itself, and how often anybody may say so: it comes without a sign-in from who knows where."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import msgspec

from dashboard.auth import network_of
from dashboard.wall_settings import NAME, Layout
from timeline.screen import GONE, Screen

MAX_BYTES = 2_048
A_MINUTE = 240  # from one address: a hall of twenty walls, each every ten seconds and at every change
WALLS = 20  # different ones from one address, for an event
REMEMBERED = 1_000  # addresses

_Side = Annotated[int, msgspec.Meta(ge=1, le=32_768)]
_Number = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]


class WallReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As a wall's page sends it. ``id`` is random and its own, ``showing`` are ids of posts."""

    id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{8,40}$")]
    layout: Layout
    size: tuple[_Side, _Side]
    showing: Annotated[tuple[_Number, ...], msgspec.Meta(max_length=12)] = ()
    name: Annotated[str, msgspec.Meta(max_length=NAME)] = ""
    mode: Annotated[str, msgspec.Meta(pattern="^[a-z-]{0,20}$")] = ""

    def screen(self, at: datetime) -> Screen:
        """The wall as it is kept."""
        return Screen(
            id=self.id,
            name="".join(sign for sign in self.name if sign.isprintable()).strip(),
            layout=self.layout,
            mode=self.mode,
            width=self.size[0],
            height=self.size[1],
            showing=tuple(dict.fromkeys(map(int, self.showing))),
            since=at,
            heard_at=at,
        )


def decode(body: bytes) -> WallReport:
    """Raises ValueError for anything that no wall of ours would send."""
    return msgspec.json.decode(body, type=WallReport)


@dataclass(slots=True)
class _Came:
    minute: int = -1
    times: int = 0
    walls: dict[tuple[int, str], float] = field(default_factory=dict)


class Counter:
    """Counts what comes from where, so that one address is neither too many walls nor too loud."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Came] = OrderedDict()

    def admits(self, origin: str, event_id: int, wall: str, now: float) -> bool:
        """Whether this report may be taken in. ``now`` is in seconds."""
        came = self._known.setdefault(network_of(origin), _Came())
        self._known.move_to_end(network_of(origin))
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        if came.minute != int(now // 60):
            came.minute, came.times = int(now // 60), 0
            lately = now - GONE.total_seconds()
            came.walls = {known: heard for known, heard in came.walls.items() if heard > lately}
        came.times += 1
        if came.times > A_MINUTE:
            return False
        beside = sum(1 for event, name in came.walls if event == event_id and name != wall)
        if beside >= WALLS:
            return False
        came.walls[event_id, wall] = now
        return True
