"""OPML read as the world writes it: folders typed rss, missing types and names, folders in folders, bare ampersands.

By expat's events and nothing else: no document type, so no entities; nothing is fetched.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import name2codepoint
from xml.parsers import expat

from timeline.errors import BackchannelError
from timeline.link import same_page, web_address
from timeline.tidy import fit

MAX_BYTES = 5 * 1024 * 1024  # a thousand feeds take some 200 KB
MAX_FEEDS = 2_000
_DEPTH = 64
_NAME = 200  # characters
_BARE = re.compile(rb"&(?!#?[A-Za-z0-9]{1,31};)")
_LATIN = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#)\b)[A-Za-z][A-Za-z0-9]{1,30};")  # &eacute; is HTML, not XML
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?:)|feed:(?=//)", re.IGNORECASE)


class NotAnOutline(BackchannelError):
    """This is no OPML that we can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of an OPML file; ``url`` is None where its address is none that can be asked (``told``)."""

    title: str
    told: str
    url: str | None
    folder: str = ""


def read(body: bytes) -> list[Outline]:
    """The feeds of an OPML document in order, each address once. Raises NotAnOutline."""
    if len(body) > MAX_BYTES:
        raise NotAnOutline(f"the file is over {MAX_BYTES // 1024 // 1024} MB: no list of feeds is that long")
    seen: set[str] = set()
    found = []
    for one in _parsed(body):
        name = same_page(one.url or "") or one.told
        if name not in seen:
            seen.add(name)
            found.append(one)
    if len(found) > MAX_FEEDS:
        raise NotAnOutline(f"the file lists {len(found):,} feeds; {MAX_FEEDS:,} is the most: split it")
    return found


def _parsed(body: bytes) -> Iterator[Outline]:
    try:
        return iter(_Watch(body).found)
    except expat.ExpatError:
        pass
    try:  # the commonest faults of all, mended
        return iter(_Watch(_LATIN.sub(_by_number, _BARE.sub(b"&amp;", body))).found)
    except expat.ExpatError as error:
        raise NotAnOutline(
            f"the file is not well-formed XML (line {error.lineno}): export the list anew, or mend that line"
        ) from error


class _Watch:
    """One run over the document."""

    def __init__(self, body: bytes) -> None:
        self.found: list[Outline] = []
        self._folders: list[str] = []
        self._root = ""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(body, True)
        except (LookupError, ValueError) as error:  # an encoding nobody knows
            raise NotAnOutline("the file is in an encoding we do not know: save it as UTF-8") from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._root:
            self._root = name.lower()
            if self._root != "opml":
                raise NotAnOutline(f"the file is no OPML: it begins with <{fit(name, 40)}>")
        if name.lower() != "outline":
            return
        told = {key.lower(): value.strip() for key, value in attributes.items()}
        title = fit(" ".join((told.get("text") or told.get("title") or "").split()), _NAME)
        folder = " / ".join(one for one in self._folders if one)
        self._folders.append(title)
        if len(self._folders) > _DEPTH:
            raise NotAnOutline(f"the file has over {_DEPTH} folders inside one another")
        address = told.get("xmlurl") or (told.get("url", "") if told.get("type", "").lower() in ("rss", "atom") else "")
        if address:
            url = web_address(_FEED_SCHEME.sub(_as_web, address))
            folder = folder or told.get("category", "").partition(",")[0].strip("/ ").replace("/", " / ")
            shown = fit(address, _NAME)
            self.found.append(Outline(title=title or shown, told=shown, url=url, folder=fit(folder, _NAME)))

    def _end(self, name: str) -> None:
        if name.lower() == "outline":
            self._folders.pop()

    def _doctype(self, *_: object) -> None:
        raise NotAnOutline("the file declares a document type, which no list of feeds needs: we do not read it")


def _by_number(found: re.Match[bytes]) -> bytes:
    code = name2codepoint.get(found[0][1:-1].decode())
    return b"&#%d;" % code if code else b"&amp;" + found[0][1:]


def _as_web(found: re.Match[str]) -> str:
    """``feed:https://…`` and ``feed://…``."""
    return "http:" if found.string[found.end() :].startswith("//") else ""
