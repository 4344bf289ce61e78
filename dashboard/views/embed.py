"""A timeline for the pages of others: GET /e/{slug}/embed in a frame, its stream, and the script that makes the frame.

Posts of networks whose terms let only identifiers leave us are left out.
"""

from datetime import UTC, datetime

from aiohttp import web

from dashboard import embed_settings, languages, pages, public, sse
from dashboard.assets import STATIC
from dashboard.embed_settings import EmbedSettings
from dashboard.fragments import Form
from dashboard.headers import CSP
from dashboard.keys import DEHYDRATED, GLANCES, NETWORKS, RENDERER, STORE
from dashboard.languages import gettext
from dashboard.views import errors
from storage import items
from timeline.item import Item
from timeline.view import Filter

MODULES = ("embed.js", "lead.js", "live.js", "order.js", "words.js")
ANYWHERE = CSP.replace("frame-ancestors 'none'", "frame-ancestors *")
_LOADER = STATIC / "embed-loader.js"
_LOADED_S = 3_600  # how long other sites may keep the script


async def show(request: web.Request) -> web.StreamResponse:
    """The newest posts, or with ``post`` that one alone."""
    store, settings = request.app[STORE], embed_settings.read(request.query)
    event = await public.event_by_slug(store, request.match_info["slug"])
    if settings.network and settings.network not in {info.key for info in request.app[NETWORKS]}:
        return _framed(errors.no_such_view(request, event, gettext("This embed asks for a network we do not know.")))
    now, alone = datetime.now(UTC), request.query.get("post")
    if alone is not None:
        item = await _one(request, alone, event.id)
        if item is None:
            return _framed(errors.no_such_view(request, event, gettext("This post cannot be embedded.")))
        shown, seq = [item], event.seq
    else:
        page = await store.read(items.page, event.id, limit=settings.posts, where=_asked(request, settings))
        shown, seq = list(page.items), page.seq
    glance = await request.app[GLANCES].of(event, now)
    cards = request.app[RENDERER].cards(shown, event, now)
    return _framed(
        pages.answer(
            request, "embed.html", modules=MODULES, sheets=("embed.css",), theme=settings.theme,
            event=event, now=now, phase=event.phase(now), signal=glance.signal, settings=settings,
            cards=cards, seq=seq, alone=alone,
        )
    )  # fmt: skip


async def stream(request: web.Request) -> web.StreamResponse:
    """GET /e/{slug}/embed/stream?after=SEQ"""
    return await sse.stream(request, Form("embed", languages.spoken().tag))


async def script(request: web.Request) -> web.StreamResponse:  # noqa: ARG001
    """GET /embed.js"""
    headers = {"Cache-Control": f"public, max-age={_LOADED_S}", "Cross-Origin-Resource-Policy": "cross-origin"}
    return web.FileResponse(_LOADER, headers=headers | {"Content-Type": "text/javascript; charset=utf-8"})


def _asked(request: web.Request, settings: EmbedSettings) -> Filter:
    guarded = request.app[DEHYDRATED]
    return Filter(
        network=settings.network or None,
        highlighted=True if settings.highlights else None,
        without=frozenset(guarded),
    )


async def _one(request: web.Request, word: str, event_id: int) -> Item | None:
    if not (word.isascii() and word.isdecimal() and len(word) <= 18):
        return None
    found = (await request.app[STORE].read(items.by_ids, [int(word)])).get(int(word))
    if found is None or found.event_id != event_id or found.parent_id is not None:
        return None
    return None if found.post.network in request.app[DEHYDRATED] else found


def _framed(answer: web.Response) -> web.Response:
    answer.headers["Content-Security-Policy"] = ANYWHERE
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
