"""Three ways to read a feed, each answering in the same rough form; runs in the worker."""

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import fastfeedparser
import feedparser

from collector.feed import Picture
from collector.feedgate import Glance, NotPlain
from timeline.errors import SourceUnavailable

NO_FEED = "this is neither a feed nor a web page"
NO_FEED_HINT = "Give the address of an RSS, Atom or JSON feed, or of a page that links one."


@dataclass(slots=True, kw_only=True)
class Rough:
    """An entry as a parser gave it: anything may be missing, relative or too long."""

    id: str = ""
    link: str = ""
    title: str = ""
    html: str = ""
    text: str = ""  # plain text, where there is no html
    author: str = ""
    published: str = ""
    updated: str = ""
    tags: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    language: str = ""


@dataclass(slots=True, kw_only=True)
class RoughFeed:
    """A feed as a parser gave it."""

    title: str = ""
    link: str = ""
    icon: str = ""
    language: str = ""
    entries: list[Rough] = field(default_factory=list)
    resolved: bool = False  # the addresses in the entries' html are absolute already
    flaw: str | None = None


def fast(body: bytes, seen: Glance) -> RoughFeed:
    """By fastfeedparser, for what has passed the gate. Raises NotPlain where it will not have it after all."""
    try:
        parsed = fastfeedparser.parse(body)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        raise NotPlain("fastfeedparser refused it") from error
    feed = parsed["feed"]
    return RoughFeed(
        title=_str(feed.get("title")),
        link=_str(feed.get("link")),
        icon=_str(feed.get("icon")),
        language=seen.language or _str(feed.get("language")),
        entries=[_fast_entry(entry) for entry in parsed["entries"]],
    )


def _fast_entry(entry: Mapping[str, Any]) -> Rough:
    content: Mapping[str, Any] = next(iter(entry.get("content") or ()), {})
    media = [found for found in entry.get("media_content") or () if isinstance(found, Mapping)]
    attached = [*(entry.get("enclosures") or ()), *_enclosed(entry.get("links"))]
    return _with_body(
        Rough(
            id=_str(entry.get("id")),
            link=_str(entry.get("link")),
            title=_str(entry.get("title")),
            author=_str(entry.get("author")),
            published=_str(entry.get("published")),
            updated=_str(entry.get("updated")),
            tags=[_str(tag.get("label") or tag.get("term")) for tag in entry.get("tags") or ()],
            pictures=_pictures(media, attached),
            language=_str(content.get("language")),
        ),
        (_str(content.get("value")), _str(content.get("type"))),
        (_str(entry.get("description")), ""),
        *((_str(found.get("description")), "text/plain") for found in media),
    )


def patient(body: bytes, url: str, charset: str | None) -> RoughFeed:
    """By feedparser, which forgives nearly everything. Raises SourceUnavailable where it finds no feed at all."""
    bases = b"xml:base" in body
    parsed = feedparser.parse(
        io.BytesIO(body),  # bare bytes would first be tried as the name of a file
        sanitize_html=False,  # intake cleans, once
        resolve_relative_uris=bases,
        response_headers={
            "content-type": f"application/xml; charset={charset}" if charset else "application/xml",
            "content-location": url,
        },
    )
    if not parsed.version and not parsed.entries:
        raise SourceUnavailable(NO_FEED, hint=NO_FEED_HINT)
    feed = parsed.feed
    return RoughFeed(
        title=_str(feed.get("title")),
        link=_str(feed.get("link")),
        icon=_str(feed.get("icon")),
        language=_str(feed.get("language")),
        entries=[_patient_entry(entry) for entry in parsed.entries],
        resolved=bases,
        flaw=_flaw(parsed.get("bozo_exception")),
    )


def rescue(body: bytes) -> RoughFeed | None:
    """What fastfeedparser makes of a ruin in which feedparser found no entry; None where it finds none either."""
    try:
        found = fast(body, Glance())
    except NotPlain:
        return None
    found.flaw = "it is not well-formed XML"
    return found if found.entries else None


def _patient_entry(entry: Mapping[str, Any]) -> Rough:
    raw = dict(entry)  # feedparser's own answers "updated" with "published", and warns of it
    media = [*(entry.get("media_content") or ()), *(entry.get("media_thumbnail") or ())]
    attached = [{**found, "url": found.get("href")} for found in entry.get("enclosures") or ()]
    bodies = [(_str(part.get("value")), _str(part.get("type"))) for part in entry.get("content") or ()]
    bodies.sort(key=lambda part: part[1] == "text/plain")
    detail = entry.get("author_detail") or {}
    return _with_body(
        Rough(
            id=_str(entry.get("id")),
            link=_str(entry.get("link")),
            title=_str(entry.get("title")),
            author=_str(detail.get("name") or entry.get("author")),
            published=_str(raw.get("published")) or _str(raw.get("created")) or _str(raw.get("updated")),
            updated=_str(raw.get("updated")),
            tags=[_str(tag.get("label") or tag.get("term")) for tag in entry.get("tags") or ()],
            pictures=_pictures(media, attached),
            language=_str((entry.get("title_detail") or {}).get("language")),
        ),
        *bodies,
        (_str(raw.get("summary")), _str((entry.get("summary_detail") or {}).get("type"))),
    )


def _flaw(problem: object) -> str | None:
    match problem:
        case feedparser.CharacterEncodingOverride():
            return "it is not in the encoding it declares"
        case None | feedparser.NonXMLContentType():
            return None
        case _:
            return "it is not well-formed XML"


def json_feed(body: bytes) -> RoughFeed:
    """JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), what is of the wrong type left out.

    By hand, because fastfeedparser gives up the whole feed over one entry of the wrong type.
    Raises SourceUnavailable.
    """
    try:
        told = json.loads(body)
    except ValueError as error:
        raise SourceUnavailable("this JSON is cut short or broken", hint="Try it in a feed validator.") from error
    if not isinstance(told, dict) or not isinstance(told.get("items"), list):
        raise SourceUnavailable("this is JSON, but no JSON Feed", hint=NO_FEED_HINT)
    return RoughFeed(
        title=_str(told.get("title")),
        link=_str(told.get("home_page_url")),
        icon=_str(told.get("icon")) or _str(told.get("favicon")),
        language=_str(told.get("language")),
        entries=[_json_entry(item) for item in told["items"] if isinstance(item, dict)],
    )


def _json_entry(item: Mapping[str, Any]) -> Rough:
    number = item.get("id")  # 1.0 allowed numbers in practice, and 1.1 asks readers to take them as text
    author = next(iter(_dicts(item.get("authors"))), item.get("author"))
    pictures = [Picture(url=address) for name in ("image", "banner_image") if (address := _str(item.get(name)))]
    attached = [{"url": one.get("url"), "type": one.get("mime_type")} for one in _dicts(item.get("attachments"))]
    return _with_body(
        Rough(
            id=str(number) if isinstance(number, int | float) else _str(number),
            link=_str(item.get("url")) or _str(item.get("external_url")),
            title=_str(item.get("title")),
            author=_str(author.get("name")) if isinstance(author, dict) else "",
            published=_str(item.get("date_published")) or _str(item.get("date_modified")),
            updated=_str(item.get("date_modified")),
            tags=[_str(tag) for tag in _list(item.get("tags"))],
            pictures=pictures + _pictures([], attached),
            language=_str(item.get("language")),
        ),
        (_str(item.get("content_html")), "text/html"),
        (_str(item.get("content_text")), "text/plain"),
        (_str(item.get("summary")), "text/plain"),
    )


def _with_body(rough: Rough, *bodies: tuple[str, str]) -> Rough:
    """The first of ``bodies`` (words, type) that says anything."""
    for words, kind in bodies:
        if words.strip():
            if kind in ("text", "text/plain"):
                rough.text = words
            else:
                rough.html = words
            break
    return rough


def _pictures(media: Iterable[Mapping[str, Any]], attached: Iterable[Mapping[str, Any]]) -> list[Picture]:
    """Enclosed pictures first, then those of Media RSS: a picture itself, or the still of a video."""
    found = [Picture(url=_str(one.get("url"))) for one in attached if _str(one.get("type")).startswith("image/")]
    for one in media:
        kind, medium = _str(one.get("type")), _str(one.get("medium"))
        alt = _str(one.get("title")) or _str(one.get("description"))
        if kind.startswith(("video/", "audio/", "application/")) or medium in ("video", "audio"):
            found.append(Picture(url=_str(one.get("thumbnail_url")), alt=alt))
        else:
            size = {side: _number(one.get(side)) for side in ("width", "height")}
            found.append(Picture(url=_str(one.get("url")), alt=alt, **size))
    return [picture for picture in found if picture.url]


def _enclosed(links: object) -> list[dict[str, Any]]:
    """Atom's enclosures are links."""
    return [{"url": one.get("href"), "type": one.get("type")} for one in _dicts(links) if one.get("rel") == "enclosure"]


def _str(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _number(value: object) -> int | None:
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if 0 < number < 100_000 else None
