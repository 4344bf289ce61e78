"""The live timeline of an event: GET /e/{slug}, and the parts of it that scripts fetch again."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from aiohttp import web

from dashboard import pages, public, tabs, thrift
from dashboard.choice import Choice, NoSuchChoice
from dashboard.glance import Glance
from dashboard.keys import GLANCES, NETWORKS, RENDERER, STORE
from dashboard.listening import late
from dashboard.views import errors
from dashboard.visit import Visit, pin_key
from storage import items
from timeline.event import Event
from timeline.item import Place

POSTS = 20  # of a page: two screens on a phone, 12 KB at most
_MISSED = 1000  # counted at most
MODULES = (
    "timeline.js", "announce.js", "connection.js", "further.js", "keys.js", "lead.js", "live.js", "menu.js", "order.js",
    "place.js", "signal.js", "theme.js", "visit.js", "words.js",
)  # fmt: skip


async def show(request: web.Request) -> web.Response:
    """The posts that the address asks for, the newest without; ``fragment`` asks for ``posts`` or ``stage`` alone."""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    try:
        return await _answer(request, event, datetime.now(UTC))
    except NoSuchChoice as error:
        return errors.no_such_view(request, event, str(error))


async def _answer(request: web.Request, event: Event, now: datetime) -> web.Response:
    match request.query.get("fragment"):
        case "posts":
            return pages.answer(request, "partials/_posts.html", **await _posts(request, event, now))
        case "stage":
            return pages.answer(request, "partials/_beside.html", **await _stage(request, event, now))
        case _:
            return pages.answer(request, "timeline.html", **await whole(request, event, now))


async def whole(request: web.Request, event: Event, now: datetime) -> dict[str, Any]:
    """Everything that timeline.html needs."""
    posts, stage = await _posts(request, event, now), await _stage(request, event, now)
    welcome = await _welcome(request, event, now, posts, stage)
    modules = (*MODULES, "lean.js") if thrift.thrifty() else MODULES
    return {"modules": modules, "tabs": await tabs.of(request, event, now, here="")} | welcome | stage | posts


async def _posts(request: web.Request, event: Event, now: datetime) -> dict[str, Any]:
    choice = Choice.of(f"/e/{event.slug}", request.query, {info.key for info in request.app[NETWORKS]})
    page = await request.app[STORE].read(items.page, event.id, limit=POSTS, where=choice.filter, **choice.places)
    shown = page.items[::-1] if choice.oldest else page.items
    ends = [
        choice.link(before=page.next.encode()) if page.next else None,
        choice.link(after=page.newer.encode()) if page.newer else None,
    ]
    return {
        "event": event,
        "now": now,
        "items": shown,
        "cards": request.app[RENDERER].cards(shown, event, now),
        "seq": page.seq,
        "choice": choice,
        "above": ends[not choice.oldest],
        "below": ends[choice.oldest],
        "first_run": not page.items and choice.whole,
    }


async def _welcome(
    request: web.Request, event: Event, now: datetime, posts: dict[str, Any], stage: dict[str, Any]
) -> dict[str, Any]:
    """The story so far for who never was here, what came since for who was; nothing in a view of their own choice."""
    visit, choice = Visit.of(request.cookies), posts["choice"]
    missed, ways = 0, []
    if choice.whole and visit.place and visit.returns(now):
        missed = await request.app[STORE].read(items.count_since, event.id, visit.place, most=_MISSED)
    if choice.whole and visit.first and posts["below"] and stage["phase"] != "coming":
        days = [day for day in stage["signal"].days if day.posts and not day.ahead]
        ways = [(day.day, choice.link(oldest=True, after=_morning(day.day, event).encode())) for day in days]
        ways = [(None, choice.link(oldest=True)), *(ways if len(ways) > 1 else [])]
    since = choice.link(oldest=True, after=visit.place.encode()) if missed and visit.place else None
    return {"missed": missed, "most_missed": _MISSED, "since": since, "left_at": visit.at, "ways": ways}


def _morning(day: date, event: Event) -> Place:
    """The place right before a day's first moment."""
    return Place(published_at=datetime.combine(day, time(), event.zone) - timedelta(microseconds=1), id=0)


async def _stage(request: web.Request, event: Event, now: datetime) -> dict[str, Any]:
    glance = await request.app[GLANCES].of(event, now)
    return {
        "event": event,
        "now": now,
        "phase": event.phase(now),
        "glance_seq": glance.seq,
        "signal": glance.signal,
        "heard": glance.heard,
        "networks": sorted(glance.networks.items(), key=lambda each: -each[1]),
        "late": late(glance.heard) if event.collect_from <= now else None,
        "highlights": glance.highlights,
        "pinned": glance.pinned if Visit.of(request.cookies).wants(glance.pinned) else None,
        "pin_key": pin_key,
        "pictures": glance.pictures,
        "shown_networks": _networks(request, glance),
        "latest": glance.latest.published_at if glance.latest else None,
    }


def _networks(request: web.Request, glance: Glance) -> list[str]:
    """What a reader can choose between: networks with posts, or listened to; news last, else by name."""
    renderer = request.app[RENDERER]
    listened = {heard.key for heard in glance.heard if heard.key in renderer.assets.marks}
    return sorted(listened | glance.networks.keys(), key=lambda key: (key == "feed", renderer.label(key)))
