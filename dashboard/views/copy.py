"""GET /e/{slug}/copy: what a browser keeps of an event without a connection (docs/decisions/0017-offline.md)."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

from aiohttp import web
from markupsafe import Markup

from dashboard import pages, public
from dashboard.copies import Copy
from dashboard.keys import COPIES, RENDERER, STORE
from dashboard.problems import BadParameter
from dashboard.views import timeline
from timeline.event import Event

_CARDS = Markup("<!--cards-->")
"""Where the cards go; they are kept apart from their page, so that one can be taken out."""


async def show(request: web.Request) -> web.Response:
    """Which posts belong into the copy, those of them that changed after ``known``, and the page for them.

    ``page=no`` leaves the page out, for who has one that is young.
    """
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    known = _known(request)
    copy = await request.app[COPIES].of(event)
    told = {
        "slug": event.slug,
        "title": event.title,
        "zone": event.timezone,
        "seq": copy.seq,
        "order": [post.id for post in copy.posts],
        "posts": [asdict(post) for post in copy.posts if post.seq > known],
    }
    if request.query.get("page") != "no":
        told["page"] = await _page(request, event, copy)
    return web.json_response(told, headers={"Cache-Control": "private, no-store"}, dumps=_dumps)


async def _page(request: web.Request, event: Event, copy: Copy) -> str:
    """The page without its posts, and without words of any: those could not be taken out again."""
    plainly = request.clone(
        rel_url=request.rel_url.with_query(None)
    )  # what is asked of us is not asked of the timeline
    context = await timeline.whole(plainly, event, datetime.now(UTC))
    context |= {
        "cards": [_CARDS],
        "below": context["choice"].link(before=copy.next.encode()) if copy.next else None,
        "items": (),
        "highlights": (),
        "pictures": (),
        "pinned": None,
        "ways": [],
        "since": None,
    }
    return request.app[RENDERER].page("timeline.html", theme=pages.theme(request), here=request.path, **context)


def _known(request: web.Request) -> int:
    word = request.query.get("known") or "0"
    if not (word.isascii() and word.isdecimal() and len(word) <= 18):
        raise BadParameter("known", "takes the number of an earlier copy")
    return int(word)


def _dumps(told: object) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
