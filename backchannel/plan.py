"""From the configuration to the timeline's own words: events, their sources, and the secrets these need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from config.settings import Event as EventSettings
from config.settings import Source as SourceSettings
from storage import events, sources
from storage.writing import Writing
from timeline.event import PLAIN, Event, Look
from timeline.link import without_key
from timeline.network import NetworkInfo, Secret, Source
from timeline.text import fold_hashtag

Networks = Mapping[str, NetworkInfo]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An event of the file and its sources, as they are to be kept; ids are yet to come."""

    event: Event
    sources: tuple[Source, ...]


def planned(told: EventSettings, networks: Networks, *, zone: str, began: datetime, look: Look = PLAIN) -> Plan:
    """What the file tells of one event. ``began`` is when it starts where the file does not say; ``look`` is
    read from its files already."""
    span = told.span(began, zone)
    event = Event(
        id=0,
        slug=told.slug,
        title=told.title,
        timezone=told.timezone or zone,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        collect_from=span.collect_from,
        collect_until=span.collect_until,
        hashtags=told.hashtags,
        visibility=told.visibility,
        moderation=told.moderation,
        consent=told.consent,
        indexed=told.indexed,
        schedule=told.schedule,
        venue=told.venue,
        url=told.url,
        look=look,
    )
    return Plan(event=event, sources=tuple(source_of(each, networks[each.kind], event) for each in told.source))


def name_of(source: Source) -> str:
    """A source in a few words, which figures and messages carry anywhere: without a key that its address may hold."""
    return source.label or (f"{source.kind} {without_key(source.address)}" if "/" in source.address else source.kind)


def source_of(told: SourceSettings, network: NetworkInfo, event: Event) -> Source:
    """A configured source as it is to be kept."""
    settings = {name: _plain(value) for name, value in told.settings.items()}
    return Source(
        id=0,
        event_id=0,
        kind=told.kind,
        address=_address(settings, network),
        label=told.label,
        trusted=network.trusted if told.trusted is None else told.trusted,
        keep=told.keep or "all",
        every_s=told.every_s,
        settings=settings,
        hashtags=tuple(fold_hashtag(tag) for tag in event.hashtags),
        spellings=tuple(event.hashtags),
        collect_from=event.collect_from,
        collect_until=event.collect_until,
    )


def _plain(value: Any) -> Any:
    if not isinstance(value, SecretStr):
        return value
    text = value.get_secret_value()
    return Secret(str(text), name=getattr(text, "name", ""))


def _address(settings: Mapping[str, Any], network: NetworkInfo) -> str:
    """What makes it the same source from start to start; a secret counts by where it is found, else its fingerprint."""
    return " ".join(filter(None, (_word(settings.get(name)) for name in network.address)))


def _word(value: Any) -> str:
    if isinstance(value, Secret):
        return value.name or value.fingerprint
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value).rstrip("/")


@dataclass(frozen=True, slots=True)
class Lent:
    """What a source needs and the database must not hold: secrets, and where this installation keeps things."""

    of_event: dict[tuple[int, str, str], dict[str, Secret]] = field(default_factory=dict)
    of_any: dict[tuple[str, str], dict[str, Secret]] = field(default_factory=dict)

    def note(self, event_id: int, source: Source) -> None:
        """Remember the secrets of a source of the file."""
        secrets = {name: value for name, value in source.settings.items() if isinstance(value, Secret)}
        self.of_event[event_id, source.kind, source.address] = secrets
        if secrets:
            self.of_any[source.kind, source.address] = secrets

    def lend(self, source: Source) -> Source:
        """The source as the collector needs it; the copy of an event uses the secrets of the original."""
        kind, address = source.kind, source.address
        secrets = self.of_event.get((source.event_id, kind, address))
        if secrets is None:  # not of the file
            secrets = self.of_any.get((kind, address), {})
        settings = {**source.settings, **secrets}
        if kind == "replay" and not settings.get("file"):
            settings["file"] = str(packaged_recording())
        return replace(source, settings=settings)


def packaged_recording() -> Path:
    """The recorded conference that comes with Backchannel."""
    [recording] = (Path(__file__).parent / "recording").glob("*.jsonl")
    return recording


def sync_events(
    writing: Writing,
    told: Sequence[EventSettings],
    networks: Networks,
    *,
    zone: str,
    at: datetime,
    looks: Mapping[str, Look] | None = None,
) -> list[tuple[Event, tuple[Source, ...]]]:
    """Create the events of the file or bring them up to date, each with its sources; what they are now.

    ``looks``, read from files already, is by slug. Sources that are gone from the file are stopped, those of
    events that are gone from it too.
    """
    known = {event.slug: event for event in events.all_events(writing.connection)}
    synced: list[tuple[Event, tuple[Source, ...]]] = []
    for each in told:
        began = known[each.slug].starts_at if each.slug in known else at
        plan = planned(each, networks, zone=zone, began=began, look=(looks or {}).get(each.slug, PLAIN))
        event = events.save(writing, plan.event, origin="file", at=at)
        sources.sync(writing, event.id, plan.sources, origin="file", at=at)
        synced.append((event, plan.sources))
    for slug in known.keys() - {each.slug for each in told}:
        sources.sync(writing, known[slug].id, (), origin="file", at=at)
    return synced
