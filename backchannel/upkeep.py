"""``backup``, ``restore`` and ``migrate``."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from backchannel.opening import opened, settings_of
from backchannel.terminal import Refused, is_watched, say
from backchannel.version import version
from config.load import Settings
from storage import backup as backups
from storage import schema
from storage.lock import nobody_else, serving
from storage.restore import restore as put_back


def backup(file: Path, to: Path) -> None:
    """Write everything into one file; a service that runs goes on."""
    settings = settings_of(file)
    if schema.state(settings.storage.url) == "empty":
        raise Refused("there is no database yet: `backchannel serve` makes one")
    if is_watched():
        say(f"Backing up into {to} …")
    say(f"Backed up {_told(asyncio.run(_backup(settings, to)))} into {to}.")


def restore(file: Path, origin: Path) -> None:
    """Put back what a backup holds, in the place of what the database does."""
    settings = settings_of(file)
    with nobody_else(settings.storage.url):
        if is_watched():
            say(f"Restoring from {origin} …")
        made = put_back(settings.storage.url, settings.storage.media, origin, at=datetime.now(UTC))
    say(f"Restored {_told(made)}, of {made.made_at:%Y-%m-%d %H:%M} UTC. Posts removed since then stay removed.")


def migrate(file: Path) -> None:
    """Bring the database up to date."""
    settings = settings_of(file)
    with serving(settings.storage.url):
        before = schema.state(settings.storage.url)
        schema.upgrade(settings.storage.url)
    outcomes = {"current": "The database is up to date already.", "empty": "Made the database."}
    say(outcomes.get(before, "Brought the database up to date."))


async def _backup(settings: Settings, to: Path) -> backups.Manifest:
    async with opened(settings) as store:
        return await backups.backup(store, settings.storage.media, to, version=version(), at=datetime.now(UTC))


def _told(made: backups.Manifest) -> str:
    held = {"event": made.rows["events"], "post": made.rows["posts"], "picture": made.pictures}
    return ", ".join(f"{count} {name}{'s' if count != 1 else ''}" for name, count in held.items())
