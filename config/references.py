"""Secrets are named, not written: any text may be ``{ env = "NAME" }`` or ``{ file = "/run/secrets/x" }``."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from config.mistakes import Faults, Key, Wrong, quoted
from config.values import beside

_BIGGEST_SECRET = 65_536


class Found(str):
    """What a reference led to; ``name`` says which ("env X_BEARER_TOKEN")."""

    name: str

    def __new__(cls, text: str, name: str) -> Self:
        found = super().__new__(cls, text)
        found.name = name
        return found


def resolve(value: Any, folder: Path, faults: Faults, key: Key = ()) -> Any:
    """``value`` with every reference replaced by what it names.

    One that names nothing is left out, and noted in ``faults`` under its path.
    """
    if isinstance(value, list):
        found = [(index, resolve(each, folder, faults, (*key, index))) for index, each in enumerate(value)]
        return [each for index, each in found if (*key, index) not in faults]
    if not isinstance(value, Mapping):
        return value
    if _is_reference(value, key):
        ((way, name),) = value.items()
        try:
            text = _from_environment(name) if way == "env" else _from_file(beside(Path(name), folder))
            return Found(text, f"{way} {name}")
        except Wrong as fault:
            faults.note(key, fault)
            return None
    resolved = {name: resolve(each, folder, faults, (*key, name)) for name, each in value.items()}
    return {name: each for name, each in resolved.items() if (*key, name) not in faults}


def _is_reference(value: Mapping[str, Any], key: Key) -> bool:
    is_table = (
        len(key) < 2 or key == ("site", "links") or (key[0] == "event" and (len(key) == 2 or key[2:-1] == ("source",)))
    )
    named = all(way in ("env", "file") and isinstance(name, str) for way, name in value.items())
    return len(value) == 1 and named and not is_table


def _from_environment(name: str) -> str:
    found = os.environ.get(name, "") if name and "\0" not in name and "=" not in name else ""
    if not found.strip():
        raise Wrong(f"the environment has no {quoted(name)}", "set it, or take the line out")
    return found.strip()


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(_BIGGEST_SECRET + 1).decode().strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise Wrong(
            f"cannot read {quoted(path)}: {reason}", "make it readable to this user, or name another"
        ) from error
    if not text or len(text) > _BIGGEST_SECRET:
        raise Wrong(f"{quoted(path)} is {'too long' if text else 'empty'}", "put the secret into it, and nothing else")
    return text
