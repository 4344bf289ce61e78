"""What a request finds on its application: ``request.app[STORE]``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TYPE_CHECKING

from aiohttp import web

from dashboard.metrics import Metrics
from dashboard.proxies import Proxies
from dashboard.site import Site
from dashboard.turnstile import Turnstile
from storage.shelf import Shelf
from storage.sizes import Sizes
from storage.store import Store
from storage.tail import Tail
from timeline.network import NetworkInfo

if TYPE_CHECKING:  # these find their own keys here
    from dashboard.auth import Desk
    from dashboard.copies import Copies
    from dashboard.glance import Glances
    from dashboard.hub import Hub
    from dashboard.render import Renderer
    from dashboard.wall_reports import Counter

Ready = Callable[[], Awaitable[str | None]]
"""None while this process can serve; else one plain sentence that says why it cannot."""

SITE = web.AppKey("site", Site)
NETWORKS: web.AppKey[Sequence[NetworkInfo]] = web.AppKey("networks")
DEHYDRATED: web.AppKey[Collection[str]] = web.AppKey("dehydrated")
"""Networks whose posts leave us, but for the pages, as identifiers alone."""
READY: web.AppKey[Ready] = web.AppKey("ready")
STORE = web.AppKey("store", Store)
TAIL = web.AppKey("tail", Tail)
SHELF = web.AppKey("shelf", Shelf)
SIZES = web.AppKey("sizes", Sizes)
TURNSTILE = web.AppKey("turnstile", Turnstile)
METRICS = web.AppKey("metrics", Metrics)
PROXIES = web.AppKey("proxies", Proxies)
HUB: web.AppKey[Hub] = web.AppKey("hub")
RENDERER: web.AppKey[Renderer] = web.AppKey("renderer")
GLANCES: web.AppKey[Glances] = web.AppKey("glances")
COPIES: web.AppKey[Copies] = web.AppKey("copies")
WALL_REPORTS: web.AppKey[Counter] = web.AppKey("wall_reports")
DESK: web.AppKey[Desk] = web.AppKey("desk")

REFERENCE = web.RequestKey("reference", str)
"""What a reader can tell us to find the log line of the mistake that befell them."""
