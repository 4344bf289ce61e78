"""What an address asks of an embedded timeline; whatever is not understood stays as it is by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MOST, USUAL = 50, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedSettings:
    """``posts`` are the cards kept in it, ``accent`` a hue of 0 to 360; ``title`` says whether it names its event."""

    theme: Literal["", "light", "dark"] = ""
    accent: int | None = None
    posts: int = USUAL
    network: str = ""
    highlights: bool = False
    title: bool = True


def read(query: Mapping[str, str]) -> EmbedSettings:
    """The settings of an address, e.g. ``theme=dark&accent=210&posts=10&network=bluesky&highlights=1&title=0``."""
    theme = query.get("theme", "")
    return EmbedSettings(
        theme="light" if theme == "light" else "dark" if theme == "dark" else "",
        accent=whole_number(query.get("accent"), most=360),
        posts=max(1, whole_number(query.get("posts"), most=MOST) or USUAL),
        network=query.get("network", ""),
        highlights=query.get("highlights") in ("1", "true"),
        title=query.get("title") not in ("0", "false"),
    )


def whole_number(word: str | None, *, most: int) -> int | None:
    """A whole number from 0 to ``most``; None for anything else."""
    if word is None or not (word.isascii() and word.isdecimal() and len(word) <= 4):
        return None
    return int(word) if int(word) <= most else None
