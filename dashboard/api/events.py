"""Events and their posts, for programs: ``/api/v1/events…``."""

from datetime import UTC, datetime

from aiohttp import web

from dashboard import sse
from dashboard.api import shape
from dashboard.api.answer import answer
from dashboard.api.parameters import choice, number, place, query, words
from dashboard.fragments import Form
from dashboard.keys import DEHYDRATED, SITE, STORE
from dashboard.public import event_by_slug, public_events
from storage import items
from timeline.view import Filter


async def listing(request: web.Request) -> web.Response:
    """GET /api/v1/events"""
    found = await public_events(request.app[STORE])
    now, base_url = datetime.now(UTC), request.app[SITE].base_url
    return answer(shape.Events(events=[shape.event(event, base_url=base_url, now=now) for event in found]))


async def one(request: web.Request) -> web.Response:
    """GET /api/v1/events/{slug}"""
    event = await event_by_slug(request.app[STORE], request.match_info["slug"])
    return answer(shape.event(event, base_url=request.app[SITE].base_url, now=datetime.now(UTC)))


async def posts(request: web.Request) -> web.Response:
    """GET /api/v1/events/{slug}/posts"""
    store, dehydrated = request.app[STORE], request.app[DEHYDRATED]
    limit = number(request, "limit", default=50, least=1, most=200)
    before = place(request, "before")
    network, highlighted = words(request, "network"), choice(request, "highlighted")
    event = await event_by_slug(store, request.match_info["slug"])
    sought = query(request, "q", event)
    wanted = Filter(
        network=network,
        highlighted=highlighted,
        query=sought,
        without=frozenset(dehydrated) if sought else frozenset(),  # finding one by a word would tell what it says
    )
    if words(request, "session"):
        page = items.Page(items=(), next=None, seq=event.seq)  # every post says that it is of no session
    else:
        page = await store.read(items.page, event.id, before=before, limit=limit, where=wanted)
    return answer(
        shape.Page(
            posts=[shape.post(item, dehydrated) for item in page.items],
            next=page.next.encode() if page.next else None,
            seq=page.seq,
        )
    )


async def stream(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/events/{slug}/stream"""
    return await sse.stream(request, Form("json"))
