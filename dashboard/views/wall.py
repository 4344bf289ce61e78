"""The projector wall of an event: GET /e/{slug}/wall, its cards alone, and its stream."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from markupsafe import Markup

from dashboard import languages, pages, public, sse, wall_pace, wall_settings
from dashboard.fragments import Form
from dashboard.glance import Glance
from dashboard.keys import DEHYDRATED, GLANCES, RENDERER, SITE, STORE
from dashboard.views import qr
from dashboard.wall_settings import WallSettings
from storage import items, walls
from timeline.event import Event
from timeline.view import Filter

CARDS = 24  # the newest that pass the gate; a wall shows four to six at a time
HIGHLIGHTS = 12  # beside those, for a wall that rotates or has lost its link
MODULES = (
    "wall.js", "lead.js", "live.js", "wall-fit.js", "wall-guard.js", "wall-link.js", "wall-pool.js", "wall-report.js",
    "wall-screen.js", "wall-settings.js", "wall-show.js", "wall-stage.js",
)  # fmt: skip
SHEETS = ("wall.css",)
_QUIET = {"X-Robots-Tag": "noindex"}


async def show(request: web.Request) -> web.Response:
    """The wall; ``fragment`` asks for the ``cards`` alone, as they may stand there now, or for the ``foot``."""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    settings = wall_settings.read(request.query)
    now = datetime.now(UTC)
    match request.query.get("fragment"):
        case "foot":
            answer = pages.answer(request, "partials/_wall_foot.html", pace=await _pace(request, event, now))
        case "cards":
            answer = pages.answer(request, "partials/_wall_cards.html", **await _cards(request, event, settings))
        case _:
            told = await _cards(request, event, settings) | await _surroundings(request, event, now)
            answer = pages.answer(request, "wall.html", modules=MODULES, sheets=SHEETS, settings=settings, **told)
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
    standing = sorted(found.values(), key=lambda item: (item.published_at, item.id), reverse=True)
    return {
        "event": event,
        "items": standing,
        "cards": [Markup(card) for item in standing if (card := request.app[RENDERER].wall_card_or_none(item, event))],  # noqa: S704
        "seq": newest.seq,
    }


async def _pace(request: web.Request, event: Event, now: datetime) -> wall_pace.Pace:
    """How much is said, of all that is shown to anybody: what stands on the wall is a choice from it."""
    store, start = request.app[STORE], wall_pace.start(now)
    end = start + timedelta(minutes=wall_pace.MINUTES)
    counts = await store.read(items.activity, event.id, start=start, end=end, buckets=wall_pace.MINUTES)
    picked = await store.read(items.page, event.id, limit=CARDS, where=Filter(highlighted=True))
    glance = await request.app[GLANCES].of(event, now)
    total = sum(glance.networks.values())
    return wall_pace.draw(counts, total, [item.published_at for item in picked.items], now)


async def _surroundings(request: web.Request, event: Event, now: datetime) -> dict[str, Any]:
    glance = await request.app[GLANCES].of(event, now)
    total = sum(glance.networks.values())
    short = f"/{event.slug}"
    address = request.app[SITE].absolute(short)
    return {
        "now": now,
        "phase": event.phase(now),
        "pace": await _pace(request, event, now),
        "total": total,
        "networks": _networks(request, glance),
        "join": address,
        "join_words": request.app[SITE].spoken(short),
        "qr": Markup(qr.drawn(address).decode()),  # noqa: S704
        "sponsors": [(f"/e/{event.slug}/sponsors/{one.picture.content_hash}", one.name) for one in event.look.sponsors],
    }


def _networks(request: web.Request, glance: Glance) -> list[str]:
    """Where people can take part: the networks that are listened to, or else those with posts. News is only read."""
    renderer = request.app[RENDERER]
    listened = [heard.key for heard in glance.heard if heard.key in renderer.assets.marks]
    return [renderer.label(key) for key in listened or sorted(glance.networks) if key not in ("feed", "entry")]
