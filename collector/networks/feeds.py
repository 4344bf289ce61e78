"""News feeds: RSS, RDF, Atom and JSON Feed, or a page that links one. See docs/decisions/0004-feeds.md."""

import asyncio
import hashlib
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from collector import feedcomments, feedgone, feedhead, feedparse, feedposts, hubs
from collector.adapter import Ask, Batch
from collector.feed import Feed, Page
from collector.feedposts import NETWORK
from collector.feedrhythm import EVERY_S, SELDOM_S, fresh_s, newest, rhythm_s
from collector.feedshown import Shown
from collector.feedstanding import Standing
from collector.http import MEGABYTE, Http, Response
from collector.ledger import Hub, Key, Push
from timeline.errors import SourceUnavailable
from timeline.link import same_page, without_key
from timeline.network import Field, NetworkInfo, Source
from timeline.post import Cursor, Heard, Removal, Sighting

AWAY_S = 2 * SELDOM_S  # not read for longer: what it published meanwhile is fetched afterwards, not late
LIMIT_BYTES = 8 * MEGABYTE  # the largest of 200 real feeds has 3
BATCH = 100
HOPS = 5
RECALLED = 5
SHOWN = "(shown)"  # the cursor's key for the entries this feed showed before
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
    hearsay=True,
)


async def fetch(
    ask: Ask, http: Http, *, deadline_s: float = feedparse.DEADLINE_S, timeout_s: float = 30.0
) -> AsyncIterator[Batch]:
    """Yield what the feed holds, or nothing where it has not changed since the cursor. Raises SourceUnavailable."""
    key = (ask.source.id, "")
    before = Standing.of(ask.cursors.get(key), ask.source)
    for push in ask.pushes:
        async for batch in _pushed(push, before, ask, deadline_s):
            yield batch
            ask = replace(ask, cursors={**ask.cursors, **batch.cursors})  # what one push named the next one knows
    if ask.pushes:
        return
    wanted = _wanted(ask.source)
    if before.anew or before.asked_for != wanted:  # what was left aside before may belong now
        before = replace(before, etag="", modified="", digest="", known="", anew=False)
    found = await _ask(before, ask.source["url"], http, deadline_s=deadline_s, timeout_s=timeout_s)
    after = replace(found.standing, asked_for=wanted, read_at=ask.now.timestamp())
    if found.feed is None:
        after = _scored(after, before, (), ask)
        yield Batch(cursors={key: after.cursor()}, every_s=_every_s(after, ask), hub=_hub(after, ask))
        async for batch in _beside(ask.cursors, after, ask, http):
            yield batch
        return
    dates = [entry.published for entry in found.feed.entries]
    posted = newest(before.posted, dates, ask.now)
    every_s = rhythm_s(posted, ask.now, fresh_s=found.fresh_s, wish=found.feed.following)
    after = _scored(replace(after, every_s=every_s, flaw=found.feed.flaw or "", posted=posted), before, dates, ask)
    said = after.told_since(before)
    backfill = before.asked_for != wanted or ask.now.timestamp() - before.read_at > AWAY_S
    news, names, renamed = await _news(found.feed, after.home, ask)
    stands = {**ask.cursors, **names}
    names = {each: cursor for each, cursor in names.items() if cursor != ask.cursors.get(each)}
    for start in range(BATCH, len(news), BATCH):
        yield Batch(heard=news[start - BATCH : start], cursors=names, backfill=backfill)
        names = {}
    yield Batch(
        heard=news[(len(news) - 1) // BATCH * BATCH :] if news else [],
        cursors={key: after.cursor(), **names},
        backfill=backfill,
        found=said or renamed,
        every_s=_every_s(after, ask),
        hub=_hub(after, ask),
    )
    async for batch in _beside(stands, after, ask, http):
        yield batch


async def _beside(cursors: Mapping[Key, Cursor], standing: Standing, ask: Ask, http: Http) -> AsyncIterator[Batch]:
    """What is said under entries, and which of them are gone."""
    discussions, seen = cursors.get((ask.source.id, feedcomments.KEY)), (ask.source.id, SHOWN)
    async for batch in feedcomments.read(
        discussions, ask, http, home=without_key(standing.home), every_s=standing.every_s
    ):
        yield batch
    async for batch in feedgone.read(seen, Shown.of(cursors.get(seen)), ask, http):
        yield batch


async def _news(
    feed: Feed, home: str, ask: Ask, *, whole: bool = True
) -> tuple[list[Heard], Mapping[Key, Cursor], str | None]:
    """What the feed says; the names of its entries, to be kept with the first of them; what people should hear."""
    seen = (ask.source.id, SHOWN)
    shown = Shown.of(ask.cursors.get(seen))
    read = await asyncio.to_thread(  # 2,000 entries take 80 ms
        feedposts.read, feed, without_key(home), label=ask.source.label, shown=shown, now=ask.now, whole=whole
    )
    talked = (ask.source.id, feedcomments.KEY)
    followed = feedcomments.follow(ask.cursors.get(talked), read.discussions, since=ask.source.collect_from.timestamp())
    return list(read.heard), {seen: read.shown.cursor(), talked: followed}, read.said(shown)


async def _pushed(push: Push, standing: Standing, ask: Ask, deadline_s: float) -> AsyncIterator[Batch]:
    """What a hub brought; the next poll reads the feed anew. Nothing where it is no feed."""
    try:
        document = await feedparse.read(
            push.body,
            url=standing.address,
            content_type=push.content_type,
            known=b64decode(standing.known),
            deadline_s=deadline_s,
        )
    except SourceUnavailable:
        document = None
    moved: dict[Key, Cursor] = {}
    if isinstance(document, Feed):
        news, names, _ = await _news(document, standing.home, ask, whole=False)
        for start in range(0, len(news), BATCH):
            yield Batch(heard=news[start : start + BATCH], cursors=names)
            names = {}
        if news and standing.read_at:
            moved = {(ask.source.id, ""): replace(standing, anew=True).cursor()}
    yield Batch(cursors=moved, pushes=[push.id])


def _scored(after: Standing, before: Standing, dates: Iterable[datetime | None], ask: Ask) -> Standing:
    """``after``, and what this poll tells of the hub; one that is given up is so for a day."""
    missed = hubs.missed(before.missed, ask.subscription, dates, read_at=before.read_at, now=ask.now)
    given_up = {url: until for url, until in before.given_up.items() if until > ask.now.timestamp()}
    if ask.subscription is not None and missed >= hubs.MISSED:
        given_up[ask.subscription.hub.url] = ask.now.timestamp() + hubs.GIVEN_UP_S
        missed = 0
    return replace(after, missed=missed, given_up=given_up)


def _every_s(standing: Standing, ask: Ask) -> float:
    agreed = ask.subscription if ask.subscription and ask.subscription.hub == _hub(standing, ask) else None
    return SELDOM_S if hubs.proves_itself(agreed, standing.missed) else standing.every_s


def _hub(standing: Standing, ask: Ask) -> Hub:
    return hubs.wanted(standing.hubs, standing.topic, standing.given_up, ask.now)


async def recall(refs: Sequence[str], source: Source, http: Http) -> list[Heard]:
    """Entries whose page is gone for good (HTTP 410). How an entry reads now the feed itself tells."""
    return list(await feedgone.recall(refs, source["url"], http))


async def look_up(url: str, source: Source, http: Http) -> Sighting | Removal | None:
    """The entry at an address as the feed lists it now; None where it lists none there. Raises SourceUnavailable."""
    fresh = Standing.of(None, source)
    found = await _ask(fresh, source["url"], http, deadline_s=feedparse.DEADLINE_S, timeout_s=30.0)
    if found.feed is None:
        return None
    read = feedposts.read(found.feed, without_key(found.standing.home), label=source.label, now=datetime.now(UTC))
    page = same_page(url)
    listed = [one for one in read.heard if isinstance(one, Sighting)]
    return next((one for one in listed if url == one.ref or (page and page == same_page(one.post.url or ""))), None)


async def check(source: Source, http: Http) -> str:
    """Read the feed once and say what is in it. Raises SourceUnavailable."""
    found = await _ask(Standing.of(None, source), source["url"], http, deadline_s=feedparse.DEADLINE_S, timeout_s=30.0)
    feed = found.feed or Feed(title="", link="", icon="", entries=())
    words = [f"“{feed.title or source['url']}” with {len(feed.entries)} entries"]
    if dates := [entry.published for entry in feed.entries if entry.published]:
        words.append(f"the newest of {max(dates):%Y-%m-%d %H:%M} UTC")
    if found.standing.home != source["url"]:
        words.append(f"found at {found.standing.home}")
    if found.standing.hubs:
        words.append(f"pushed by {urlsplit(found.standing.hubs[0]).hostname} where that can reach this site")
    if feed.flaw:
        words.append(f"{feed.flaw}, read as well as that can be")
    return ", ".join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What an address answered; ``feed`` is None where it has not changed."""

    standing: Standing
    feed: Feed | None
    fresh_s: float = 0.0  # for how long the server calls this fresh


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
    document = await feedparse.read(
        answer.body,
        url=answer.url,
        content_type=answer.headers.get("content-type", ""),
        known=b64decode(standing.known),
        deadline_s=deadline_s,
    )
    if isinstance(document, Feed):
        known = b64encode(document.known).decode()
        told = feedhead.of_header(answer.headers.get("link", ""), answer.url)
        pushed = hubs.named(told, document.following, answer.url)
        standing = replace(standing, digest=digest, known=known, hubs=pushed.hubs, topic=pushed.topic)
        return _Found(standing=standing, feed=document, fresh_s=fresh_s(answer.headers.get("cache-control", "")))
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
