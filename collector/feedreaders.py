"""The two parsers, the fast and the patient one, answering in the same rough form; runs in the worker."""

import html
import io
import re
from collections.abc import Mapping
from typing import Any

import fastfeedparser
import feedparser

from collector.feed import Attachment
from collector.feedgate import Glance, NotPlain
from collector.feedmedia import attachments
from collector.feedrough import NO_FEED_HINT, Rough, RoughFeed, dicts, with_body, words
from timeline.errors import SourceUnavailable

NO_FEED = "this is neither a feed nor a web page"
ILL_FORMED = "it is not well-formed XML"

# The commonest fault of all: feedparser makes "?a=1&b=2" in an id into "?a=1&b;=2", and "R&D" into "R&D;".
_BARE = re.compile(rb"<!\[CDATA\[(?:.*?\]\]>|.*)|&(?!#?[A-Za-z0-9]{1,31};)", re.DOTALL)
_WITHDRAWN = re.compile(rb"<(?:\w{1,20}:)?deleted-entry\s[^<>]*?\bref\s*=\s*[\"']([^\"'<>]{1,1000})[\"']")
_CDATA = re.compile(rb"<!\[CDATA\[(?:.*?\]\]>|.*)|<!--.*?-->", re.DOTALL)
_WRAPPER = re.compile(r"\A\s*<[^>]*>|</[^>]*>\s*\Z")


def fast(body: bytes, seen: Glance) -> RoughFeed:
    """By fastfeedparser, for what has passed the gate. Raises NotPlain where it will not have it after all."""
    try:
        parsed = fastfeedparser.parse(body)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        raise NotPlain("fastfeedparser refused it") from error
    feed, found = parsed["feed"], parsed["entries"]
    asides = seen.asides if len(seen.asides) == len(found) else [{}] * len(found)
    return RoughFeed(
        title=words(feed.get("title")),
        link=words(feed.get("link")),
        icon=words(feed.get("icon")),
        language=seen.language or words(feed.get("language")),
        entries=[_fast_entry(entry, aside) for entry, aside in zip(found, asides, strict=True)],
        withdrawn=withdrawn(body),
    )


def _fast_entry(entry: Mapping[str, Any], aside: Mapping[str, str]) -> Rough:
    content: Mapping[str, Any] = next(iter(entry.get("content") or ()), {})
    said, kind = words(content.get("value")), words(content.get("type"))
    if "xhtml" in kind:
        said = _WRAPPER.sub("", said)  # the content element itself comes along
    media = list(entry.get("media_content") or ())
    attached = [*(entry.get("enclosures") or ()), *_enclosed(entry.get("links"))]
    return with_body(
        Rough(
            id=words(entry.get("id")),
            link=words(entry.get("link")),
            title=words(entry.get("title")),
            author=words(entry.get("author")),
            published=words(entry.get("published")),
            updated=words(entry.get("updated")),
            tags=[words(tag.get("term") or tag.get("label")) for tag in entry.get("tags") or ()],
            attached=attachments(attached, media) + _pictured(aside.get("image")),
            language=words(content.get("language")),
            author_url=aside.get("uri", ""),
            answers=aside.get("in-reply-to", ""),
            discussion=aside.get("commentrss") or _replies(entry.get("links")),
        ),
        (said, kind),
        (words(entry.get("description")), ""),
        *((words(found.get("description")), "text/plain") for found in media),
    )


def patient(body: bytes, charset: str | None) -> RoughFeed:
    """By feedparser, which forgives nearly everything. Raises SourceUnavailable where it finds no feed at all."""
    bases = b"xml:base" in body
    mended = body if b"\0" in body[:4] else _BARE.sub(_spelt_out, body)
    parsed = feedparser.parse(
        io.BytesIO(mended),  # bare bytes would first be tried as the name of a file
        sanitize_html=False,  # intake cleans, once
        resolve_relative_uris=bases,
        # No content-location: the base would be put before ids as well, and they would differ from the fast parser's.
        response_headers={"content-type": f"application/xml; charset={charset}" if charset else "application/xml"},
    )
    if not parsed.get("version") and not parsed.entries:
        raise SourceUnavailable(NO_FEED, hint=NO_FEED_HINT)
    feed = parsed.feed
    flaw = _flaw(parsed.get("bozo_exception")) or (None if mended == body else ILL_FORMED)
    entries = [_patient_entry(entry) for entry in parsed.entries]
    if flaw == ILL_FORMED:
        for entry in entries:
            entry.id = html.unescape(entry.id)  # which the loose half of feedparser leaves out
    return RoughFeed(
        title=words(feed.get("title")),
        link=words(feed.get("link")),
        icon=words(feed.get("icon")),
        language=words(feed.get("language")),
        entries=entries,
        resolved=bases,
        flaw=flaw,
        withdrawn=withdrawn(body),
    )


def rescue(body: bytes) -> RoughFeed | None:
    """What fastfeedparser makes of a ruin in which feedparser found no entry; None where it finds none either."""
    try:
        found = fast(body, Glance())
    except NotPlain:
        return None
    found.flaw = ILL_FORMED
    return found if found.entries else None


def _patient_entry(entry: Mapping[str, Any]) -> Rough:
    raw = dict(entry)  # feedparser's own answers "updated" with "published", and warns of it
    stills = entry.get("media_thumbnail") or ()
    answered = entry.get("thr_in-reply-to") or {}
    attached = [{**found, "url": found.get("href")} for found in entry.get("enclosures") or ()]
    bodies = [(words(part.get("value")), words(part.get("type"))) for part in entry.get("content") or ()]
    bodies.sort(key=lambda part: part[1] == "text/plain")
    detail = entry.get("author_detail") or {}
    return with_body(
        Rough(
            id=words(entry.get("id")),
            link=words(entry.get("link")),
            title=words(entry.get("title")),
            author=words(detail.get("name") or entry.get("author")),
            published=words(raw.get("published")) or words(raw.get("created")) or words(raw.get("updated")),
            updated=words(raw.get("updated")),
            tags=[words(tag.get("term") or tag.get("label")) for tag in entry.get("tags") or ()],
            attached=attachments(attached, entry.get("media_content") or (), stills)
            + _pictured((entry.get("image") or {}).get("href")),
            language=words((entry.get("title_detail") or {}).get("language")),
            author_url=words(detail.get("href")),
            answers=words(answered.get("ref")) or words(answered.get("href")),
            discussion=words(entry.get("wfw_commentrss")) or _replies(entry.get("links")),
        ),
        *bodies,
        (words(raw.get("summary")), words((entry.get("summary_detail") or {}).get("type"))),
    )


def withdrawn(body: bytes) -> list[str]:
    """Ids of entries that the feed says are deleted (RFC 6721); what an entry merely writes about does not count."""
    if b"deleted-entry" not in body:
        return []
    found = _WITHDRAWN.findall(_CDATA.sub(b"", body))
    return [words(html.unescape(one.decode("utf-8", "replace"))) for one in found]


def _spelt_out(found: re.Match[bytes]) -> bytes:
    return b"&amp;" if found[0] == b"&" else found[0]


def _flaw(problem: object) -> str | None:
    match problem:
        case feedparser.CharacterEncodingOverride():
            return "it is not in the encoding it declares"
        case None | feedparser.NonXMLContentType():
            return None
        case _:
            return ILL_FORMED


def _enclosed(links: object) -> list[dict[str, Any]]:
    """Atom's enclosures are links."""
    return [{"url": one.get("href"), "type": one.get("type")} for one in dicts(links) if one.get("rel") == "enclosure"]


def _replies(links: object) -> str:
    """The feed of an entry's comments (RFC 4685); a page of them is none."""
    for one in dicts(links):
        kind = words(one.get("type"))
        if one.get("rel") == "replies" and ("xml" in kind or "json" in kind or not kind):
            return words(one.get("href"))
    return ""


def _pictured(address: object) -> list[Attachment]:
    """An episode's own picture."""
    return [Attachment(url=words(address))] if words(address) else []
