"""What the address of a wall says about how it looks. What it cannot mean is left at the usual, and named.

An address can be typed by anybody: it may show less than the gate lets through, never more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Layout = Literal["columns", "masonry", "single"]
Theme = Literal["dark", "light", "auto"]
Gate = Literal["checked", "highlights"]

LAYOUTS: tuple[Layout, ...] = ("columns", "masonry", "single")
THEMES: tuple[Theme, ...] = ("dark", "light", "auto")
GATES: tuple[Gate, ...] = ("checked", "highlights")
SHOWS = ("timeline", "highlights", "sponsors")
NAME = 40  # characters
SCALES = (0.5, 4.0)
SECONDS = (12, 600)  # one card at a time, and never faster than it can be read
TURN = (24, 3600)  # seconds of the timeline before highlights and sponsors have their turn


@dataclass(frozen=True, slots=True, kw_only=True)
class WallSettings:
    """How one wall looks. ``wrong`` names the parameters that could not be meant."""

    layout: Layout = "columns"
    theme: Theme = "dark"
    gate: Gate = "checked"
    show: tuple[str, ...] = SHOWS
    scale: float = 1.0
    every_s: int = SECONDS[0]
    turn_s: int = 120
    side: bool = True
    transparent: bool = False
    name: str = ""
    wrong: tuple[str, ...] = ()

    @property
    def highlights_only(self) -> bool:
        return self.gate == "highlights"


def read(query: Mapping[str, str]) -> WallSettings:
    """The settings in the parameters of an address; parameters that we do not know are nobody's mistake."""
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for name, (field, parse) in _PARAMETERS.items():
        word = query.get(name, "").strip()
        if not word:
            continue
        value = parse(word)
        if value is None:
            wrong.append(name)
        else:
            found[field] = value
    return WallSettings(**found, wrong=tuple(wrong))


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str | None]:
    return lambda word: word if word in choices else None


def _shows(word: str) -> tuple[str, ...] | None:
    asked = [part.strip() for part in word.split(",") if part.strip()]
    return tuple(show for show in SHOWS if show in asked) if asked and set(asked) <= set(SHOWS) else None


def _scale(word: str) -> float | None:
    try:
        value = float(word) if len(word) <= 8 else 0.0
    except ValueError:
        return None
    return value if SCALES[0] <= value <= SCALES[1] else None


def _seconds(least: int, most: int) -> Callable[[str], int | None]:
    def parse(word: str) -> int | None:
        whole = word.isascii() and word.isdecimal() and len(word) <= 4
        return int(word) if whole and least <= int(word) <= most else None

    return parse


def _switch(word: str) -> bool | None:
    return {"1": True, "true": True, "0": False, "false": False}.get(word)


def _name(word: str) -> str | None:
    return word if len(word) <= NAME and word.isprintable() else None


_PARAMETERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "layout": ("layout", _one_of(LAYOUTS)),
    "theme": ("theme", _one_of(THEMES)),
    "gate": ("gate", _one_of(GATES)),
    "show": ("show", _shows),
    "scale": ("scale", _scale),
    "every": ("every_s", _seconds(*SECONDS)),
    "turn": ("turn_s", _seconds(*TURN)),
    "side": ("side", _switch),
    "transparent": ("transparent", _switch),
    "name": ("name", _name),
}
