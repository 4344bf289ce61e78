"""What a request finds on its application: ``request.app[STORE]``."""

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from dashboard.site import Site
from timeline.network import NetworkInfo

Ready = Callable[[], Awaitable[str | None]]
"""None while this process can serve; else one plain sentence that says why it cannot."""

SITE = web.AppKey("site", Site)
NETWORKS: web.AppKey[Sequence[NetworkInfo]] = web.AppKey("networks")
READY: web.AppKey[Ready] = web.AppKey("ready")
