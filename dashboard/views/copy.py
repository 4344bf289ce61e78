"""GET /e/{slug}/copy: what a browser keeps of an event without a connection (docs/decisions/0017-offline.md)."""

import json
from datetime import UTC, datetime

from aiohttp import web
from markupsafe import Markup

from dashboard import pages, public, thrift
from dashboard.keys import DEHYDRATED, RENDERER, STORE
from dashboard.problems import BadParameter
from dashboard.views import timeline
from storage import items
from timeline.item import Item

POSTS = 180
_CARDS = Markup("<!--cards-->")
"""Where the cards go; they are kept apart from their page, so that one can be taken out."""


async def show(request: web.Request) -> web.Response:
    """The page without its posts, which posts belong into it, and those of them that changed after ``known``.

    Nothing that only the network may keep (X), and in the page no words of posts: those could not be taken back.
    """
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    known, now, renderer = _known(request), datetime.now(UTC), request.app[RENDERER]
    page = await request.app[STORE].read(items.page, event.id, before=None, limit=POSTS)
    kept = [item for item in page.items if not _is_guarded(item, request)]
    with thrift.drawing(thrifty=False):  # what was kept has no picture anyway, and says so
        cards = zip(kept, renderer.cards(kept, event, now), strict=True)
    context = await timeline.whole(request, event, now)
    below = context["choice"].link(before=page.next.encode()) if page.next else None
    context |= {
        "cards": [_CARDS],
        "below": below,
        "items": (),
        "highlights": (),
        "pictures": (),
        "pinned": None,
        "ways": [],
        "since": None,
    }
    told = {
        "slug": event.slug,
        "title": event.title,
        "zone": event.timezone,
        "seq": page.seq,
        "page": renderer.page("timeline.html", theme=pages.theme(request), here=request.path, **context),
        "order": [item.id for item in kept],
        "posts": [
            {"id": item.id, "at": item.published_at.timestamp() * 1000, "seq": item.seq, "html": card}
            for item, card in cards
            if item.seq > known
        ],
    }
    return web.json_response(told, headers={"Cache-Control": "private, no-store"}, dumps=_dumps)


def _known(request: web.Request) -> int:
    word = request.query.get("known") or "0"
    if not (word.isascii() and word.isdecimal() and len(word) <= 18):
        raise BadParameter("known", "takes the number of an earlier copy")
    return int(word)


def _is_guarded(item: Item, request: web.Request) -> bool:
    said = [item.post, item.quotation.post if item.quotation else None]
    return any(post is not None and post.network in request.app[DEHYDRATED] for post in said)


def _dumps(told: object) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
