"""GET /p/{id}: one post's permanent page."""

from datetime import UTC, datetime

from aiohttp import web
from markupsafe import Markup

from dashboard import pages, public, tabs
from dashboard.keys import DEHYDRATED, RENDERER, STORE
from dashboard.languages import gettext
from storage import items, threads
from timeline.discussion import strands
from timeline.event import Event
from timeline.item import Item

COMMENTS = 500  # of a discussion, the first
THREAD = 50  # posts of an author's thread
_DESCRIBED = 200  # characters


async def show(request: web.Request) -> web.Response:
    """The post with what is said under it, and what other sites need to draw a preview; a comment's entry."""
    store = request.app[STORE]
    item, event = await public.item_by_id(store, int(request.match_info["id"]))
    if item.parent_id is not None:
        raise web.HTTPFound(f"/p/{item.parent_id}#item-{item.id}")
    said = await store.read(items.discussion, item.id, limit=COMMENTS) if item.comments else []
    thread = await _thread(request, item, event)
    card = Markup(request.app[RENDERER].card_or_broken(item, event, first=True, soon=True))  # noqa: S704
    return pages.answer(
        request, "post.html", modules=("post.js", "again.js", "lead.js", "live.js", "site.js", "theme.js"),
        item=item, event=event, card=card, description=_description(item), strands=strands(said),
        thread=thread, tabs=await tabs.of(request, event, datetime.now(UTC), here="p"),
        guarded=item.post.network in request.app[DEHYDRATED],  # other sites draw no preview of what it says
    )  # fmt: skip


async def _thread(request: web.Request, item: Item, event: Event) -> list[tuple[bool, Markup]]:
    """The posts of the author's thread in the order they were said, drawn, and which of them is ``item`` itself."""
    store = request.app[STORE]
    spun = await store.read(threads.own, item, most=THREAD)
    if not spun:
        return []
    found = (await store.read(items.by_ids, sorted({*spun, item.id}))).values()
    ordered = sorted(found, key=lambda one: (one.published_at, one.id))
    draw = request.app[RENDERER].card_or_broken
    return [(one.id == item.id, Markup(draw(one, event))) for one in ordered]  # noqa: S704


def _description(item: Item) -> str:
    post = item.post
    if post.content_warning:
        return gettext("Content warning: %(warning)s", warning=post.content_warning)
    words = " ".join(f"{post.title or ''} {post.text}".split())
    return words if len(words) <= _DESCRIBED else words[:_DESCRIBED].rsplit(" ", 1)[0] + "…"
