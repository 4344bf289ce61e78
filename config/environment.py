"""Keys of tables set by the environment: ``BACKCHANNEL_SITE__TITLE`` is ``[site] title``."""

import os
from typing import Any

from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from config.mistakes import Mistake, nearest
from config.settings import Tables

PREFIX = "BACKCHANNEL_"
WHERE = "environment"


class _FromEnvironment(BaseSettings, Tables):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        enable_decoding=False,  # a list may be written as words between commas: config/shapes.py reads both
    )


def variable(table: str, key: str) -> str:
    """The name of the variable that sets a key."""
    return f"{PREFIX}{table}__{key}".upper()


def tables() -> tuple[dict[str, Any], list[Mistake]]:
    """What the environment sets, by table, and what it sets that there is not."""
    found = {name: keys for name, keys in EnvSettingsSource(_FromEnvironment)().items() if isinstance(keys, dict)}
    return found, [_stray(name) for name in sorted(os.environ) if _is_stray(name)]


def _is_stray(name: str) -> bool:
    table, delimiter, _ = name.removeprefix(PREFIX).partition("__")
    return name.startswith(PREFIX) and bool(delimiter) and table.lower() not in Tables.model_fields


def _stray(name: str) -> Mistake:
    table = name.removeprefix(PREFIX).partition("__")[0].lower()
    if table == "event":
        return Mistake(where=WHERE, key=name, fault="events cannot be set here", fix="write them into the file")
    fault = f'there is no table "{table}"'
    return Mistake(where=WHERE, key=name, fault=fault, fix=nearest(table, Tables.model_fields))
