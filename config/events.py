"""Read the [[event]] list: each event with its sources, and what two of them cannot share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from config.mistakes import ConfigError, Faults, Key, Mistake, Wrong, named
from config.settings import Event, Source, span_of
from config.sources import Kind, read_source
from config.values import FIRST_MOMENT, date_in, is_slug, zone_in
from config.wording import note_all


def read_event(raw: Mapping[str, Any], kinds: Mapping[str, Kind], folder: Path) -> Event:
    """One event told in the keys that the file would use. Raises ConfigError."""
    faults = Faults()
    events = read_events([raw], kinds, folder, faults)
    if faults or not events:
        told = ((named(key[2:]), wrong) for key, wrong in faults.in_order({"event": [raw]}))
        raise ConfigError(Mistake(where="", key=key, fault=wrong.fault, fix=wrong.fix) for key, wrong in told)
    return events[0]


def read_events(
    given: Any, kinds: Mapping[str, Kind], folder: Path, faults: Faults, *, zone: str = "UTC"
) -> list[Event]:
    """The events that can be read; what is wrong is noted in ``faults``. ``zone`` is the site's."""
    if not isinstance(given, list):
        faults.note(("event",), Wrong("events are a list", "write [[event]] with two brackets on each side"))
        return []
    taken: set[str] = set()
    for index, slug in enumerate(slugs_of(given)):
        if slug in taken:
            faults.note(("event", index, "slug"), Wrong("is taken by another event above", "give each its own"))
        taken |= {slug} if slug else set()
    found = [_event(raw, ("event", index), kinds, folder, faults, zone) for index, raw in enumerate(given)]
    return [event for event in found if event is not None]


def slugs_of(events: Any) -> list[str | None]:
    """The slug of each event as written, None where there is none."""
    listed = events if isinstance(events, list) else []
    slugs = [event.get("slug") if isinstance(event, Mapping) else None for event in listed]
    return [slug if isinstance(slug, str) and slug.strip() else None for slug in slugs]


def names_of(events: Any) -> list[str | None]:
    """What to call each event in messages: by its slug where that can be one."""
    return [slug if slug and is_slug(slug) else None for slug in slugs_of(events)]


def _event(raw: Any, key: Key, kinds: Mapping[str, Kind], folder: Path, faults: Faults, zone: str) -> Event | None:
    if isinstance(raw, Mapping):
        _dates(raw, key, faults, zone)
        if "source" in raw:
            raw = {**raw, "source": _sources(raw["source"], (*key, "source"), kinds, folder, faults)}
    try:
        return Event.model_validate(raw, context={"folder": folder})
    except ValidationError as error:
        note_all(faults, error, Event, key)
        return None


def _dates(raw: Mapping[str, Any], key: Key, faults: Faults, zone: str) -> None:
    """Whether what begins also ends after it; dates that are none are told of by their own keys."""
    dates = {name: date_in(raw, name) for name in ("starts", "ends", "collect_from", "collect_until")}
    span = span_of(zone_in(raw) or zone, FIRST_MOMENT, **dates)
    if dates["starts"] and span.ends_at <= span.starts_at:
        faults.note((*key, "ends"), Wrong("is not after starts", "exchange the two, or mend one"))
    told = dates["starts"] or dates["ends"] or dates["collect_until"]  # else both follow from the moment it begins
    if told and span.collect_until <= span.collect_from:
        faults.note((*key, "collect_until"), Wrong("is not after collect_from", "exchange the two, or mend one"))


def _sources(given: Any, key: Key, kinds: Mapping[str, Kind], folder: Path, faults: Faults) -> list[Source]:
    if not isinstance(given, list):
        faults.note(key, Wrong("sources are a list", "write [[event.source]] with two brackets on each side"))
        return []
    sources: list[Source] = []
    addresses: set[tuple[Any, ...]] = set()
    for index, raw in enumerate(given):
        if not isinstance(raw, Mapping):
            faults.note((*key, index), Wrong("must be a table", "write its keys under [[event.source]]"))
            continue
        source, wrong = read_source(raw, kinds, folder)
        for name, fault in wrong.items():
            faults.note((*key, index, name), fault)
        if wrong:
            continue
        address = _address(source, kinds[source.kind])
        if address in addresses:
            faults.note((*key, index), Wrong("is the same source as one above", "take one of them out"))
        addresses.add(address)
        sources.append(source)
    return sources


def _address(source: Source, kind: Kind) -> tuple[Any, ...]:
    values = (source.settings.get(name) for name in kind.address)
    return (source.kind, *(value.get_secret_value() if isinstance(value, SecretStr) else value for value in values))
