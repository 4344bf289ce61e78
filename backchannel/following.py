"""Which sources are followed for which events, as commands see it that come and go."""

from dataclasses import dataclass
from datetime import datetime

from backchannel.opening import networks
from backchannel.plan import Lent, planned
from config.load import Settings
from storage import events, sources
from storage.store import Store
from timeline.event import Event
from timeline.network import Source, SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A source that is collected, its event, and how it fares where a database tells."""

    event: Event
    source: Source
    status: SourceStatus | None = None

    @property
    def name(self) -> tuple[str, str, str]:
        """What makes it the same source from start to start."""
        return self.event.slug, self.source.kind, self.source.address


def of_the_file(settings: Settings, now: datetime) -> list[Followed]:
    """The sources that the file names, where there is no database yet."""
    known = networks()
    plans = [planned(told, known, zone=settings.site.timezone, began=now) for told in settings.events]
    return [Followed(event=plan.event, source=source) for plan in plans for source in plan.sources]


async def of_the_database(settings: Settings, store: Store, now: datetime) -> list[Followed]:
    """The sources that are collected, with what the file lends them, and those of the file that are yet to be."""
    known, lent = networks(), Lent()
    told = of_the_file(settings, now)
    kept: list[Followed] = []
    for event in await store.read(events.all_events):
        for one in told:
            if one.event.slug == event.slug:
                lent.note(event.id, one.source)
        kept += [
            Followed(event=event, source=lent.lend(status.source), status=status)
            for status in await store.read(sources.of_event, event.id, known, at=now)
            if status.state != "stopped" and status.source.kind in known
        ]
    there = {one.name for one in kept}
    return kept + [one for one in told if one.name not in there]
