"""A web page searched for the feeds it links; runs in the worker."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from collector.feed import Page
from collector.feedgate import charset
from timeline.link import web_address

_SCANNED = 1_000_000  # bytes of a page: its head comes first, its links to feeds in the head or the foot
_FEEDS = 10
_TYPES = {
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
    "application/x-rss+xml", "application/x-atom+xml",
}  # fmt: skip
_USUAL = re.compile(
    r"(?:^|/)(?:feeds?|rss|atom|(?:feed|rss|atom|index|news|blog)\.(?:xml|rss|atom|rdf|json)|[^/?]+\.(?:rss|atom|rdf))/?$"
)
_ASIDE = re.compile(r"comment|kommentar|commentaire|replies", re.IGNORECASE)
_PROLOGUE = re.compile(
    rb"\s+|<\?.*?\?>|<!--.*?-->|<!doctype\s+(?!html)[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE
)
_FIRST = re.compile(rb"\{|<!doctype\s+html|<([a-z][\w:.-]*)", re.IGNORECASE)


def root(body: bytes) -> str:
    """What the document begins with: ``html``, ``{`` for JSON, else its first element's name, or ''."""
    head = body[:16_384].lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"")
    at = 0
    while (skipped := _PROLOGUE.match(head, at)) is not None:
        at = skipped.end()
    first = _FIRST.match(head, at)
    if first is None:
        return ""
    if first[0] == b"{":
        return "{"
    name = (first[1] or b"html").decode("ascii", "replace").lower()
    return "html" if name in ("html", "head", "body", "meta", "title") else name


def page(body: bytes, url: str, content_type: str = "") -> Page:
    """The feeds a page links in its head, else by the usual names; feeds of comments last."""
    said = re.search(r"charset=[\"']?([\w-]+)", content_type)
    encoding = charset(body, "") or (said[1] if said else "utf-8")
    try:
        text = body[:_SCANNED].decode(encoding, "replace")
    except LookupError:
        text = body[:_SCANNED].decode("utf-8", "replace")
    finder = _Finder(url)
    finder.feed(text)
    found = finder.declared or finder.usual
    ordered = sorted(found, key=lambda address: bool(_ASIDE.search(address + found[address])))
    return Page(title=" ".join("".join(finder.title).split())[:200], feeds=tuple(ordered[:_FEEDS]))


class _Finder(HTMLParser):
    """``declared`` and ``usual`` map addresses to what the page calls them, in its order."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self.declared: dict[str, str] = {}
        self.usual: dict[str, str] = {}
        self._base = url
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        href = told.get("href", "").strip()
        self._in_title = tag == "title" and not self.title
        if tag == "base" and href:
            self._base = self._absolute(href) or self._base
        elif tag == "link" and href and "alternate" in told.get("rel", "").lower().split():
            if told.get("type", "").split(";")[0].strip().lower() in _TYPES and (address := self._absolute(href)):
                self.declared.setdefault(address, told.get("title", ""))
        elif tag == "a" and (address := self._absolute(href)) and _USUAL.search(urlsplit(address).path.lower()):
            self.usual.setdefault(address, told.get("title", ""))

    def handle_endtag(self, _tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)

    def _absolute(self, href: str) -> str | None:
        try:
            return web_address(urljoin(self._base, href))
        except ValueError:
            return None
