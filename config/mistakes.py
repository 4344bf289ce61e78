"""What is wrong with a configuration: every mistake with its place, the fault and the fix."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing to mend. ``where`` is the file, or ``environment``; ``key`` the path of the key."""

    where: str
    key: str
    fault: str
    fix: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, f"{self.fault}; {self.fix}") if part)


class ConfigError(Exception):
    """The configuration cannot be used. Carries every mistake found, one to a line."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


Key = tuple[str | int, ...]
"""The path of a key: ``("event", 0, "source", 1, "token")``."""


class Wrong(ValueError):
    """A value that cannot stand: what is wrong with it, and how to mend it."""

    def __init__(self, fault: str, fix: str) -> None:
        super().__init__(f"{fault}; {fix}")
        self.fault = fault
        self.fix = fix


class Faults:
    """What is wrong so far, by the path of the key; the first word on a key, or on what it is part of, counts."""

    def __init__(self) -> None:
        self._wrong: dict[Key, Wrong] = {}

    def note(self, key: Key, wrong: Wrong) -> None:
        if not any(key[: len(known)] == known for known in self._wrong):
            self._wrong[key] = wrong

    def forget(self, keys: Iterable[Key]) -> None:
        """Take back what was noted of ``keys``: something else stands in their place."""
        for key in keys:
            self._wrong.pop(key, None)

    def in_order(self, raw: Any) -> list[tuple[Key, Wrong]]:
        """By their place in ``raw``, the file as it was read; what a table lacks comes after what it has."""
        return sorted(self._wrong.items(), key=lambda found: _place(found[0], raw))

    def __contains__(self, key: Key) -> bool:
        return key in self._wrong

    def __bool__(self) -> bool:
        return bool(self._wrong)


def nearest(word: str, words: Iterable[str]) -> str:
    """A hint towards the word that was probably meant, or the list of those there are."""
    known = sorted(words)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{close[0]}"?'
    return f"there are: {', '.join(known)}" if len(known) <= 24 else "see docs/configuration.md"


def quoted(value: object) -> str:
    """A value as it may be shown in a message: on one line, and short unless it is a path."""
    text = " ".join(str(value).split())
    longest = 1_000 if isinstance(value, Path) else 60
    return f'"{text[:longest]}…"' if len(text) > longest else f'"{text}"'


def named(key: Key, slugs: Sequence[str | None] = ()) -> str:
    """``event[socitm09].source[2].url``: an event by its slug where that is one, lists counted from 1."""
    words: list[str] = []
    for depth, part in enumerate(key):
        if isinstance(part, int):
            slug = slugs[part] if depth == 1 and key[0] == "event" and slugs else None
            words.append(f"[{slug if slug and slugs.count(slug) == 1 else part + 1}]")
        else:
            words.append(f".{part}" if words else part)
    return "".join(words)


def _place(key: Key, raw: Any) -> list[int]:
    places: list[int] = []
    for part in key:
        if isinstance(raw, Mapping):
            keys = list(raw)
            places.append(keys.index(part) if part in raw else len(keys))
            raw = raw.get(part)
        else:
            places.append(part if isinstance(part, int) else 0)
            raw = raw[part] if isinstance(raw, list) and isinstance(part, int) and part < len(raw) else None
    return places
