"""What a reader asked of a timeline, as its address says it: which posts, in which order, from where."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from dashboard.languages import gettext
from timeline.errors import BadCursor
from timeline.item import Place
from timeline.view import Filter

_ON = "1"


class NoSuchChoice(Exception):
    """The event is here, but not what the address asks of it: one sentence for the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """``before`` and ``after`` are the place that a page begins at, on its older or its newer side."""

    path: str
    network: str | None = None
    media: bool = False
    highlighted: bool = False
    oldest: bool = False  # first
    before: str | None = None
    after: str | None = None

    @classmethod
    def of(cls, path: str, query: Mapping[str, str], networks: Collection[str]) -> Self:
        """What the address ``path`` with ``query`` asks for. Raises NoSuchChoice."""
        network = query.get("network") or None
        if network and network not in networks:
            raise NoSuchChoice(gettext("This address asks for a network that we do not know."))
        asked = {name: query.get(name) or None for name in ("media", "highlighted", "order", "before", "after")}
        if {asked["media"], asked["highlighted"]} - {None, _ON} or asked["order"] not in (None, "oldest"):
            raise NoSuchChoice(gettext("This address asks for a view of the timeline that does not exist."))
        for place in (asked["before"], asked["after"]):
            try:
                Place.decode(place) if place else None
            except BadCursor as error:
                raise NoSuchChoice(
                    gettext("This address asks for posts from a place in the timeline that does not exist.")
                ) from error
        return cls(
            path=path, network=network, media=bool(asked["media"]), highlighted=bool(asked["highlighted"]),
            oldest=bool(asked["order"]), before=asked["before"], after=asked["after"],
        )  # fmt: skip

    @property
    def filter(self) -> Filter:
        return Filter(network=self.network, media=self.media, highlighted=self.highlighted or None)

    @property
    def filtered(self) -> bool:
        return bool(self.network or self.media or self.highlighted)

    @property
    def places(self) -> dict[str, Any]:
        """From where to read, as ``items.page`` wants it."""
        before, after = (Place.decode(place) if place else None for place in (self.before, self.after))
        return {"before": before, "after": after, "oldest": self.oldest}

    @property
    def whole(self) -> bool:
        """Whether it is the timeline as it is offered first."""
        return not (self.filtered or self.oldest or self.before or self.after)

    @property
    def fits(self) -> str:
        """Which cards belong here, as a selector for scripts; nothing where all do."""
        network = f'[data-network="{self.network}"]' if self.network else ""
        return f"{network}{'[data-media]' if self.media else ''}{'.card--highlight' if self.highlighted else ''}"

    def link(self, **changes: Any) -> str:
        """The address of this view with ``changes``, from its beginning unless they say from where."""
        asked = replace(self, **({"before": None, "after": None} | changes))
        query = {
            "network": asked.network, "media": _ON if asked.media else None,
            "highlighted": _ON if asked.highlighted else None, "order": "oldest" if asked.oldest else None,
            "before": asked.before, "after": asked.after,
        }  # fmt: skip
        told = urlencode({name: value for name, value in query.items() if value})
        return f"{asked.path}?{told}" if told else asked.path
