"""GET /p/{id}: one post's permanent page."""

from aiohttp import web
from markupsafe import Markup

from dashboard import pages, public
from dashboard.keys import DEHYDRATED, RENDERER, STORE
from dashboard.languages import gettext
from storage import items
from timeline.discussion import strands
from timeline.item import Item

COMMENTS = 500  # of a discussion, the first
_DESCRIBED = 200  # characters


async def show(request: web.Request) -> web.Response:
    """The post with what is said under it, and what other sites need to draw a preview; a comment's entry."""
    store = request.app[STORE]
    item, event = await public.item_by_id(store, int(request.match_info["id"]))
    if item.parent_id is not None:
        raise web.HTTPFound(f"/p/{item.parent_id}#item-{item.id}")
    said = await store.read(items.discussion, item.id, limit=COMMENTS) if item.comments else []
    card = Markup(request.app[RENDERER].card_or_broken(item, event, first=True))  # noqa: S704
    return pages.answer(
        request, "post.html", modules=("post.js", "lead.js", "live.js", "site.js", "theme.js"),
        item=item, event=event, card=card, description=_description(item), strands=strands(said),
        guarded=item.post.network in request.app[DEHYDRATED],  # other sites draw no preview of what it says
    )  # fmt: skip


def _description(item: Item) -> str:
    post = item.post
    if post.content_warning:
        return gettext("Content warning: %(warning)s", warning=post.content_warning)
    words = " ".join(f"{post.title or ''} {post.text}".split())
    return words if len(words) <= _DESCRIBED else words[:_DESCRIBED].rsplit(" ", 1)[0] + "…"
