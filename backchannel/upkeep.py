"""``backchannel migrate``: what ``serve`` does by itself, for those who want to see it done."""

from pathlib import Path

from backchannel.opening import settings_of
from backchannel.terminal import say
from storage import schema
from storage.lock import only_one


def migrate(file: Path) -> None:
    """Bring the database up to date."""
    settings = settings_of(file)
    with only_one(settings.storage.url):
        before = schema.state(settings.storage.url)
        schema.upgrade(settings.storage.url)
    say(
        {"current": "The database is up to date already.", "empty": "Made the database."}.get(
            before, "Brought the database up to date."
        )
    )
