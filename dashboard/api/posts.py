"""One post, for programs: ``/api/v1/posts/{id}``."""

from aiohttp import web

from dashboard.api import shape
from dashboard.api.answer import answer
from dashboard.keys import DEHYDRATED, STORE
from dashboard.public import item_by_id


async def one(request: web.Request) -> web.Response:
    """GET /api/v1/posts/{id}; 410 for one that was here and is gone for good."""
    item, _ = await item_by_id(request.app[STORE], int(request.match_info["id"]))
    return answer(shape.post(item, request.app[DEHYDRATED]))
