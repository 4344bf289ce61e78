"""GET /e/{slug}/poster: a sheet of A4 to print and pin up."""

from datetime import UTC, datetime

from aiohttp import web

from dashboard import pages, public
from dashboard.keys import GLANCES, RENDERER, STORE

_NARROW, _WIDE = frozenset("fijlrtI1.'-"), frozenset("mwMWQOGCD@%&")


async def show(request: web.Request) -> web.Response:
    """Drawn the same on screen and on paper; who has no script prints it as any page."""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    now = datetime.now(UTC)
    glance = await request.app[GLANCES].of(event, now)
    label = request.app[RENDERER].label
    tag = f"#{event.hashtags[0]}" if event.hashtags else ""
    return pages.answer(
        request, "poster.html", modules=("poster.js", "theme.js"), sheets=("poster.css",), event=event, now=now,
        tag=tag, tag_width=width_of(tag), networks=[label(one.key) for one in glance.heard if one.tagged],
    )  # fmt: skip


def width_of(words: str) -> int:
    """About how wide ``words`` are in the boldest face, in hundredths of its size; a few letters count as more."""
    width = sum(34 if one in _NARROW else 84 if one in _WIDE else 100 if ord(one) > 0x2E7F else 59 for one in words)
    return max(width + 4, 400)
