"""Discussions: the comment feeds of a feed's newest entries (wfw:commentRss, Atom's ``replies``), read beside it.

Comments are strangers' words: no source answers for them, and their pictures are left out.
"""

import hashlib
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass

from collector import feedparse
from collector.adapter import Ask, Batch
from collector.feed import Entry, Feed
from collector.feedidentity import own_name
from collector.feedshown import mark
from collector.http import MEGABYTE, Http
from timeline.errors import SourceUnavailable
from timeline.link import same_page
from timeline.post import Author, Cursor, Post, Sighting
from timeline.text import paragraphs

KEY = "(discussions)"  # of the cursor that says which are followed, and where each stands
FOLLOWED = 20  # discussions of one feed: those of its newest entries
AT_ONCE = 7  # asked in one turn, one after the other
TIMES = 3  # turns of the feed to one of its discussions
COMMENTS = 200  # the newest of one discussion
SPAN_S = 60.0  # of one turn: what is left waits for the next
MOST_S = 6 * 3600.0  # between two attempts at one that does not answer
NAMELESS = "Without a name"
_TIMEOUT_S = 15.0
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.1"


@dataclass(slots=True)
class Followed:
    """The discussion of one entry: where it is, and where it stands (times in epoch seconds)."""

    uri: str
    address: str
    published_at: float
    etag: str = ""
    modified: str = ""
    digest: str = ""
    due_at: float = 0.0
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussion:
    """An entry that has a feed of its comments."""

    uri: str
    address: str
    published_at: float


def follow(before: Cursor | None, found: Iterable[Discussion], *, since: float) -> Cursor:
    """Which discussions to follow: those of the newest entries from ``since`` on."""
    followed = {one.uri: one for one in _read_cursor(before)}
    for one in found:
        known = followed.get(one.uri)
        if known is None or known.address != one.address:
            followed[one.uri] = Followed(one.uri, one.address, one.published_at)
    newest = sorted(followed.values(), key=lambda one: one.published_at, reverse=True)
    return _cursor([one for one in newest if one.published_at >= since][:FOLLOWED])


async def read(cursor: Cursor | None, ask: Ask, http: Http, *, home: str, every_s: float) -> AsyncIterator[Batch]:
    """Yield what is new in the discussions that are due; one that fails costs the feed nothing."""
    followed, now = _read_cursor(cursor), ask.now.timestamp()
    due = sorted((one for one in followed if one.due_at <= now), key=lambda one: one.due_at)[:AT_ONCE]
    key, rest_s, until = (ask.source.id, KEY), TIMES * (ask.source.every_s or every_s), time.monotonic() + SPAN_S
    for one in due:
        if time.monotonic() > until:
            break
        first = not one.digest
        try:
            comments = await _comments(one, http, home)
            one.failures, one.due_at = 0, now + rest_s
        except SourceUnavailable as error:
            comments = []
            one.failures += 1
            one.due_at = now + min(MOST_S, rest_s * 2**one.failures)
            if error.retry_after_s is not None:  # the host has had enough of us
                for each in followed:
                    each.due_at = max(each.due_at, now + error.retry_after_s)
                break
        if comments:
            yield Batch(heard=comments, cursors={key: _cursor(followed)}, backfill=first)
    if due:
        yield Batch(cursors={key: _cursor(followed)})


async def _comments(one: Followed, http: Http, home: str) -> list[Sighting]:
    """What is said there, where that has changed. Raises SourceUnavailable."""
    conditions = {"If-None-Match": one.etag, "If-Modified-Since": one.modified}
    answer = await http.get(
        one.address,
        headers={"Accept": _ACCEPT, **{name: value for name, value in conditions.items() if value}},
        limit_bytes=MEGABYTE,
        timeout_s=_TIMEOUT_S,
        accept=(200, 304),
    )
    digest = hashlib.sha256(answer.body).hexdigest()[:16]
    if answer.status == 304 or digest == one.digest:
        return []
    told = answer.headers.get("content-type", "")
    document = await feedparse.read(answer.body, url=answer.url, content_type=told)
    if not isinstance(document, Feed):
        raise SourceUnavailable("the feed of an entry's comments is a page")
    one.etag, one.modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
    one.digest = digest
    return list(comments(document, one, home))


def comments(feed: Feed, one: Followed, home: str) -> Iterator[Sighting]:
    """The comments of a discussion's feed, each under ``one.uri``; ``home`` is where their authors are known."""
    newest = sorted(feed.entries, key=lambda entry: entry.published.timestamp() if entry.published else 0, reverse=True)
    named = {uri: entry for entry in newest[:COMMENTS] if (uri := own_name(entry, one.address)) != one.uri}
    by_mark = {name: uri for uri, entry in named.items() for name in (entry.marks.id, entry.marks.link) if name}
    for uri, entry in named.items():
        if entry.html or entry.title:
            answered = by_mark.get(called(entry.answers), one.uri)
            yield Sighting(ref=uri, post=comment(entry, uri, home, under=answered), about=one.uri)


def comment(entry: Entry, uri: str, home: str, *, under: str) -> Post:
    """``entry`` as words said under ``under``: by whoever it names, without title and pictures."""
    name = entry.author or NAMELESS
    return Post(
        network="feed",
        uri=uri,
        url=entry.link or None,
        author=Author(
            network="feed",
            uri=f"{home}#comment:{name}" if entry.author else uri,  # no comment makes somebody the feed's own author
            name=name,
            url=entry.author_url or None,
        ),
        published_at=entry.published,
        edited_at=entry.updated if entry.updated and entry.published and entry.updated > entry.published else None,
        html=entry.html or paragraphs(entry.title),
        language=entry.language,
        hashtags=entry.hashtags,
        links=entry.links,
        in_reply_to=under,
    )


def called(name: str) -> str:
    """What an id or address is compared by."""
    return mark(same_page(name) or name)


def _read_cursor(cursor: Cursor | None) -> list[Followed]:
    try:
        return [Followed(*row) for row in (cursor or {}).get("followed", ())]
    except TypeError:  # another version wrote it: begin again
        return []


def _cursor(followed: Sequence[Followed]) -> Cursor:
    return {"followed": [list(astuple(one)) for one in followed]}
