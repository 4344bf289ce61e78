"""What an event listens to, network by network: readers hear when a whole network is late, not which blog fails."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from timeline.event import Event
from timeline.network import NetworkInfo, SourceStatus

_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One network of an event. ``at`` is when it last answered, ``since`` when it last brought a post."""

    key: str
    label: str
    what: str
    state: Literal["ok", "waiting", "failing", "stopped"]
    polled: bool
    at: datetime | None
    since: datetime | None
    posts: int


def networks_heard(event: Event, sources: Sequence[SourceStatus], networks: Sequence[NetworkInfo]) -> list[Heard]:
    """The networks ``event`` listens to, in the order of its sources."""
    infos = {info.key: info for info in networks}
    kinds = dict.fromkeys(status.source.kind for status in sources)
    return [_heard(event, [s for s in sources if s.source.kind == kind], infos.get(kind), kind) for kind in kinds]


def late(heard: Iterable[Heard]) -> Heard | None:
    """The first network that does not answer at all."""
    return next((network for network in heard if network.state == "failing"), None)


def _heard(event: Event, sources: Sequence[SourceStatus], info: NetworkInfo | None, kind: str) -> Heard:
    return Heard(
        key=kind,
        label=info.label if info else kind.capitalize(),
        what=_what(event, sources, info),
        state=_together(sources),
        polled=any(status.next_poll_at for status in sources),
        at=max((s.last_success_at for s in sources if s.last_success_at), default=None),
        since=max((s.last_post_at for s in sources if s.last_post_at), default=None),
        posts=sum(status.posts for status in sources),
    )


def _together(sources: Sequence[SourceStatus]) -> Literal["ok", "waiting", "failing", "stopped"]:
    """One place that answers makes the network one that answers."""
    states = {status.state for status in sources}
    for state in ("ok", "waiting", "failing"):
        if state in states:
            return state
    return "stopped"


def _what(event: Event, sources: Sequence[SourceStatus], info: NetworkInfo | None) -> str:
    if info is not None and any(field.kind == "file" for field in info.fields):
        return "A recorded conference, played again"
    places = list(
        dict.fromkeys(place for status in sources if (place := _place(status.source.settings, status.source.label)))
    )
    tags = " or ".join(f"#{tag}" for tag in event.hashtags)
    if info is not None and info.tagged and tags:
        return f"Posts with {tags}" + (f" on {_list(places)}" if places else "")
    return _list(places)


def _place(settings: Mapping[str, object], label: str) -> str:
    if label:
        return label
    address = settings.get("server") or settings.get("url") or ""
    return (urlsplit(str(address)).hostname or "").removeprefix("www.")


def _list(names: Sequence[str]) -> str:
    if len(names) <= 1:
        return "".join(names)
    if len(names) <= _NAMED:
        return ", ".join(names[:-1]) + f" and {names[-1]}"
    return ", ".join(names[: _NAMED - 1]) + f" and {len(names) - _NAMED + 1} more"
