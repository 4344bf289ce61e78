"""``backchannel serve``: start everything in order, and stop it in the opposite one."""

import asyncio
import os
import secrets
import signal
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector

from backchannel import jobs
from backchannel.announcing import Announcer
from backchannel.figures import CollectorFigures, SourceFigures
from backchannel.ledger import StoreLedger
from backchannel.listening import address_of, raise_file_limit, take_port
from backchannel.logs import set_up_logs
from backchannel.looks import look_of, picture_of
from backchannel.opening import settings_of
from backchannel.plan import Lent, sync_events
from backchannel.terminal import say
from backchannel.version import version
from collector import registry
from collector.addresses import is_reachable
from collector.http import Http
from collector.media import MediaFetcher
from collector.publishing import Publisher
from collector.supervisor import Collector
from config.load import Settings
from dashboard.app import listen, make_app
from dashboard.auth import Desk, desk_token
from dashboard.site import Site
from storage import schema
from storage.erase import Scrubber
from storage.lock import serving
from storage.shelf import Shelf
from storage.store import Store
from storage.tail import Tail
from timeline.event import Event

STOP_S = 9.0  # from the signal to the end, whatever hangs

log = structlog.get_logger()


def serve(file: Path, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Writes a starter configuration where there is none."""
    with take_port(host, port) as taken:
        if not file.exists():
            write_starter(file)
        run(settings_of(file), taken)


def run(settings: Settings, taken: socket.socket) -> None:
    """Serve on a socket that listens already."""
    set_up_logs(settings.log.format)
    raise_file_limit()
    with serving(settings.storage.url), asyncio.Runner() as runner:
        runner.run(_serve(settings, taken))


def write_starter(file: Path) -> None:
    """Write a configuration to begin with."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(files("config").joinpath("starter.toml").read_text(encoding="utf-8"), encoding="utf-8")
    say(f"Wrote {file}, with a demonstration to begin with: open it to follow an event of yours.")


async def _serve(settings: Settings, taken: socket.socket) -> None:
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, asked_to_stop)
    address = address_of(taken)
    token = _token(settings)
    async with running(settings, taken, base_url=settings.site.base_url or address, desk=Desk(token)) as events:
        say(f"Backchannel {version()} is at {address}/")
        for event in events:
            say(f"  {event.title}: {address}/e/{event.slug}")
        say(f"  For staff: {address}/desk")
        say(f"Desk token: {token}")
        await asked_to_stop.wait()
        log.info("stopping")


def _token(settings: Settings) -> str:
    """What opens the desk: a fresh one at each start, unless a secret of the installation gives a lasting one."""
    secret = settings.site.secret
    lasting = desk_token(secret.get_secret_value()) if secret is not None else None
    if secret is not None and lasting is None:
        log.warning("the desk's token lasts until the next start: site.secret is short enough to be guessed")
    return lasting or secrets.token_urlsafe(24)


def _stop(asked: asyncio.Event) -> None:
    """Stop in order, and in time even where something hangs: what was committed is safe either way."""
    if not asked.is_set():
        guard = threading.Timer(STOP_S, os._exit, [0])
        guard.daemon = True
        guard.start()
    asked.set()


@asynccontextmanager
async def running(settings: Settings, taken: socket.socket, *, base_url: str, desk: Desk) -> AsyncIterator[list[Event]]:
    """Everything, started in order; gives the events of the file."""
    adapters = registry.adapters()
    networks = {key: adapter.INFO for key, adapter in adapters.items()}
    url, now = settings.storage.url, datetime.now(UTC)
    async with AsyncExitStack() as stack:
        before = await asyncio.to_thread(schema.state, url)
        await asyncio.to_thread(schema.upgrade, url)
        if before == "older":
            say("Brought the database up to date; on SQLite it is kept as it was for a week, beside itself.")
        store = await Store.open(url)
        stack.push_async_callback(store.close)
        shelf = Shelf(settings.storage.media, settings.storage.media_limit)
        looks = await asyncio.to_thread(lambda: {each.slug: look_of(each, shelf) for each in settings.events})
        lent, events = Lent(), []
        for event, sources in await store.write(
            sync_events, settings.events, networks, zone=settings.site.timezone, at=now, looks=looks
        ):
            events.append(event)
            for source in sources:
                lent.note(event.id, source)
        tail = Tail(store)
        await tail.start()
        stack.push_async_callback(tail.stop)
        scrubber = Scrubber(store)
        await scrubber.start()
        stack.push_async_callback(scrubber.stop)
        private = settings.network.allow_private_addresses
        callbacks = base_url if private or is_reachable(base_url) else None
        figures, registered = SourceFigures(networks), _registry()
        registered.register(figures)
        counts = CollectorFigures(registered)
        ledger = StoreLedger(store, tail, shelf, networks, lent, callbacks=callbacks, figures=counts)
        http = await stack.enter_async_context(
            Http(
                contact=settings.site.contact or "",
                version=version(),
                base_url=base_url,
                allow_private_addresses=private,
            )
        )
        for worker in (Collector(ledger, http, adapters), MediaFetcher(ledger, http, adapters)):
            await worker.start()
            stack.push_async_callback(worker.stop)
        if settings.site.hub and callbacks is not None:
            publisher = Publisher(http, settings.site.hub)
            for run in (publisher.run, Announcer(store, tail, publisher, base_url).run):
                stack.push_async_callback(_ended, asyncio.create_task(run()))
        stack.enter_context(jobs.running(jobs.Means(store=store, shelf=shelf, figures=figures)))
        app = make_app(
            store=store,
            tail=tail,
            site=_site(settings, base_url),
            networks=list(networks.values()),
            shelf=shelf,
            ready=partial(_trouble, store),
            registry=registered,
            desk=desk,
        )
        runner = await listen(app, taken=taken)
        stack.push_async_callback(runner.cleanup)
        yield events


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


def _site(settings: Settings, base_url: str) -> Site:
    return Site(
        title=settings.site.title,
        base_url=base_url,
        contact=settings.site.contact or "",
        logo=settings.site.logo,
        picture=settings.site.picture,
        picture_size=_size(settings.site.picture),
        accent_hue=settings.site.accent_hue,
        links=settings.site.links,
        trusted_proxies=settings.site.trusted_proxies,
        hubs=settings.site.hub,
        version=version(),
        language=settings.site.language,
    )


def _size(path: Path | None) -> tuple[int, int] | None:
    picture = picture_of(path) if path is not None else None
    return (picture.width, picture.height) if picture and picture.width and picture.height else None


def _registry() -> CollectorRegistry:
    """What ``/metrics`` tells beside the dashboard's own counts: of the process, and of collecting."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


async def _trouble(store: Store, *, patience_s: float = 2.0) -> str | None:
    """Why this process cannot serve, None where it can."""
    try:
        async with asyncio.timeout(patience_s):
            revision = await store.read(schema.revision)
    except Exception as error:
        log.warning("the database does not answer", fault=type(error).__name__)
        return "the database does not answer"
    return None if revision == schema.REVISIONS[-1] else "the database is not up to date"
