"""The dashboard put together: HTTP out, and nothing else."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Sequence

from aiohttp import web
from prometheus_client import CollectorRegistry

from dashboard import keys, middleware
from dashboard.auth import Desk
from dashboard.channel import Pace
from dashboard.copies import Copies
from dashboard.doorstep import Runner
from dashboard.fragments import Fragments
from dashboard.glance import Glances
from dashboard.hub import Hub
from dashboard.metrics import Metrics
from dashboard.proxies import Proxies
from dashboard.render import Renderer
from dashboard.routes import routes
from dashboard.site import Site
from dashboard.turnstile import Turnstile
from dashboard.wall_reports import Counter
from storage.shelf import Shelf
from storage.sizes import Sizes
from storage.store import Store
from storage.tail import Tail
from timeline.network import NetworkInfo

BACKLOG = 4_096  # readers who come back at once after a restart
ANSWERS_END_S = 2.0


def make_app(
    *,
    store: Store,
    tail: Tail,
    site: Site,
    networks: Sequence[NetworkInfo],
    shelf: Shelf,
    ready: keys.Ready,
    registry: CollectorRegistry | None = None,
    pace: Pace | None = None,
    desk: Desk | None = None,
) -> web.Application:
    """The application. ``registry`` may hold figures of other parts of the process for ``/metrics``.

    Without a ``desk`` nobody can sign in.
    """
    app = web.Application(
        middlewares=[middleware.unveil, middleware.speak, middleware.make_small, middleware.say_what_is_wrong],
        client_max_size=middleware.MAX_BODY_BYTES,
    )
    renderer = Renderer(site, networks)
    metrics = Metrics(registry or CollectorRegistry())
    app[keys.STORE] = store
    app[keys.TAIL] = tail
    app[keys.SITE] = site
    app[keys.NETWORKS] = networks
    app[keys.DEHYDRATED] = dehydrated = frozenset(network.key for network in networks if network.dehydrated)
    app[keys.SHELF] = shelf
    app[keys.SIZES] = Sizes(shelf)
    app[keys.READY] = ready
    app[keys.RENDERER] = renderer
    app[keys.GLANCES] = Glances(store, networks)
    app[keys.COPIES] = Copies(store, renderer, dehydrated)
    app[keys.METRICS] = metrics
    app[keys.TURNSTILE] = Turnstile()
    app[keys.WALL_REPORTS] = Counter()
    app[keys.DESK] = desk or Desk(secrets.token_urlsafe())
    app[keys.PROXIES] = Proxies.of(site.trusted_proxies)
    app[keys.HUB] = Hub(
        store,
        tail,
        fragments=lambda: Fragments(renderer, site.base_url, dehydrated),
        metrics=metrics,
        pace=pace or Pace(),
    )
    app.add_routes(routes())
    app.on_response_prepare.append(middleware.safe_headers)
    app.cleanup_ctx.append(_beating)
    app.on_shutdown.append(_end_streams)
    return app


async def listen(
    app: web.Application, *, host: str = "127.0.0.1", port: int = 0, taken: socket.socket | None = None
) -> web.AppRunner:
    """Serve ``app``, on a socket that is bound already where one is given.

    ``await runner.cleanup()`` ends it: first its streams, then within ``ANSWERS_END_S`` the rest.
    """
    runner = Runner(
        app,
        access_log=None,  # who reads what is nobody's business; /metrics counts
        handler_cancellation=True,  # a stream's handler ends when its reader leaves
        shutdown_timeout=ANSWERS_END_S,
    )
    await runner.setup()
    if taken is not None:
        await web.SockSite(runner, taken, backlog=BACKLOG).start()
    else:
        await web.TCPSite(runner, host, port, backlog=BACKLOG).start()
    return runner


async def _beating(app: web.Application) -> AsyncIterator[None]:
    beating = asyncio.create_task(app[keys.HUB].beats(), name="beats")
    yield
    beating.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beating


async def _end_streams(app: web.Application) -> None:
    app[keys.HUB].close()
