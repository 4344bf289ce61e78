"""Read the configuration: one TOML file and the environment, every mistake reported at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from config.environment import WHERE as ENVIRONMENT
from config.environment import tables_of_environment, variable
from config.mistakes import ConfigError, Mistake, Wrong
from config.references import Key, resolve
from config.settings import Event, Log, Network, Site, Source, Storage, Tables, span_of
from config.sources import Kind, read_source
from config.toml import read_toml
from config.values import FIRST_MOMENT, date_in, zone_in
from config.wording import worded


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A configuration that can be used: every path whole, every secret found."""

    file: Path
    site: Site
    storage: Storage
    network: Network
    log: Log
    events: tuple[Event, ...]


def load(file: Path, kinds: Mapping[str, Kind]) -> Settings:
    """Read ``file`` and the environment; ``kinds`` tells which sources there are. Raises ConfigError."""
    return _Reading(file, kinds).settings()


class _Reading:
    """One reading of one file; gathers what is wrong by the path of the key, the first word on each counts."""

    def __init__(self, file: Path, kinds: Mapping[str, Kind]) -> None:
        self.file = file
        self.folder = file.absolute().parent
        self.kinds = kinds
        self.wrong: dict[Key, Wrong] = {}
        self.raw: dict[str, Any] = {}
        self.overridden: dict[str, Any] = {}

    def settings(self) -> Settings:
        self.raw = resolve(read_toml(self.file), self.folder, self.wrong)
        self.overridden, strays = tables_of_environment()
        given = self.raw.pop("event", [])
        for name, keys in self.overridden.items():
            under = self.raw.get(name, {})
            self.raw[name] = {**under, **keys} if isinstance(under, dict) else under
            self.wrong = {key: wrong for key, wrong in self.wrong.items() if key[0] != name or key[1] not in keys}
        tables = self._tables()
        events = self._events(given)
        if self.wrong or strays or tables is None:
            told = sorted(self.wrong.items(), key=_in_order)
            raise ConfigError([*(self._mistake(key, wrong, given) for key, wrong in told), *strays])
        return Settings(
            file=self.file,
            site=tables.site,
            storage=tables.storage,
            network=tables.network,
            log=tables.log,
            events=tuple(events),
        )

    def _tables(self) -> Tables | None:
        try:
            return Tables.model_validate({"storage": {}, **self.raw}, context={"folder": self.folder})
        except ValidationError as error:
            self._note(error, Tables, ())
            return None

    def _events(self, given: Any) -> list[Event]:
        if not isinstance(given, list):
            self.wrong[("event",)] = Wrong("events are a list", "write [[event]] with two brackets on each side")
            return []
        slugs: set[str] = set()
        for index, slug in enumerate(_slugs(given)):
            if slug in slugs:
                self._wrong(("event", index, "slug"), Wrong("is taken by another event above", "give each its own"))
            slugs |= {slug} if slug else set()
        found = [self._event(raw, ("event", index)) for index, raw in enumerate(given)]
        return [event for event in found if event is not None]

    def _event(self, raw: Any, key: Key) -> Event | None:
        if isinstance(raw, dict):
            self._dates(raw, key)
            if "source" in raw:
                raw = {**raw, "source": self._sources(raw["source"], (*key, "source"))}
        try:
            return Event.model_validate(raw, context={"folder": self.folder})
        except ValidationError as error:
            self._note(error, Event, key)
            return None

    def _dates(self, raw: Mapping[str, Any], key: Key) -> None:
        """Whether what begins also ends after it; dates that are none are told of by their own keys."""
        dates = {name: date_in(raw, name) for name in ("starts", "ends", "collect_from", "collect_until")}
        zone = zone_in(raw) or zone_in(self.raw.get("site")) or "UTC"
        span = span_of(zone, FIRST_MOMENT, **dates)
        if dates["starts"] and span.ends_at <= span.starts_at:
            self._wrong((*key, "ends"), Wrong("is not after starts", "exchange the two, or mend one"))
        if (dates["starts"] or dates["collect_from"]) and span.collect_until <= span.collect_from:
            self._wrong((*key, "collect_until"), Wrong("is not after collect_from", "exchange the two, or mend one"))

    def _sources(self, given: Any, key: Key) -> list[Source]:
        if not isinstance(given, list):
            self._wrong(key, Wrong("sources are a list", "write [[event.source]] with two brackets on each side"))
            return []
        sources: list[Source] = []
        addresses: set[tuple[Any, ...]] = set()
        for index, raw in enumerate(given):
            if not isinstance(raw, dict):
                self._wrong((*key, index), Wrong("must be a table", "write its keys under [[event.source]]"))
                continue
            source, wrong = read_source(raw, self.kinds, self.folder)
            for name, fault in wrong.items():
                self._wrong((*key, index, name), fault)
            if wrong:
                continue
            address = _address(source, self.kinds[source.kind])
            if address in addresses:
                self._wrong((*key, index), Wrong("is the same source as one above", "take one of them out"))
            addresses.add(address)
            sources.append(source)
        return sources

    def _note(self, error: ValidationError, model: type[Tables] | type[Event], key: Key) -> None:
        for each in error.errors(include_url=False):
            self._wrong((*key, *each["loc"]), worded(each, model))

    def _wrong(self, key: Key, wrong: Wrong) -> None:
        if not any(key[: len(known)] == known for known in self.wrong):
            self.wrong[key] = wrong

    def _mistake(self, key: Key, wrong: Wrong, events: Any) -> Mistake:
        if len(key) == 2 and str(key[1]) in self.overridden.get(str(key[0]), {}):
            return Mistake(where=ENVIRONMENT, key=variable(str(key[0]), str(key[1])), fault=wrong.fault, fix=wrong.fix)
        return Mistake(where=str(self.file), key=_named(key, events), fault=wrong.fault, fix=wrong.fix)


def _address(source: Source, kind: Kind) -> tuple[Any, ...]:
    values = (source.settings.get(name) for name in kind.address)
    return (source.kind, *(value.get_secret_value() if isinstance(value, SecretStr) else value for value in values))


def _slugs(events: list[Any]) -> list[str | None]:
    """The slug of each event as written, None where there is none."""
    slugs = [event.get("slug") if isinstance(event, dict) else None for event in events]
    return [slug if isinstance(slug, str) and slug.strip() else None for slug in slugs]


def _named(key: Key, events: Any) -> str:
    """``event[socitm09].source[2].url``: an event by its slug where that tells it, lists counted from 1."""
    slugs = _slugs(events) if isinstance(events, list) else []
    words: list[str] = []
    for depth, part in enumerate(key):
        if isinstance(part, int):
            slug = slugs[part] if depth == 1 and key[0] == "event" else None
            words.append(f"[{slug if slug and slugs.count(slug) == 1 else part + 1}]")
        else:
            words.append(f".{part}" if words else part)
    return "".join(words)


def _in_order(found: tuple[Key, Wrong]) -> list[str]:
    return [f"{part:09}" if isinstance(part, int) else part for part in found[0]]
