"""What an entry shows and plays: enclosures, Media RSS, pictures in its text; runs in the worker."""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from collector.feed import Attachment
from timeline.post import MediaKind
from timeline.text import plain

PICTURES = 4  # of an entry: as many as a post shows side by side
_ALT = 1_000  # characters
_IMAGES, _IMAGE_TAG = 20, 3_000  # looked at in a text, and characters of each
_ICON_PX = 40  # smaller pictures in the text are icons, emoji and counters, not what the entry shows
_WIDE_PX = 1_600  # of the sizes a page offers, the largest up to this

_COUNTERS = re.compile(
    r"//feeds\.feedburner\.com/~|//(?:pixel|stats)\.(?:wp|wordpress)\.com/|//(?:\w+\.)?gravatar\.com/|/smilies/"
    r"|/emoji/|/twemoji/|(?:blank|spacer|pixel|placeholder|1x1)\.(?:gif|png)|\.ico$",
    re.IGNORECASE,
)
_EMOJI = re.compile(r"\b(?:emoji|wp-smiley|smiley)\b")
_IMAGE = re.compile(r"<img(?=[\s/])", re.IGNORECASE)
_TAG_END = re.compile(r"(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>")
_ATTRIBUTE = re.compile(r"([a-z][a-z-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_SIZED = re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w+$)|\?.*$")  # WordPress keeps every picture in many sizes
_LATE = ("data-src", "data-lazy-src", "data-original")  # pages that load late keep a placeholder in src
_ENDINGS: Mapping[str, MediaKind] = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "avif"), "image"),
    **dict.fromkeys(("mp4", "m4v", "webm", "mov", "ogv", "m3u8"), "video"),
    **dict.fromkeys(("mp3", "m4a", "ogg", "oga", "opus", "flac", "wav", "aac"), "audio"),
}
_PLAYED: Mapping[str, MediaKind] = {
    "application/x-shockwave-flash": "video",
    "application/x-mpegurl": "video",
    "application/ogg": "audio",
}


def attachments(
    enclosed: Iterable[Mapping[str, Any]],
    media: Iterable[Mapping[str, Any]] = (),
    stills: Iterable[Mapping[str, Any]] = (),
) -> list[Attachment]:
    """Enclosures and the elements of Media RSS (url, type, medium, …): one film, one sound, and pictures.

    A film comes in many sizes, and a sound in several formats: the first stands for all.
    """
    films, sounds, pictures = [], [], []
    told = [*enclosed, *media]
    for one in told:
        address, kind = _word(one, "url"), _kind(one)
        alt = _word(one, "title") or _word(one, "description") if kind != "audio" else _word(one, "title")
        if kind == "image" and address:
            pictures.append(
                Attachment(url=address, alt=alt, width=_number(one.get("width")), height=_number(one.get("height")))
            )
        elif kind == "video":
            films.append(Attachment(kind="video", url=_word(one, "thumbnail_url"), plays=address, alt=alt))
        elif kind == "audio":
            sounds.append(Attachment(kind="audio", plays=address, alt=alt))
    shown = [
        Attachment(url=_word(one, "url"), width=_number(one.get("width")), height=_number(one.get("height")))
        for one in stills
        if _word(one, "url")
    ]
    if films:
        still = next((film for film in films if film.url), None) or (shown[0] if shown else films[0])
        film = Attachment(
            kind="video", url=still.url, plays=films[0].plays, alt=films[0].alt, width=still.width, height=still.height
        )
        return [film, *sounds[:1], *pictures]
    return [*pictures, *(shown if not pictures else ()), *sounds[:1]]


def settle(told: Iterable[Attachment], body: str, address: Callable[[str], str]) -> tuple[Attachment, ...]:
    """What the feed names, then the first pictures of the text, each once; ``address`` makes one absolute."""
    in_text = list(_in_text(body, address))
    settled: dict[str, Attachment] = {}
    for one in told:
        url, plays = address(html.unescape(one.url)), address(html.unescape(one.plays))
        if (not url and not plays) or (one.kind == "image" and _COUNTERS.search(url)):
            continue
        key = _SIZED.sub("", url) or plays
        alt = one.alt or next((shown.alt for shown in in_text if _SIZED.sub("", shown.url) == key), "")
        alt = " ".join(plain(alt).split())[:_ALT]
        made = Attachment(kind=one.kind, url=url, plays=plays, alt=alt, width=one.width, height=one.height)
        settled.setdefault(key, made)
    for shown in in_text:
        settled.setdefault(_SIZED.sub("", shown.url), shown)
    pictures = [one for one in settled.values() if one.kind == "image"][:PICTURES]
    return tuple(one for one in settled.values() if one.kind != "image" or one in pictures)


def _in_text(body: str, address: Callable[[str], str]) -> Iterable[Attachment]:
    for one in islice(_IMAGE.finditer(body), _IMAGES):
        tag = _TAG_END.match(body[one.end() : one.end() + _IMAGE_TAG])
        if tag and (shown := _shown(tag[0], address)):
            yield shown


def _shown(attributes: str, address: Callable[[str], str]) -> Attachment | None:
    found = {one[1].lower(): html.unescape(one[2] or one[3] or one[4] or "") for one in _ATTRIBUTE.finditer(attributes)}
    sides = [int(found[side]) if found.get(side, "").isdecimal() else None for side in ("width", "height")]
    if any(side is not None and side <= _ICON_PX for side in sides) or _EMOJI.search(found.get("class", "")):
        return None
    late = next((found[name] for name in _LATE if found.get(name)), "")
    sized = _widest(found.get("srcset") or found.get("data-srcset", ""))
    for word in (late, found.get("src", ""), sized):
        if word and not word.startswith("data:") and (url := address(word.strip())):
            if not _COUNTERS.search(url):
                alt = " ".join(found.get("alt", "").split())[:_ALT]
                return Attachment(url=url, alt=alt, width=sides[0], height=sides[1])
            if not sized:
                return None
    return None


def _widest(sizes: str) -> str:
    """The largest picture of a ``srcset`` that is no larger than what we keep; '' where it lists none."""
    offered = []
    for one in re.split(r",\s+|,(?=https?:)", sizes.strip())[:20]:
        address, _, width = one.strip().rpartition(" ")
        offered.append((int(width[:-1]) if width[:-1].isdecimal() else 0, address or one.strip()))
    fitting = [one for one in offered if one[0] <= _WIDE_PX] or offered
    return max(fitting)[1] if fitting else ""


def _kind(one: Mapping[str, Any]) -> MediaKind | None:
    kind, medium = _word(one, "type").lower(), _word(one, "medium").lower()
    kinds: tuple[MediaKind, ...] = ("image", "video", "audio")
    for named in kinds:
        if kind.startswith(f"{named}/") or medium == named:
            return named
    if kind in _PLAYED:
        return _PLAYED[kind]
    if kind and kind != "application/octet-stream":
        return None
    ending = _word(one, "url").partition("?")[0].rpartition(".")[2].lower()
    return _ENDINGS.get(ending, "image" if not kind and one.get("width") else None)


def _number(value: object) -> int | None:
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if 0 < number < 100_000 else None


def _word(one: Mapping[str, Any], name: str) -> str:
    value = one.get(name)
    return value.encode("utf-8", "replace").decode().replace("\0", "").strip() if isinstance(value, str) else ""
