"""Rough entries settled: addresses made absolute, dates read, lengths bounded; runs in the worker."""

import html
import re
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urljoin

import nh3

from collector import feedmedia
from collector.dates import moment
from collector.feed import ENTRIES, Entry, Feed, Marks
from collector.feedrough import Rough, RoughFeed
from collector.feedshown import mark
from timeline.link import same_page, web_address
from timeline.text import MAX_HTML, hashtags_in, paragraphs, plain

_TITLE, _NAME, _ID, _TAG = 500, 200, 1_000, 100  # characters kept of each
_TAGS, _LINKS = 30, 20
_OLDEST = datetime.min.replace(tzinfo=UTC)

# A title is plain text that many feeds write as HTML: only tags that stand in real titles count as such.
_MARKUP = re.compile(
    r"</?(?:a|abbr|b|br|cite|code|em|font|i|img|p|q|s|small|span|strong|sub|sup|tt|u)\b[^<>]*>", re.IGNORECASE
)
_RELATIVE = re.compile(r"""\b(?:href|src)\s*=\s*["']?\s*(?!["'\s>]|[a-z][a-z0-9+.-]*:)""", re.IGNORECASE)
_HREF = re.compile(r"<a\b[^>]*?\shref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_MAILBOX = re.compile(r"\s*[^\s@<>()]+@[^\s@<>()]+\s*(?:\((?P<name>[^()]*)\))?\s*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")


def settle(rough: RoughFeed, url: str) -> Feed:
    """The feed as the rest of the house wants it; ``url`` is where it came from."""
    link = _address(rough.link, url)
    entries = [_entry(one, rough, url) for one in rough.entries]
    if len(entries) > ENTRIES:
        entries.sort(key=lambda entry: entry.published or _OLDEST, reverse=True)
    return Feed(
        title=_title(rough.title),
        link=link,
        icon=_address(rough.icon, url),
        entries=tuple(entries[:ENTRIES]),
        flaw=rough.flaw,
        withdrawn=tuple(one[:_ID] for one in rough.withdrawn[:ENTRIES]),
    )


def _entry(rough: Rough, feed: RoughFeed, url: str) -> Entry:
    link = _address(rough.link, url)
    body = rough.html[:MAX_HTML] or paragraphs(rough.text[:MAX_HTML])
    if "<" not in body and "\n\n" in body:  # written as plain text, whatever the feed calls it
        body = paragraphs(html.unescape(body))
    media = feedmedia.settle(rough.attached, body, lambda word: _address(word, link or url))
    if not feed.resolved and _RELATIVE.search(body):
        # In the text, what is relative is so to the page the entry stands on.
        body = nh3.clean(body, url_relative=("rewrite_with_base", link or url), link_rel=None)
    title = _title(rough.title)
    words = plain(body)
    if words == title:
        body = words = ""
    tags = dict.fromkeys([*(_tag(tag) for tag in rough.tags[:_TAGS]), *hashtags_in(f"{title}\n{words}")[:_TAGS], ""])
    del tags[""]
    language = rough.language or feed.language
    return Entry(
        id=rough.id[:_ID],
        link=link,
        title=title,
        html=body,
        author=_author(rough.author),
        published=moment(rough.published),
        updated=moment(rough.updated),
        hashtags=tuple(tags),
        links=_links(body),
        media=media,
        language=language if _LANGUAGE.fullmatch(language) else None,
        marks=Marks(
            id=mark(same_page(rough.id) or rough.id),
            link=mark(same_page(link)),
            tail=mark(link.partition("?")[0].rstrip("/").rpartition("/")[2]),
            title=mark(title),
            words=mark(words),
        ),
        digest=rough.digest,
        author_url=_address(rough.author_url, url),
        answers=rough.answers[:_ID],
        discussion=_address(rough.discussion, url),
    )


def _address(word: str, base: str) -> str:
    """``word`` as an absolute http(s) address, else ''."""
    if not word:
        return ""
    try:
        return web_address(urljoin(base, word)) or ""
    except ValueError:
        return ""


def _title(words: str) -> str:
    if _MARKUP.search(words):
        words = plain(words)
    elif "&" in words:
        words = html.unescape(words)
    words = " ".join(words[: 4 * _TITLE].split())
    return words if len(words) <= _TITLE else words[: _TITLE - 1].rstrip() + "…"


def _author(words: str) -> str:
    """A name for people: RSS writes ``mail@host (Name)``, and a bare mail address is nobody's to publish."""
    if (mailbox := _MAILBOX.fullmatch(words)) is not None:
        words = mailbox["name"] or ""
    return " ".join(html.unescape(re.sub(r"<[^<>@]*@[^<>]*>", "", words)).split())[:_NAME]


def _tag(words: str) -> str:
    """A category as a hashtag: "Socitm 2009" is #Socitm2009; '' where there is nothing to make one of."""
    return re.sub(r"[^\w]+", "", html.unescape(words)[:_TAG])


def _links(body: str) -> tuple[str, ...]:
    found = (web_address(html.unescape(one[1] or one[2] or "")) for one in islice(_HREF.finditer(body), 3 * _LINKS))
    return tuple(dict.fromkeys(link for link in found if link))[:_LINKS]
