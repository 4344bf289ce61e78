"""``backup``, ``restore`` and ``migrate``."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

from backchannel.opening import opened, settings_of
from backchannel.terminal import Refused, ask, can_be_asked, counted, is_watched, say
from backchannel.version import version
from config.load import Settings
from storage import backup as backups
from storage import schema
from storage.lock import nobody_else, serving
from storage.restore import restore as put_back
from storage.restore import sizes


def backup(file: Path, to: Path) -> None:
    """Write everything into one file; a service that runs goes on."""
    settings = settings_of(file)
    if schema.state(settings.storage.url) == "empty":
        raise Refused("there is no database yet: `backchannel serve` makes one")
    if to.is_dir():
        raise Refused(f"{to} is a folder: name a file, like {to / 'backchannel.tar'}")
    if not to.parent.is_dir():
        raise Refused(f"there is no folder {to.parent}: make it first, or name a file elsewhere")
    if not os.access(to.parent, os.W_OK):
        raise Refused(f"you may not write to {to.parent}: name a file elsewhere, or run this as who may")
    if is_watched():
        say(f"Backing up into {to} …")
    say(f"Backed up {_told(asyncio.run(_backup(settings, to)))} into {to}.")


def restore(file: Path, origin: Path, *, sure: bool) -> None:
    """Put back what a backup holds, in the place of what the database does; on SQLite that is kept beside it.

    Where nobody can be asked it goes on: what is replaced can be had back, and is told of.
    """
    settings = settings_of(file)
    with nobody_else(settings.storage.url):
        held = {slug: size for slug, size in sizes(settings.storage.url).items() if size}
        lost = f"{counted(sum(held.values()), 'post')} of {', '.join(sorted(held))}"
        if held and not sure and can_be_asked():
            ask(f"Replace the database, which holds {lost}?")
        if is_watched():
            say(f"Restoring from {origin} …")
        made, kept = put_back(settings.storage.url, settings.storage.media, origin, at=datetime.now(UTC))
    if kept is not None:
        say(f"What was there, {lost}, is kept for a week, or until a post is removed, in {kept}.")
    elif held:
        say(f"Replaced what was there: {lost}.")
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
    return ", ".join(counted(number, thing) for thing, number in held.items())
