"""The highlights of an event, by day: GET /e/{slug}/highlights, and its list alone for the script that follows it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

from aiohttp import web
from markupsafe import Markup

from dashboard import filters, pages, public, tabs
from dashboard.keys import DEHYDRATED, RENDERER, STORE
from storage import items
from timeline.event import Event
from timeline.item import Item
from timeline.view import Filter

MOST = 500  # of an event, the newest: more than anybody reads at once, or prints
MODULES = ("highlights.js", "again.js", "lead.js", "live.js", "site.js", "theme.js")


_SLICE = 20  # drawn before others have their turn


class Pick(NamedTuple):
    """A highlight as it is drawn."""

    item: Item
    html: Markup


async def show(request: web.Request) -> web.Response:
    """The newest first, with ``order=oldest`` the other way round; ``fragment=list`` asks for the list alone."""
    now = datetime.now(UTC)
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    page = await request.app[STORE].read(items.page, event.id, limit=MOST, where=Filter(highlighted=True))
    oldest = request.query.get("order") == "oldest"
    told: dict[str, Any] = {
        "event": event,
        "now": now,
        "seq": page.seq,
        "count": len(page.items),
        "oldest_first": oldest,
        "days": await _days(request, page.items[::-1] if oldest else page.items, event),
    }
    if request.query.get("fragment") == "list":
        return pages.answer(request, "partials/_picks.html", **told)
    around: dict[str, Any] = {"tabs": await tabs.of(request, event, now, here="highlights"), "phase": event.phase(now)}
    return pages.answer(request, "highlights.html", modules=MODULES, sheets=("highlights.css",), **told, **around)


async def _days(request: web.Request, picked: Sequence[Item], event: Event) -> list[tuple[datetime, list[Pick]]]:
    """By day where the event is: any moment of it, and its highlights in order."""
    drawn: list[Pick] = []
    for item in picked:
        drawn.append(Pick(item, _drawn(request, item, event)))
        if len(drawn) % _SLICE == 0:
            await asyncio.sleep(0)
    by_day = groupby(drawn, key=lambda pick: filters.day(pick.item.published_at, event))
    grouped = (list(of_day) for _, of_day in by_day)
    return [(picks[0].item.published_at, picks) for picks in grouped]


def _drawn(request: web.Request, item: Item, event: Event) -> Markup:
    """Its phrase with the whole folded away, or all it says.

    Where a network's rules or a warning ask for it, the post as it is everywhere.
    """
    post, renderer = item.post, request.app[RENDERER]
    if post.network in request.app[DEHYDRATED] or post.content_warning:
        card = Markup('<div class="pick pick--card feed">{}</div>')
        return card.format(Markup(renderer.card_or_broken(item, event)))  # noqa: S704
    phrase = " ".join((item.phrase or "").split())
    whole = " ".join(post.text.split())
    return Markup(renderer.pick_or_broken(item, event, "" if phrase == whole else phrase))  # noqa: S704
