"""What a browser needs of us to work without a connection: the worker, the page it falls back to, the manifest."""

import json
import re

from aiohttp import web

from dashboard import pages
from dashboard.assets import Assets
from dashboard.keys import RENDERER, SITE
from dashboard.views import timeline

_EXPORT = re.compile(r"^export ", re.MULTILINE)
_MODULES = ("offline.js", "copy.js", "theme.js", "words.js")
_OFFLINE = "/offline"
_FACE = "vendor/atkinson-hyperlegible-next@5.3.0/latin.woff2"
_PAPER, _INK = "#ffffff", "#0a5d53"


async def worker(request: web.Request) -> web.Response:
    """GET /sw.js: what it keeps of the shell by name, then two files in one script.

    A worker made of modules would be refused by browsers of two years ago.
    """
    assets = request.app[RENDERER].assets
    shell = {"digest": assets.digest, "files": _shell(assets), "offline": _OFFLINE}
    parts = [assets.text(name) for name in ("js/copy.js", "worker/worker.js")]
    script = f"const SHELL = {json.dumps(shell)}\n" + _EXPORT.sub("", "".join(parts))
    return web.Response(text=script, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def page(request: web.Request) -> web.Response:
    """GET /offline: for what is not kept; its script shows what is."""
    return pages.answer(request, "offline.html", modules=_MODULES, sheets=("offline.css",))


async def manifest(request: web.Request) -> web.Response:
    """GET /manifest.webmanifest: how the site stands on the first screen of a phone."""
    site, assets = request.app[SITE], request.app[RENDERER].assets
    told = {
        "name": site.title,
        "short_name": site.title,
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "background_color": _PAPER,
        "theme_color": _INK,
        "icons": [{"src": assets.url("favicon.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return web.json_response(told, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


def _shell(assets: Assets) -> list[str]:
    """What a kept page is made of, beside its own words."""
    scripts = {*timeline.MODULES, *_MODULES, "site.js", "keep.js", "lean.js", "saved.js"}
    names = [*(f"js/{name}" for name in sorted(scripts)), "site.css", "offline.css", "icons.svg", "favicon.svg", _FACE]
    return [assets.url(name) for name in (*names, *([assets.logo] if assets.logo else []))] + ["/theme.css"]
