"""GET /: what is on, what is coming, what was."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from dashboard import pages, public
from dashboard.glance import Glance
from dashboard.keys import GLANCES, STORE
from dashboard.listening import Heard, late
from timeline.event import Event

_MOST = 60  # events drawn; more than that is an archive of its own


@dataclass(frozen=True, slots=True)
class Listed:
    """An event as the page lists it."""

    event: Event
    glance: Glance
    late: Heard | None


async def show(request: web.Request) -> web.Response:
    """Events by phase: live ones whole, those with posts first; coming ones soonest first, past ones latest first."""
    now = datetime.now(UTC)
    events = sorted(await public.public_events(request.app[STORE]), key=lambda event: event.starts_at, reverse=True)
    glances = request.app[GLANCES]
    listed = [
        Listed(event, glance, late(glance.heard) if event.collect_from <= now else None)
        for event, glance in zip(
            events[:_MOST], await asyncio.gather(*(glances.of(event, now) for event in events[:_MOST])), strict=True
        )
    ]
    phases = {phase: [one for one in listed if one.event.phase(now) == phase] for phase in ("live", "coming", "past")}
    return pages.answer(
        request, "index.html", modules=("site.js", "theme.js"),
        now=now, live=sorted(phases["live"], key=_is_empty), coming=phases["coming"][::-1], past=phases["past"],
    )  # fmt: skip


def _is_empty(one: Listed) -> bool:
    return one.glance.latest is None
