"""Atom 1.0 (RFC 4287) with tombstones (RFC 6721), and RSS 2.0 (https://www.rssboard.org/rss-specification)."""

from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from dashboard.feeds.entries import Entry, Feed
from dashboard.filters import iso
from dashboard.languages import spoken

PICTURE = "image/webp"  # whatever the source had: our copies are all made anew
_GENERATOR = "Backchannel"


def atom(feed: Feed) -> bytes:
    namespaces = {"xmlns": "http://www.w3.org/2005/Atom", "xmlns:at": "http://purl.org/atompub/tombstones/1.0"}
    root = Element("feed", namespaces)
    _put(root, "id", feed.address)
    _put(root, "title", feed.title)
    _put(root, "subtitle", feed.subtitle, **{"xml:lang": spoken().html})
    _put(root, "updated", _utc(feed.updated))
    for rel, href, kind in (("self", feed.address, "application/atom+xml"), ("alternate", feed.page, "text/html")):
        _put(root, "link", rel=rel, type=kind, href=href)
    for hub in feed.hubs:
        _put(root, "link", rel="hub", href=hub)
    _put(root, "icon", feed.icon)
    _put(root, "generator", _GENERATOR)
    who = _put(root, "author")
    _put(who, "name", feed.publisher)
    _put(who, "uri", feed.home)
    for entry in feed.entries:
        _atom_entry(root, entry)
    for name, at in feed.withdrawn.items():
        _put(root, "at:deleted-entry", ref=name, when=_utc(at))
    return _written(root)


def rss(feed: Feed) -> bytes:
    root = Element(
        "rss",
        {
            "version": "2.0",
            "xmlns:atom": "http://www.w3.org/2005/Atom",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            "xmlns:media": "http://search.yahoo.com/mrss/",
        },
    )
    channel = _put(root, "channel")
    _put(channel, "title", feed.title)
    _put(channel, "link", feed.page)
    _put(channel, "description", feed.subtitle)
    _put(channel, "lastBuildDate", _mail(feed.updated))
    _put(channel, "generator", _GENERATOR)
    _put(channel, "docs", "https://www.rssboard.org/rss-specification")
    _put(channel, "atom:link", rel="self", type="application/rss+xml", href=feed.address)
    for hub in feed.hubs:
        _put(channel, "atom:link", rel="hub", href=hub)
    for entry in feed.entries:
        _rss_item(channel, entry)
    return _written(root)


def _atom_entry(root: Element, entry: Entry) -> None:
    told = _put(root, "entry", **({"xml:lang": entry.language} if entry.language else {}))
    _put(told, "id", entry.id)
    _put(told, "title", entry.title)
    _put(told, "link", rel="alternate", type="text/html", href=entry.link)
    if entry.original and entry.original != entry.link:
        _put(told, "link", rel="via", href=entry.original)
    _put(told, "published", _utc(entry.published))
    _put(told, "updated", _utc(entry.updated))
    if entry.author:
        who = _put(told, "author")
        _put(who, "name", entry.author.name)
        if entry.author.url:
            _put(who, "uri", entry.author.url)
    for tag in entry.tags:
        _put(told, "category", term=tag)
    for picture in entry.pictures:
        length = {"length": str(picture.length)} if picture.length else {}
        _put(told, "link", rel="enclosure", type=PICTURE, href=picture.url, title=picture.alt, **length)
    if entry.html:
        _put(told, "content", entry.html, type="html")


def _rss_item(channel: Element, entry: Entry) -> None:
    told = _put(channel, "item")
    _put(told, "title", entry.title)
    _put(told, "link", entry.link)
    _put(told, "guid", entry.id, isPermaLink="true")
    _put(told, "pubDate", _mail(entry.published))
    _put(told, "atom:updated", _utc(entry.updated))
    if entry.author:
        _put(told, "dc:creator", entry.author.name)
    if entry.language:
        _put(told, "dc:language", entry.language)
    for tag in entry.tags:
        _put(told, "category", tag)
    for first, picture in enumerate(entry.pictures):
        if first == 0:  # readers take one
            _put(told, "enclosure", url=picture.url, length=str(picture.length), type=PICTURE)
        size = {"width": str(picture.width), "height": str(picture.height)} if picture.width and picture.height else {}
        _put(
            told, "media:content", url=picture.url, medium="image", type=PICTURE, **size
        )  # its alt text is in the words
    if entry.html:
        _put(told, "description", entry.html)


def _put(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    child = SubElement(parent, name, attributes)
    child.text = text
    return child


def _written(root: Element) -> bytes:
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _utc(at: datetime) -> str:
    return iso(at.astimezone(UTC))


def _mail(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
