"""Read the configuration, and open the database it names, for commands that come and go."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from backchannel.plan import Networks
from backchannel.terminal import Refused
from collector import registry
from config.load import Settings, load
from storage import schema
from storage.store import Store


def networks() -> Networks:
    """Every network there is, by its key."""
    return {key: adapter.INFO for key, adapter in registry.adapters().items()}


def settings_of(file: Path) -> Settings:
    """The configuration. Raises Refused where there is none, ConfigError where it has mistakes."""
    if not file.exists():
        raise Refused(f"there is no {file}: `backchannel serve` writes one to begin with, or name yours with -c")
    return load(file, networks())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The database, made where there is none yet. Raises Refused where its schema is another version's."""
    url = settings.storage.url
    match schema.state(url):
        case "older":
            raise Refused("the database is from an earlier version: run `backchannel migrate`, then try again")
        case "empty" | "newer":  # an empty one is made, a newer one refused
            schema.upgrade(url)
    store = await Store.open(url)
    try:
        yield store
    finally:
        await store.close()
