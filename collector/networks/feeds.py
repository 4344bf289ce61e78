"""News feeds: RSS, RDF, Atom and JSON Feed, or a page that links one. See docs/decisions/0004-feeds.md."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any
from urllib.parse import urljoin

from collector import feedparse
from collector.adapter import Ask, Batch
from collector.feed import Entry, Feed, Page
from collector.feedposts import NETWORK, heard
from collector.http import MEGABYTE, Http, Response
from timeline.errors import SourceUnavailable
from timeline.network import Field, NetworkInfo, Source
from timeline.post import Cursor

EVERY_S = 300.0
SELDOM_S = 900.0  # the longest rhythm we fall into by ourselves: a quiet feed may break news at a conference
AWAY_S = 2 * SELDOM_S  # not read for longer: what it published meanwhile is fetched afterwards, not late
LIMIT_BYTES = 8 * MEGABYTE  # the largest of 200 real feeds has 3
BATCH = 100
HOPS = 5
CANDIDATES = 3  # feeds of one page that are tried before we give up
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.7, */*;q=0.1"
)

INFO = NetworkInfo(
    key=NETWORK,
    label="News",
    fields=(
        Field(
            name="url",
            label="Address",
            kind="url",
            required=True,
            help="An RSS, Atom or JSON feed, or a page that links one",
        ),
    ),
    address=("url",),
    tagged=False,
    default_every_s=EVERY_S,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a feed stands, as its cursor keeps it."""

    address: str  # what is asked: where the feed was found, or where it has moved for good
    home: str  # where it was first found; entries are named after it, so it never changes
    etag: str = ""
    modified: str = ""
    digest: str = ""  # of the last body: many servers know no ETag
    asked_for: str = ""  # what the event wanted of it then
    read_at: float = 0.0  # epoch seconds
    every_s: float = EVERY_S
    flaw: str = ""

    @classmethod
    def of(cls, cursor: Cursor | None, source: Source) -> "Standing":
        known = {name: value for name, value in (cursor or {}).items() if name in cls.__dataclass_fields__}
        return cls(**{"address": source["url"], "home": source["url"], **known})

    def cursor(self) -> dict[str, Any]:
        return {name: value for name in self.__dataclass_fields__ if (value := getattr(self, name))}


async def fetch(
    ask: Ask, http: Http, *, deadline_s: float = feedparse.DEADLINE_S, timeout_s: float = 30.0
) -> AsyncIterator[Batch]:
    """Yield what the feed holds, or nothing where it has not changed since the cursor. Raises SourceUnavailable."""
    key = (ask.source.id, "")
    before = Standing.of(ask.cursors.get(key), ask.source)
    wanted = _wanted(ask.source)
    if before.asked_for != wanted:  # what was left aside before may belong now
        before = replace(before, etag="", modified="", digest="")
    found = await _ask(before, ask.source["url"], http, deadline_s=deadline_s, timeout_s=timeout_s)
    after = replace(found.standing, asked_for=wanted, read_at=ask.now.timestamp())
    if found.feed is None:
        yield Batch(cursors={key: after.cursor()}, every_s=after.every_s)
        return
    every_s = rhythm_s(found.feed.entries, ask.now)
    after = replace(after, every_s=every_s, flaw=found.feed.flaw or "")
    said = _said(before, after, found.feed)
    backfill = before.asked_for != wanted or ask.now.timestamp() - before.read_at > AWAY_S
    news = list(heard(found.feed, after.home, label=ask.source.label))
    for start in range(BATCH, len(news), BATCH):
        yield Batch(heard=news[start - BATCH : start], backfill=backfill)
    rest = news[(len(news) - 1) // BATCH * BATCH :] if news else []
    yield Batch(heard=rest, cursors={key: after.cursor()}, backfill=backfill, found=said, every_s=every_s)


async def check(source: Source, http: Http) -> str:
    """Read the feed once and say what is in it. Raises SourceUnavailable."""
    found = await _ask(Standing.of(None, source), source["url"], http, deadline_s=feedparse.DEADLINE_S, timeout_s=30.0)
    feed = found.feed or Feed(title="", link="", icon="", entries=())
    words = [f"“{feed.title or source['url']}” with {len(feed.entries)} entries"]
    if dates := [entry.published for entry in feed.entries if entry.published]:
        words.append(f"the newest of {max(dates):%Y-%m-%d %H:%M} UTC")
    if found.standing.home != source["url"]:
        words.append(f"found at {found.standing.home}")
    if feed.flaw:
        words.append(f"{feed.flaw}, read as well as that can be")
    return ", ".join(words)


def rhythm_s(entries: tuple[Entry, ...], now: datetime) -> float:
    """How often a feed is worth asking: four times in its usual gap, between EVERY_S and SELDOM_S."""
    dates = sorted((entry.published for entry in entries if entry.published), reverse=True)[:11]
    if len(dates) < 2:
        return EVERY_S
    gaps = [(newer - older).total_seconds() for newer, older in pairwise(dates)]
    quiet = max(median(gaps), (now - dates[0]).total_seconds() / 2)  # one that has gone quiet is asked less
    return min(max(quiet / 4, EVERY_S), SELDOM_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What an address answered; ``feed`` is None where it has not changed."""

    standing: Standing
    feed: Feed | None


async def _ask(before: Standing, configured: str, http: Http, *, deadline_s: float, timeout_s: float) -> _Found:
    """Ask where the feed stood last; where that no longer answers, begin again at the configured address."""
    try:
        return await _read(before, http, deadline_s=deadline_s, timeout_s=timeout_s)
    except SourceUnavailable as error:
        if before.address == configured or error.retry_after_s is not None:
            raise
    fresh = Standing(address=configured, home=before.home)
    return await _read(fresh, http, deadline_s=deadline_s, timeout_s=timeout_s)


async def _read(asked: Standing, http: Http, *, deadline_s: float, timeout_s: float, from_page: bool = False) -> _Found:
    conditions = {"If-None-Match": asked.etag, "If-Modified-Since": asked.modified}
    answer, moved = await _get(asked.address, http, {n: v for n, v in conditions.items() if v}, timeout_s)
    standing = replace(asked, address=moved)
    if answer.status == 304:
        return _Found(standing=standing, feed=None)
    digest = hashlib.sha256(answer.body).hexdigest()
    standing = replace(standing, etag=answer.headers.get("etag", ""), modified=answer.headers.get("last-modified", ""))
    if digest == standing.digest:
        return _Found(standing=standing, feed=None)
    told = answer.headers.get("content-type", "")
    document = await feedparse.read(answer.body, url=answer.url, content_type=told, deadline_s=deadline_s)
    if isinstance(document, Feed):
        return _Found(standing=replace(standing, digest=digest), feed=document)
    if from_page or not document.feeds:
        raise _no_feed(document)
    failure: SourceUnavailable | None = None
    for address in document.feeds[:CANDIDATES]:
        linked = Standing(address=address, home=address if asked.home == asked.address else asked.home)
        try:
            return await _read(linked, http, deadline_s=deadline_s, timeout_s=timeout_s, from_page=True)
        except SourceUnavailable as error:
            failure = failure or error
    raise failure or _no_feed(document)


async def _get(url: str, http: Http, conditions: Mapping[str, str], timeout_s: float) -> tuple[Response, str]:
    """The answer, and the address to ask from now on: redirects that are for good are followed here, to know them."""
    here = lasting = url
    for _ in range(HOPS + 1):
        answer = await http.get(
            here,
            headers={"Accept": _ACCEPT, **conditions},
            limit_bytes=LIMIT_BYTES,
            timeout_s=timeout_s,
            accept=(200, 304, 301, 308, 410),
        )
        if answer.status == 410:
            raise SourceUnavailable(
                "the feed is gone for good (HTTP 410)", hint="Remove this source, or give the feed's new address."
            )
        if answer.status not in (301, 308):
            return answer, lasting
        there = urljoin(answer.url, answer.headers.get("location", ""))
        if here == lasting and answer.url.rstrip("/") == here.rstrip("/"):  # every step so far was for good
            lasting = there
        here = there
    raise SourceUnavailable("the feed sends us from one address to the next", hint="Check the address.")


def _no_feed(page: Page) -> SourceUnavailable:
    named = f" “{page.title}”" if page.title else ""
    return SourceUnavailable(
        f"the page{named} is no feed and links none",
        hint="Look on the site for an RSS or Atom link and give its address.",
    )


def _wanted(source: Source) -> str:
    """What decides which entries are taken: when it changes, unchanged entries are looked at again."""
    return hashlib.sha256(
        repr((source.keep, sorted(source.hashtags), source.collect_from.isoformat())).encode()
    ).hexdigest()[:16]


def _said(before: Standing, after: Standing, feed: Feed) -> str | None:
    """What people should hear once."""
    if after.home != before.home:
        return f"feed found at {after.home}"
    if feed.flaw and feed.flaw != before.flaw:
        return f"the feed is read, although {feed.flaw}"
    if after.address != before.address:
        return f"the feed has moved to {after.address}"
    return None
