"""GET /about/privacy: what is collected here, from where and for how long, and how authors have their posts removed."""

from datetime import UTC, datetime

from aiohttp import web

from dashboard import pages
from dashboard.keys import NETWORKS, STORE
from storage import changes, sources


async def show(request: web.Request) -> web.Response:
    """As it is configured now: the networks that events collect from, and how each tells of deletions."""
    used = await request.app[STORE].read(sources.networks_in_use, [info.key for info in request.app[NETWORKS]])
    networks = [info for info in request.app[NETWORKS] if info.key in used and not info.key.startswith("replay")]
    return pages.answer(
        request, "privacy.html", modules=("site.js", "theme.js"), sheets=("privacy.css",),
        now=datetime.now(UTC),
        networks=sorted(networks, key=lambda info: (info.key == "feed", info.label)),
        used={info.key for info in networks},
        log_days=changes.KEEP.days,
    )  # fmt: skip
