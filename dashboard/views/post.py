"""GET /p/{id}: one post's permanent page."""

from aiohttp import web
from markupsafe import Markup

from dashboard import pages, public
from dashboard.keys import RENDERER, STORE
from timeline.item import Item

_DESCRIBED = 200  # characters


async def show(request: web.Request) -> web.Response:
    """The post alone, with what other sites need to draw a preview of it."""
    item, event = await public.item_by_id(request.app[STORE], int(request.match_info["id"]))
    card = Markup(request.app[RENDERER].card_or_broken(item, event, first=True))  # noqa: S704
    return pages.answer(
        request, "post.html", modules=("site.js", "theme.js"),
        item=item, event=event, card=card, description=_description(item),
    )  # fmt: skip


def _description(item: Item) -> str:
    post = item.post
    if post.content_warning:
        return f"Content warning: {post.content_warning}"
    words = " ".join(f"{post.title or ''} {post.text}".split())
    return words if len(words) <= _DESCRIBED else words[:_DESCRIBED].rsplit(" ", 1)[0] + "…"
