"""``backchannel event``: what can be done with events from the command line."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from backchannel import plan
from backchannel.looks import look_of
from backchannel.opening import networks, opened, settings_of
from backchannel.terminal import Refused, ask, counted, say, tell, tell_json, with_hint
from collector.adapter import require_words
from config.events import read_event
from config.load import Settings
from dashboard.api import shape
from storage import events, sources
from storage.shelf import Shelf
from storage.writing import Writing
from timeline.errors import NoSuchEvent, SourceUnavailable
from timeline.event import PLAIN, Event
from timeline.network import SourceStatus

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
ORIGIN: sources.Origin = "command"
_PHASES = {"coming": "still to come", "live": "on now", "past": "over"}


def add(file: Path, keys: Mapping[str, Any], told: Sequence[Mapping[str, Any]]) -> None:
    """Add an event. ``keys`` and ``told`` are what an [[event]] and its sources would say in the file."""
    settings, kinds, now = settings_of(file), networks(), datetime.now(UTC)
    given = read_event({**keys, "source": list(told)}, kinds, folder=Path.cwd())
    planned = plan.planned(given, kinds, zone=settings.site.timezone, began=now)
    for source in planned.sources:
        try:
            require_words(source, kinds[source.kind])
        except SourceUnavailable as error:
            raise Refused(f"{plan.name_of(source)}: {with_hint(error.reason, error.hint)}") from error
    event = _write(settings, _add, planned, at=now)
    say(f"Added {event.slug}: {address(settings, event)}")


def list_events(file: Path, *, as_json: bool) -> None:
    """Every event, the latest to start first."""
    settings, now = settings_of(file), datetime.now(UTC)
    found = _read(settings, events.all_events)
    if as_json:
        return tell_json([_public(settings, event, now) for event in found])
    for event in found:
        tell(f"{event.slug}\t{_phase(event, now)}\t{_days(event)}\t{event.title}")
    if not found:
        say("There are no events yet: `backchannel event add` makes one, or write one into the configuration.")
    return None


def show(file: Path, slug: str, *, as_json: bool) -> None:
    """One event, and how its sources fare."""
    settings, now = settings_of(file), datetime.now(UTC)
    event = _read(settings, events.by_slug, slug)
    statuses = _read(settings, sources.of_event, event.id)
    if as_json:
        return tell_json({**_public(settings, event, now), "sources": [_source(status) for status in statuses]})
    tell(f"{event.title} ({event.slug}), {_phase(event, now)}")
    tell(f"  {address(settings, event)}")
    tell(f"  {_days(event)}, {event.timezone}; {' '.join(f'#{tag}' for tag in event.hashtags) or 'no hashtags'}")
    tell(f"  {event.visibility}, moderation {event.moderation}")
    for status in statuses:
        trouble = f": {with_hint(status.error, status.hint)}" if status.error else ""
        tell(f"  {status.state}\t{plan.name_of(status.source)}\t{counted(status.posts, 'post')}{trouble}")
    return None


def look(file: Path, slug: str, keys: Mapping[str, Any], *, plain: bool) -> None:
    """Change how an event looks. ``keys`` are what an [[event]] would say of it; ``plain`` forgets the rest first."""
    settings = settings_of(file)
    event = _read(settings, events.by_slug, slug)
    if "links" in keys:
        keys = {**keys, "links": _pairs(keys["links"])}
    given = read_event({"slug": "looks", "title": event.title, **keys}, {}, folder=Path.cwd())
    told = look_of(given, Shelf(settings.storage.media, settings.storage.media_limit))
    changed = {name: getattr(told, name) for name in keys}
    before = replace(PLAIN, sponsors=event.look.sponsors) if plain else event.look  # the file alone tells of sponsors
    _write(settings, events.dress, slug, replace(before, **changed), at=datetime.now(UTC))
    say(f"Changed the look of {slug}: {address(settings, event)}")


def archive(file: Path, slug: str) -> None:
    """Put an event away."""
    event = _write(settings_of(file), events.archive, slug, at=datetime.now(UTC))
    say(f"{event.slug} is an archive now: it collects nothing new.")


def copy(file: Path, slug: str, new: str, keys: Mapping[str, Any]) -> None:
    """Make a new event like another. ``keys`` are what an [[event]] would say in the file of title and dates."""
    settings, now = settings_of(file), datetime.now(UTC)
    zone = _read(settings, events.by_slug, slug).timezone
    given = read_event({"title": new, "timezone": zone, **keys, "slug": new}, {}, folder=Path.cwd())
    span = given.span(now, zone)
    event = _write(
        settings,
        events.copy,
        slug,
        new,
        title=keys.get("title"),
        starts_at=span.starts_at if given.starts else None,
        ends_at=span.ends_at if given.ends else None,
        at=now,
    )
    say(f"Made {event.slug} after {slug}: {address(settings, event)}")


def wipe(file: Path, slug: str, *, sure: bool) -> None:
    """Delete an event's posts."""
    settings = settings_of(file)
    event = _read(settings, events.by_slug, slug)
    if not sure:
        held = counted(_read(settings, events.sizes)[slug], "post")
        ask(f"Delete {held} of an event that is {_PHASES[event.phase(datetime.now(UTC))]} ({event.title})?")
    gone = _write(settings, events.wipe, slug, at=datetime.now(UTC))
    say(f"Deleted {counted(gone, 'post')} of {slug}.")


def address(settings: Settings, event: Event) -> str:
    """Where an event is read: a path alone where nobody has told under which address we are found."""
    return f"{settings.site.base_url or ''}/e/{event.slug}"


def _pairs(links: Sequence[str]) -> dict[str, str]:
    pairs = [link.partition("=") for link in links]
    for name, equals, address in pairs:
        if not (name and equals and address):
            raise Refused(f'"{name}{equals}{address}" is no link: write it as "Legal=https://example.org/legal"')
    return {name: address for name, _, address in pairs}


def _add(writing: Writing, planned: plan.Plan, *, at: datetime) -> Event:
    try:
        events.by_slug(writing.connection, planned.event.slug)
    except NoSuchEvent:
        event = events.save(writing, planned.event, origin=ORIGIN, at=at)
        sources.sync(writing, event.id, planned.sources, origin=ORIGIN, at=at)
        return event
    raise Refused(f"there is an event {planned.event.slug!r} already: choose another slug")


def _public(settings: Settings, event: Event, now: datetime) -> dict[str, Any]:
    told = shape.event(event, base_url=settings.site.base_url or "", now=now)
    public: dict[str, Any] = msgspec.to_builtins(told)
    return public


def _source(status: SourceStatus) -> dict[str, Any]:
    told = {
        name: getattr(status, name) for name in ("state", "last_success_at", "last_post_at", "error", "hint", "posts")
    }
    found: dict[str, Any] = msgspec.to_builtins(
        {"id": str(status.source.id), "kind": status.source.kind, "label": plan.name_of(status.source), **told}
    )
    return found


def _days(event: Event) -> str:
    """As one would write them: an end at midnight is the day before, included."""
    starts, ends = event.starts_at.astimezone(event.zone), event.ends_at.astimezone(event.zone)
    first = f"{starts:%Y-%m-%d %H:%M}" if starts.time() != time.min else f"{starts:%Y-%m-%d}"
    last = f"{ends:%Y-%m-%d %H:%M}" if ends.time() != time.min else f"{ends - timedelta(days=1):%Y-%m-%d}"
    return first if first == last else f"{first} to {last}"


def _phase(event: Event, now: datetime) -> str:
    return "archived" if event.archived_at is not None else event.phase(now)


def _read(settings: Settings, function: Callable[..., Answer], *args: Any) -> Answer:
    async def read() -> Answer:
        async with opened(settings) as store:
            return await store.read(function, *args)

    return asyncio.run(read())


def _write(
    settings: Settings,
    function: Callable[Concatenate[Writing, Given], Answer],
    *args: Given.args,
    **kwargs: Given.kwargs,
) -> Answer:
    async def write() -> Answer:
        async with opened(settings) as store:
            return await store.write(function, *args, **kwargs)

    return asyncio.run(write())
