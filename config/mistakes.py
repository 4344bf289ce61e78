"""What is wrong with a configuration: every mistake with its place, the fault and the fix."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


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


class Wrong(ValueError):
    """A value that cannot stand: what is wrong with it, and how to mend it."""

    def __init__(self, fault: str, fix: str) -> None:
        super().__init__(f"{fault}; {fix}")
        self.fault = fault
        self.fix = fix


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
