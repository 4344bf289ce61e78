"""What an event listens to, network by network: readers hear when a whole network is late, not which blog fails."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from dashboard.languages import gettext, later, message, ngettext
from timeline.event import Event
from timeline.network import NetworkInfo, SourceStatus

_NAMED = 3
NETWORKS = (later("News"), later("Recording"))
"""Networks that are called otherwise in other languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One network of an event: facts, which become words when somebody looks.

    ``at`` is when it last answered, ``since`` when it last brought a post, ``places`` its servers or
    sites, ``tags`` what it is searched for; ``recorded`` says that it only plays something again.
    """

    key: str
    name: str
    tags: tuple[str, ...]
    places: tuple[str, ...]
    recorded: bool
    state: Literal["ok", "waiting", "failing", "stopped"]
    tagged: bool
    polled: bool
    at: datetime | None
    since: datetime | None
    posts: int

    @property
    def label(self) -> str:
        """What people call it."""
        return message(self.name)

    @property
    def what(self) -> str:
        """What is listened to, in a line."""
        if self.recorded:
            return gettext("A recorded conference, played again")
        places = _listed(self.places)
        if not self.tags:
            return places
        between = gettext("or")
        tags = f" {between} ".join(f"#{tag}" for tag in self.tags)
        if not places:
            return gettext("Posts with %(tags)s", tags=tags)
        return gettext("Posts with %(tags)s on %(places)s", tags=tags, places=places)


def networks_heard(event: Event, sources: Sequence[SourceStatus], networks: Sequence[NetworkInfo]) -> list[Heard]:
    """The networks ``event`` listens to, in the order of its sources."""
    infos = {info.key: info for info in networks}
    kinds = dict.fromkeys(status.source.kind for status in sources)
    return [_heard(event, [s for s in sources if s.source.kind == kind], infos.get(kind), kind) for kind in kinds]


def late(heard: Iterable[Heard]) -> Heard | None:
    """The first network that does not answer at all."""
    return next((network for network in heard if network.state == "failing"), None)


def _heard(event: Event, sources: Sequence[SourceStatus], info: NetworkInfo | None, kind: str) -> Heard:
    recorded = info is not None and any(field.kind == "file" for field in info.fields)
    places = (_place(status.source.settings, status.source.label) for status in sources)
    return Heard(
        key=kind,
        name=info.label if info else kind.capitalize(),
        tags=event.hashtags if info is not None and info.tagged and not recorded else (),
        places=tuple(dict.fromkeys(place for place in places if place)),
        recorded=recorded,
        state=_together(sources),
        tagged=info is not None and info.tagged,
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


def _place(settings: Mapping[str, object], label: str) -> str:
    if label:
        return label
    address = settings.get("server") or settings.get("url") or ""
    return (urlsplit(str(address)).hostname or "").removeprefix("www.")


def _listed(names: Sequence[str]) -> str:
    if len(names) <= 1:
        return "".join(names)
    if len(names) <= _NAMED:
        return gettext("%(names)s and %(last)s", names=", ".join(names[:-1]), last=names[-1])
    kept, rest = ", ".join(names[: _NAMED - 1]), len(names) - _NAMED + 1
    return ngettext("%(names)s and %(num)s more", "%(names)s and %(num)s more", rest, names=kept)
