"""Read the configuration: one TOML file and the environment, every mistake reported at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config import environment
from config.events import names_of, read_events
from config.mistakes import ConfigError, Faults, Key, Mistake, Wrong, named
from config.references import resolve
from config.settings import Event, Log, Network, Site, Storage, Tables
from config.sources import Kind
from config.toml import read_toml
from config.values import zone_in
from config.wording import note_all


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
    folder = file.absolute().parent
    faults = Faults()
    written = read_toml(file)
    raw = resolve(written, folder, faults)
    given = raw.pop("event", [])
    overriding, strays = environment.tables()
    raw = _overridden(raw, overriding, faults)
    tables = _tables(raw, folder, faults)
    events = read_events(given, kinds, folder, faults, zone=zone_in(raw.get("site")) or "UTC")
    if faults or strays or tables is None:
        found = faults.in_order(written)
        told = [_mistake(key, wrong, file, overriding, names_of(given)) for key, wrong in found]
        told.sort(key=lambda mistake: mistake.where == environment.WHERE)
        raise ConfigError([*told, *strays])
    return Settings(
        file=file,
        site=tables.site,
        storage=tables.storage,
        network=tables.network,
        log=tables.log,
        events=tuple(events),
    )


def _overridden(raw: dict[str, Any], overriding: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    """What the file says, where the environment does not say otherwise."""
    whole = dict(raw)
    for name, keys in overriding.items():
        under = whole.get(name, {})
        whole[name] = {**under, **keys} if isinstance(under, dict) else under
        faults.forget((name, key) for key in keys)
    return whole


def _tables(raw: Mapping[str, Any], folder: Path, faults: Faults) -> Tables | None:
    try:
        return Tables.model_validate({"storage": {}, **raw}, context={"folder": folder})
    except ValidationError as error:
        note_all(faults, error, Tables, ())
        return None


def _mistake(key: Key, wrong: Wrong, file: Path, overriding: Mapping[str, Any], slugs: list[str | None]) -> Mistake:
    if len(key) == 2 and key[1] in overriding.get(str(key[0]), {}):
        variable = environment.variable(str(key[0]), str(key[1]))
        return Mistake(where=environment.WHERE, key=variable, fault=wrong.fault, fix=wrong.fix)
    return Mistake(where=str(file), key=named(key, slugs), fault=wrong.fault, fix=wrong.fix)
