"""The dashboard put together: HTTP out, and nothing else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from aiohttp import web
from prometheus_client import CollectorRegistry

from dashboard import keys, middleware
from dashboard.channel import Pace
from dashboard.fragments import Fragments
from dashboard.glance import Glances
from dashboard.hub import Hub
from dashboard.metrics import Metrics
from dashboard.proxies import Proxies
from dashboard.render import Renderer
from dashboard.routes import routes
from dashboard.site import Site
from storage.shelf import Shelf
from storage.store import Store
from storage.tail import Tail
from timeline.network import NetworkInfo


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
) -> web.Application:
    """The application. ``registry`` may hold figures of other parts of the process for ``/metrics``."""
    app = web.Application(
        middlewares=[middleware.unveil, middleware.make_small, middleware.say_what_is_wrong],
        client_max_size=middleware.MAX_BODY_BYTES,
    )
    renderer = Renderer(site, networks)
    metrics = Metrics(registry or CollectorRegistry())
    app[keys.STORE] = store
    app[keys.TAIL] = tail
    app[keys.SITE] = site
    app[keys.NETWORKS] = networks
    app[keys.SHELF] = shelf
    app[keys.READY] = ready
    app[keys.RENDERER] = renderer
    app[keys.GLANCES] = Glances(store, networks)
    app[keys.METRICS] = metrics
    app[keys.PROXIES] = Proxies.of(site.trusted_proxies)
    app[keys.HUB] = Hub(
        store,
        tail,
        fragments=lambda: Fragments(renderer, site.base_url),
        metrics=metrics,
        pace=pace or Pace(),
    )
    app.add_routes(routes())
    app.on_response_prepare.append(middleware.safe_headers)
    app.cleanup_ctx.append(_beating)
    app.on_shutdown.append(_end_streams)
    return app


async def listen(app: web.Application, *, host: str, port: int) -> web.AppRunner:
    """Serve ``app``; ``await runner.cleanup()`` ends it, its streams first."""
    runner = web.AppRunner(
        app,
        access_log=None,  # addresses of readers are nobody's business; /metrics counts
        handler_cancellation=True,  # a stream's handler ends when its reader leaves
        shutdown_timeout=3,
    )
    await runner.setup()
    await web.TCPSite(runner, host, port, backlog=4_096, reuse_address=True).start()
    return runner


async def _beating(app: web.Application) -> AsyncIterator[None]:
    beating = asyncio.create_task(app[keys.HUB].beats(), name="beats")
    yield
    beating.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beating


async def _end_streams(app: web.Application) -> None:
    app[keys.HUB].close()
