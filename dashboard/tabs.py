"""The ways through an event, as its pages offer them: a tab exists only when there is something behind it."""

from datetime import datetime
from typing import NamedTuple

from aiohttp import web

from dashboard.keys import GLANCES
from dashboard.languages import gettext
from timeline.event import Event


class Tab(NamedTuple):
    """``here`` says that it is the page the reader is on; ``sign`` is its icon at the foot of a phone."""

    name: str
    address: str
    here: bool
    sign: str


async def of(request: web.Request, event: Event, now: datetime, *, here: str) -> list[Tab]:
    """The tabs of ``event``; ``here`` is the path of this page below the event's own, empty for the timeline."""
    glance = await request.app[GLANCES].of(event, now)
    offered = [(gettext("Timeline"), "", "list")]
    if glance.highlights:
        offered.append((gettext("Highlights"), "highlights", "outline"))
    if glance.latest:
        offered.append((gettext("Search"), "search", "search"))
    root = f"/e/{event.slug}"
    if len(offered) == 1:
        return []
    return [Tab(name, f"{root}/{path}" if path else root, path == here, sign) for name, path, sign in offered]
