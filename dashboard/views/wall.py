"""The projector wall of an event: GET /e/{slug}/wall, its cards alone, and its stream."""

from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from markupsafe import Markup

from dashboard import languages, pages, public, sse, wall_settings
from dashboard.fragments import Form
from dashboard.keys import DEHYDRATED, GLANCES, RENDERER, SITE, STORE
from dashboard.views import qr
from dashboard.wall_settings import WallSettings
from storage import walls
from timeline.event import Event

CARDS = 24  # the newest that pass the gate; a wall shows four to six at a time
HIGHLIGHTS = 12  # beside those, for a wall that rotates or has lost its link
MODULES = ("site.js", "theme.js")
SHEETS: tuple[str, ...] = ()
_QUIET = {"X-Robots-Tag": "noindex"}


async def show(request: web.Request) -> web.Response:
    """The wall; ``fragment=cards`` asks for the cards alone, as they may stand there now."""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    settings = wall_settings.read(request.query)
    now = datetime.now(UTC)
    told = await _cards(request, event, settings)
    if request.query.get("fragment") == "cards":
        answer = pages.answer(request, "partials/_wall_cards.html", **told)
    else:
        surroundings = await _surroundings(request, event, now)
        answer = pages.answer(
            request, "wall.html", modules=MODULES, sheets=SHEETS, settings=settings, **(told | surroundings)
        )
    answer.headers.update(_QUIET)
    return answer


async def stream(request: web.Request) -> web.StreamResponse:
    """GET /e/{slug}/wall/stream?after=SEQ: what comes onto the wall and what leaves it."""
    only = wall_settings.read(request.query).highlights_only
    return await sse.stream(request, Form("highlights" if only else "wall", languages.spoken().tag))


async def _cards(request: web.Request, event: Event, settings: WallSettings) -> dict[str, Any]:
    """The newest cards and the newest highlights, newest first; ``seq`` is where the stream goes on from both."""
    store, unaltered = request.app[STORE], request.app[DEHYDRATED]
    only = settings.highlights_only
    newest = await store.read(walls.standing, event.id, limit=CARDS, highlights_only=only, unaltered=unaltered)
    picked = await store.read(walls.standing, event.id, limit=HIGHLIGHTS, highlights_only=True, unaltered=unaltered)
    found = {item.id: item for item in (*newest.items, *picked.items)}
    items = sorted(found.values(), key=lambda item: (item.published_at, item.id), reverse=True)
    return {
        "event": event,
        "items": items,
        "cards": [Markup(card) for item in items if (card := request.app[RENDERER].wall_card_or_none(item, event))],  # noqa: S704
        "seq": newest.seq,
    }


async def _surroundings(request: web.Request, event: Event, now: datetime) -> dict[str, Any]:
    glance = await request.app[GLANCES].of(event, now)
    short = f"/{event.slug}"
    address = request.app[SITE].absolute(short)
    return {
        "now": now,
        "phase": event.phase(now),
        "signal": glance.signal,
        "heard": glance.heard,
        "join": address,
        "join_words": request.app[SITE].spoken(short),
        "qr": Markup(qr.drawn(address).decode()),  # noqa: S704
        "sponsors": (),
    }
