"""Pages and cards from templates, compiled once."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup, escape

from dashboard import filters, languages, thrift, wallwords
from dashboard.assets import Assets
from dashboard.pictures import srcset
from dashboard.site import Site
from dashboard.strokes import GHOST
from dashboard.structured import Structured
from timeline import consent, wall
from timeline.event import Event
from timeline.item import Item
from timeline.link import web_address
from timeline.network import NetworkInfo

_log = structlog.get_logger(__name__)
_TEMPLATES = Path(__file__).parent / "templates"
_SOON = 2  # cards of a page that may be on the first screen, a phone's too


class Renderer:
    """Everything a page is made of that does not change from page to page."""

    def __init__(self, site: Site, networks: Sequence[NetworkInfo]) -> None:
        self.assets = assets = Assets(site)
        self._labels = {info.key: info.label for info in networks}
        self._guarded = frozenset(info.key for info in networks if info.dehydrated)
        self._environment = _environment()
        self._environment.globals.update(
            site=site,
            assets=assets,
            asset=assets.url,
            icon=self._icon,
            structured=Structured(site, self._guarded),
            network=self._network,
            network_label=self.label,
            is_guarded=lambda post: post.network in self._guarded,
        )
        self._card = self._environment.get_template("partials/_card.html")
        self._wall_card = self._environment.get_template("partials/_wall_card.html")
        self._pick = self._environment.get_template("partials/_pick.html")
        self._broken = self._environment.get_template("partials/_card_broken.html")

    def page(self, name: str, **context: Any) -> str:
        """The template ``name`` as a whole document, or as the part of one that it is."""
        return self._environment.get_template(name).render(context)

    def card(
        self,
        item: Item,
        event: Event,
        *,
        position: int | None = None,
        first: bool = False,
        joined: bool = False,
        soon: bool = False,
    ) -> str:
        """One post, wherever it appears; in a list its ``position``, and whether it is the ``first`` of its day.

        ``joined`` says that it goes on with the thread of the post beside it, ``soon`` that its pictures are seen
        as the page opens: they are fetched without waiting for the layout.
        """
        return self._card.render(item=item, event=event, position=position, first=first, joined=joined, soon=soon)

    def wall_card(self, item: Item, event: Event) -> str:
        """One post as it stands on a projector wall, where it passes the gate."""
        return self._wall_card.render(
            item=item,
            event=event,
            words=wall.words(item, unaltered=item.post.network in self._guarded),
            since=wall.vouched_since(item),
            picked=item.highlighted_at if wall.is_highlight(item) else None,
        )

    def wall_card_or_none(self, item: Item, event: Event) -> str | None:
        """One post on a wall; what cannot be drawn is left out, as nobody there can do anything about it."""
        try:
            return self.wall_card(item, event)
        except Exception:
            _log.exception("a post cannot be drawn", item=item.id)
            return None

    def cards(self, items: Sequence[Item], event: Event, now: datetime) -> list[Markup]:
        """The posts of a page, a day named above the first of each but today's."""
        days = [filters.day(now, event), *(filters.day(item.published_at, event) for item in items)]
        upwards = len(items) > 1 and items[0].published_at < items[-1].published_at
        earlier = [None, *items[:-1]] if upwards else [*items[1:], None]
        return [
            Markup(  # noqa: S704
                self.card_or_broken(
                    item,
                    event,
                    position=n + 1,
                    first=days[n + 1] != days[n],
                    joined=_goes_on(item, earlier[n]),
                    soon=n < _SOON,
                )
            )
            for n, item in enumerate(items)
        ]

    def card_or_broken(self, item: Item, event: Event, **where: Any) -> str:
        """One post; what cannot be drawn does not stop its neighbours. ``where`` is as ``card`` takes it."""
        try:
            return self.card(item, event, **where)
        except Exception:
            _log.exception("a post cannot be drawn", item=item.id)
            return self.broken_card(item)

    def pick_or_broken(self, item: Item, event: Event, phrase: str) -> str:
        """One post as a highlight: its ``phrase`` where that is not all it says."""
        try:
            return self._pick.render(item=item, event=event, phrase=phrase)
        except Exception:
            _log.exception("a post cannot be drawn", item=item.id)
            return self.broken_card(item)

    def broken_card(self, item: Item) -> str:
        """What stands in for a post that could not be drawn."""
        return self._broken.render(item=item)

    def label(self, network: str) -> str:
        """What people call a network."""
        return languages.message(self._labels.get(network, network.capitalize()))

    def _icon(self, name: str, size: str = "") -> Markup:
        return _use(
            f"icon icon--{name} icon--{size}" if size else f"icon icon--{name}", self.assets.url("icons.svg"), name
        )

    def _network(self, key: str, size: str = "") -> Markup:
        mark = f"n-{key}" if key in self.assets.marks else "n-other"
        return _use(f"network network--{size}" if size else "network", self.assets.url("icons.svg"), mark)


def _goes_on(item: Item, earlier: Item | None) -> bool:
    """Whether ``item`` answers the post before it, which is its own author's."""
    return (
        earlier is not None and item.answered is not None and item.answered.own and item.answered.item_id == earlier.id
    )


class _Lean(Extension):
    """Drops indentation when a template is read; other people's words never pass through here."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        return re.sub(r"\s*\n\s*", "\n", source)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[_Lean, "jinja2.ext.i18n"],
    )
    environment.filters.update(
        clock=filters.clock,
        day=filters.day,
        short_day=filters.short_day,
        starts=filters.starts,
        dates=filters.dates,
        last_moment=filters.last_moment,
        iso=filters.iso,
        epoch_ms=filters.epoch_ms,
        grouped=filters.grouped,
        size=filters.size,
        counted=filters.counted,
        either=filters.either,
        until=filters.until,
        ago=filters.ago,
        ahead=filters.ahead,
        moment=filters.moment,
        sentence=filters.sentence,
        opening=filters.opening,
        host=filters.host,
        language=filters.language,
        initials=filters.initials,
        tint=filters.tint,
        reading_minutes=filters.reading_minutes,
        safe_html=filters.safe_html,
        srcset=srcset,
        web_address=web_address,
        quoted_address=filters.quoted_address,
        wall_words=lambda item, event, kind, guarded: wallwords.words(item, event, kind, guarded=guarded),
        wall_markup=wallwords.markup,
        wall_size=wallwords.size,
    )
    environment.policies["ext.i18n.trimmed"] = True  # a sentence may run over lines
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        languages.message,
        languages.counted_message,
        newstyle=True,
        pgettext=languages.message_in,
        npgettext=languages.counted_message_in,
    )
    environment.globals.update(
        FOLDED=filters.FOLDED,
        may_be_found=consent.may_be_found,
        ghost=GHOST,
        languages=languages.LANGUAGES,
        spoken=languages.spoken,
        thrifty=thrift.thrifty,
        plurals=languages.plurals,
    )
    return environment


def _use(classes: str, sprite: str, name: str) -> Markup:
    return Markup(f'<svg class="{escape(classes)}" aria-hidden="true"><use href="{sprite}#{escape(name)}"/></svg>')  # noqa: S704
