"""The gate before the fast parser: what is plain enough for it, what needs patience, what is refused.

fastfeedparser reads well-formed feeds a hundred times faster than feedparser and quietly
mangles the rest, so only what this gate has seen from end to end goes to it
(docs/decisions/0004-feeds.md has the figures).
"""

import codecs
import re
from dataclasses import dataclass, field
from xml.parsers import expat

from timeline.errors import SourceUnavailable

_DEPTH, _ATTRIBUTES = 64, 64  # beyond these, real feeds were not seen: left to the patient parser
_REFUSED_DEPTH, _REFUSED_ATTRIBUTES = 1_000, 1_000  # beyond these even that one spins for minutes
_ENTITY = 1_000  # characters an entity of the feed's own may stand for; Latin letters need a few
_REFERENCE = re.compile(r"&[^#]")  # one entity inside another: how a small document becomes a large one
_NAMES = 2_000  # kinds of elements in one document

# Elements whose text is all that fastfeedparser takes: markup inside them would be lost.
_LEAVES = {
    "title", "summary", "description", "encoded", "guid", "id", "name", "creator", "category", "subject",
}  # fmt: skip
_DATES = {"pubdate", "published", "updated", "date", "issued", "modified", "lastbuilddate"}
_ENTRIES = {"item", "entry"}
_TOLD_ASIDE = {"commentrss", "uri"}  # elements of an entry by their text
_NAMED_ASIDE = {"in-reply-to": ("ref", "href"), "image": ("href",)}  # and by one of these attributes
# The dates that both parsers and we read alike. fastfeedparser guesses at all others (10/06/2025 month first).
_PLAIN_DATE = re.compile(
    r"\s*(?:\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"|(?:[A-Za-z]{3}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} "
    r"(?:[+-]\d{4}|GMT|UTC?|BST|CES?T|EES?T|[ECMP][SD]T))\s*"
)
_XHTML = {"xhtml", "application/xhtml+xml"}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")


class NotPlain(Exception):
    """For the patient parser; says why, for us."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What was seen in passing that fastfeedparser does not tell: ``asides`` of each entry, by element."""

    language: str = ""
    asides: list[dict[str, str]] = field(default_factory=list)


def charset(body: bytes, content_type: str) -> str | None:
    """The encoding where the byte-order mark, the server and the document do not simply agree; else None.

    A byte-order mark wins. Where server and document differ and one of them says UTF-8, the
    bytes decide (few texts are valid UTF-8 by chance); otherwise the server, as RFC 7303 says.
    """
    declared = _codec(found[1].decode()) if (found := _DECLARED.match(body)) else None
    for mark, name in _BOMS:
        if body.startswith(mark):
            return None if name == "utf-8" and declared in (None, "utf-8") else name
    told = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", content_type, re.IGNORECASE)
    served = _codec(told[1]) if told else None
    if served is None or served == (declared or "utf-8"):
        return None
    try:
        body.decode("utf-8")
        return "utf-8" if "utf-8" in (served, declared or "utf-8") else served
    except UnicodeDecodeError:
        return (declared or "windows-1252") if served == "utf-8" else served


def glance(body: bytes) -> Glance:
    """Read the whole document once, keeping nothing. Raises NotPlain, or SourceUnavailable for a bomb."""
    if b"xml:base" in body or b"\0" in body[:4]:
        raise NotPlain("xml:base or UTF-16")
    watch = _Watch()
    try:
        watch.parser.Parse(body, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise NotPlain(str(error)) from error
    if watch.odd:
        raise NotPlain(watch.odd)
    return Glance(language=watch.language, asides=watch.asides)


class _Watch:
    """The handlers of one expat run. What is merely odd is noted and read past: a bomb may come behind it."""

    def __init__(self) -> None:
        self.parser = parser = expat.ParserCreate()
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        self.language = ""
        self.asides: list[dict[str, str]] = []
        self.odd = ""
        self._aside: dict[str, str] | None = None  # of the entry we are in
        self._kinds: dict[str, str] = {}
        self._depth = 0
        self._leaf = 0  # the depth of the leaf we are in
        self._text: list[str] = []
        self._dated = False
        self._guid = ""
        self._doctyped = False
        self._rdf = False
        self._media = 0  # the depth of the media:content we are in
        self._media_seen, self._thumbnail_seen = False, False

    def _start(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        if self._depth > _REFUSED_DEPTH or len(attributes) > 2 * _REFUSED_ATTRIBUTES:
            raise SourceUnavailable(
                "the feed is built to exhaust whoever reads it",
                hint=f"More than {_REFUSED_DEPTH:,} tags inside one another, or attributes in one tag.",
            )
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = name.rsplit(":", 1)[-1].lower()
            if len(self._kinds) > _NAMES:
                raise NotPlain("names")
        if self._doctyped:
            raise NotPlain("doctype")  # at once: what its entities come to is not for expat to find out
        if self._depth > _DEPTH or len(attributes) > 2 * _ATTRIBUTES:
            self.odd = "shape"
        if self._depth == 1:
            self._rdf = kind == "rdf"
        if self._leaf:
            self.odd = "markup where text belongs"
        elif kind == "encoded" and self._rdf:
            self.odd = "content in RDF, which fastfeedparser leaves out"
        elif kind in _LEAVES or kind in _DATES or kind == "language":
            self._begin_leaf(listen=kind in _DATES or kind in ("guid", "language"))
        elif kind in _TOLD_ASIDE and self._aside is not None:
            self._begin_leaf(listen=True)
        elif kind in _NAMED_ASIDE and self._aside is not None:
            told = dict(zip(attributes[::2], attributes[1::2], strict=True))
            self._aside.setdefault(kind, next((told[one] for one in _NAMED_ASIDE[kind] if told.get(one)), ""))
        elif kind == "content" and ":" in name:
            self._media, self._media_seen = self._depth, True
        elif kind == "thumbnail" and not self._media:
            self._thumbnail_seen = True
        elif kind == "content" and not _XHTML.intersection(attributes):
            self._begin_leaf(listen=False)
        elif kind in _ENTRIES:
            self._dated, self._guid = False, ""
            self._media_seen, self._thumbnail_seen = False, False
            self._aside = {}

    def _begin_leaf(self, *, listen: bool) -> None:
        self._leaf = self._depth
        if listen:
            self._text.clear()
            self.parser.CharacterDataHandler = self._text.append

    def _end(self, name: str) -> None:
        kind = self._kinds[name]
        if self._leaf == self._depth:
            self._leaf = 0
            if self.parser.CharacterDataHandler is not None:
                self.parser.CharacterDataHandler = None
                self._heard(kind, "".join(self._text))
        elif kind in _ENTRIES:
            self._judge_entry()
        if self._media == self._depth:
            self._media = 0
        self._depth -= 1

    def _judge_entry(self) -> None:
        self.asides.append(self._aside or {})
        self._aside = None
        if not self._dated and any(c.isdigit() for c in self._guid):
            self.odd = "an undated entry with a number, which fastfeedparser would read as its date"
        if self._media_seen and self._thumbnail_seen:
            self.odd = "a still beside its video, which fastfeedparser leaves out"

    def _heard(self, kind: str, text: str) -> None:
        if kind in _DATES:
            self._dated = True
            if text.strip() and _PLAIN_DATE.fullmatch(text) is None:
                self.odd = "date"
        elif kind == "guid":
            self._guid = text
        elif kind in _TOLD_ASIDE:
            if self._aside is not None:
                self._aside.setdefault(kind, text.strip())
        elif not self.language:
            self.language = text.strip()

    def _doctype(self, *_: object) -> None:
        self._doctyped = True  # refused or not at the first element, once its entities have been seen

    def _entity(self, _name: str, parameter: bool, value: str | None, *_: object) -> None:
        if not parameter and value is not None and (_REFERENCE.search(value) or len(value) > _ENTITY):
            raise SourceUnavailable(
                "the feed declares entities that grow without bound, which we do not read",
                hint="A feed needs none: this looks like an attack on its readers.",
            )


def _codec(name: str) -> str | None:
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return None
    return "utf-8" if known == "ascii" else known
