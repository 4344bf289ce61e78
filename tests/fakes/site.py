"""A bare web server on loopback for one test: each path is a handler, for GET unless a method precedes it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def site(handlers: dict[str, Handler]) -> AsyncIterator[str]:
    """Serve until the block ends; yields ``http://127.0.0.1:PORT``."""
    app = web.Application()
    for path, handler in handlers.items():
        method, _, place = path.rpartition(" ")
        app.router.add_route(method or "GET", place, handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
