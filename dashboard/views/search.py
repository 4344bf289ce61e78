"""What was said, found by its words: GET /e/{slug}/search, and what is found alone for the script that asks again."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup

from dashboard import hits, pages, public, tabs
from dashboard.keys import DEHYDRATED, GLANCES, NETWORKS, RENDERER, STORE
from dashboard.languages import gettext
from dashboard.views import errors
from storage import items, search
from timeline.errors import BadCursor
from timeline.event import Event
from timeline.item import Item, Place
from timeline.query import MAX_QUERY, Query, network_names, parse
from timeline.view import Filter
from timeline.words import joined

POSTS = 20  # of a page
MODULES = ("search.js", "lead.js", "live.js", "theme.js", "words.js")


async def show(request: web.Request) -> web.Response:
    """The posts that ``q`` asks for, newest first; ``fragment=found`` asks for them without the page around."""
    now = datetime.now(UTC)
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    before = request.query.get("before")
    try:
        place = Place.decode(before) if before else None
    except BadCursor:
        words = gettext("This address asks for posts from a place in the timeline that does not exist.")
        return errors.no_such_view(request, event, words)
    found = await _found(request, event, place, now)
    if request.query.get("fragment") == "found":
        return pages.answer(request, "partials/_found.html", **found)
    around: dict[str, Any] = {"tabs": await tabs.of(request, event, now, here="search"), "phase": event.phase(now)}
    return pages.answer(request, "search.html", modules=MODULES, sheets=("search.css",), **found, **around)


async def _found(request: web.Request, event: Event, before: Place | None, now: datetime) -> dict[str, Any]:
    store, infos = request.app[STORE], request.app[NETWORKS]
    asked = request.query.get("q", "")[:MAX_QUERY]
    query = parse(asked, event=event, networks=network_names(infos), now=now)
    where = Filter(query=query)
    glance = await request.app[GLANCES].of(event, now)
    page = await store.read(items.page, event.id, before=before, limit=POSTS, where=where)
    path = f"/e/{event.slug}/search"
    older = {"q": asked, "before": page.next.encode()} if page.next else {}
    return {
        "event": event,
        "now": now,
        "asked": asked,
        "query": query,
        "cards": _cards(request, page.items, event, query, now),
        "count": await store.read(search.count, event.id, where),
        "most": search.COUNTED,
        "seq": page.seq,
        "path": path,
        "older": f"{path}?{urlencode(older)}" if older else None,
        "newest": f"{path}?{urlencode({'q': asked})}" if before else None,
        "networks": sorted(glance.networks) or sorted({info.key for info in infos}),
        "empty": glance.latest is None,
    }


def _cards(request: web.Request, found: tuple[Item, ...], event: Event, query: Query, now: datetime) -> list[Markup]:
    """Guarded networks' words stand as they are."""
    guarded, own = request.app[DEHYDRATED], set(map(joined, event.hashtags))
    drawn = request.app[RENDERER].cards(found, event, now)
    return [
        card if item.post.network in guarded else hits.mark(card, query, own)
        for item, card in zip(found, drawn, strict=True)
    ]
