"""What is asked for instead of listened to: the feeds of followed accounts, and with an app password a search.

Each fills in what was said before a source began; the stream does the rest. An account's feed
is looked at now and then as well; a search is made once, and again over what no host repeats:
it is there for people, not for programs.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from collector import atproto, bluesky_accounts, bluesky_gone, bluesky_session, bluesky_views
from collector import bluesky_appview as xrpc
from collector import bluesky_source as of
from collector.adapter import BACKFILL_POSTS, Ask, Batch
from collector.http import Http
from collector.refusals import Refused
from timeline.errors import SourceUnavailable
from timeline.network import Source
from timeline.post import Cursor, Heard, Sighting
from timeline.text import fold_hashtag

PAGE = 100
OVERLAP = timedelta(minutes=10)  # read again each time: an AppView may show a post later than it was made
BY_TIME = "(by time)"  # in place of a cursor that no host understands: what is older than the oldest seen
View = Mapping[str, Any]
Page = Callable[[str | None, datetime | None], Awaitable[tuple[list[View], str | None]]]


def asks(source: Source) -> bool:
    """Whether there is anything to ask for; hashtags alone are listened to."""
    return bool(source.accounts or source["app_password"] or source["identifier"])


async def fetch(ask: Ask, http: Http) -> AsyncIterator[Batch]:
    """Each followed account, then each hashtag; what one of them lacks does not keep the others waiting."""
    source = ask.source
    failure: SourceUnavailable | None = None
    begun = [_account(ask, account, http) for account in source.accounts]
    if source["app_password"] or source["identifier"]:
        begun += [_search(ask, tag, spelt, http) for tag, spelt in _hashtags(source)]
        begun.append(_search_gap(ask, http))
    for batches in begun:
        try:
            async for batch in batches:
                gone = {removal.ref for removal in bluesky_gone.among(http, batch.heard)}
                kept = [thing for thing in batch.heard if not (isinstance(thing, Sighting) and thing.ref in gone)]
                yield replace(batch, heard=kept)
                if deleted := bluesky_gone.among(http, kept):  # while they were committed
                    yield Batch(heard=deleted)
        except SourceUnavailable as error:
            failure = failure or error
    if failure is not None:
        raise failure


async def _account(ask: Ask, account: str, http: Http) -> AsyncIterator[Batch]:
    """A feed from its top down to what is known, or on a first run to where the event begins."""
    source, place = ask.source, (ask.source.id, account)
    cursor = dict(ask.cursors.get(place) or {})
    known = cursor.get("did")
    if known:
        bluesky_accounts.note(account, source, http, known)
    for anew in (False, True):
        cursor["did"] = did = await bluesky_accounts.find(account, source, http, anew=anew)
        floor = _floor(cursor, source)
        first = "newest" not in cursor
        try:
            async for views, after in _walk(cursor, floor, partial(_author_page, http, source, did)):
                yield Batch(heard=_of_account(views, source, account, did), cursors={place: after}, backfill=first)
            return
        except Refused as error:
            if anew or error.status not in (400, 404) or known != did:
                raise
            cursor = {}  # who had this handle is gone: somebody else may have it now


async def _author_page(
    http: Http, source: Source, did: str, token: str | None, _: datetime | None
) -> tuple[list[View], str | None]:
    params = [("actor", did), ("limit", str(PAGE)), ("filter", "posts_and_author_threads")]
    if token:
        params.append(("cursor", token))
    answer = await xrpc.ask(http, of.appview(source), "app.bsky.feed.getAuthorFeed", params)
    entries = [entry for entry in xrpc.listed(answer, "feed") if not entry.get("reason")]  # no boosts
    views = [entry["post"] for entry in entries if isinstance(entry.get("post"), Mapping)]
    return views, _text(answer.get("cursor"))


def _of_account(views: list[View], source: Source, account: str, did: str) -> list[Heard]:
    """Their own, under the name by which the source knows them."""
    found = []
    for view in views:
        heard = bluesky_views.read(view, pictures=of.pictures(source))
        if isinstance(heard, Sighting):
            author, record = heard.post.author, view.get("record")
            if author.uri != did or not isinstance(record, Mapping) or not atproto.to_everybody(did, record):
                continue
            name = bluesky_accounts.name_of(account)
            if name != did and author.handle != f"@{name}":  # the handle has moved on; the account is the same
                named = replace(author, handle=f"@{name}", known=False)
                heard = replace(heard, post=replace(heard.post, author=named))
        found.append(heard)
    return found


async def _search(ask: Ask, tag: str, spelt: str, http: Http) -> AsyncIterator[Batch]:
    """Once from now down to where the event begins."""
    place = (ask.source.id, f"#{tag}")
    cursor = dict(ask.cursors.get(place) or {})
    if "newest" in cursor:
        return
    floor = ask.source.collect_from
    async for views, after in _walk(cursor, floor, partial(_found_page, http, ask.source, spelt, floor)):
        yield Batch(heard=_tagged(views, ask.source), cursors={place: after}, backfill=True)


async def _search_gap(ask: Ask, http: Http) -> AsyncIterator[Batch]:
    """What no Jetstream host repeats any more, as far as a search finds it."""
    place = (ask.source.id, of.GAP)
    gap = ask.cursors.get(place)
    if not gap:
        return
    since = datetime.fromisoformat(gap["since"])
    for _, spelt in _hashtags(ask.source):
        async for views, _after in _walk({}, since, partial(_found_page, http, ask.source, spelt, since)):
            yield Batch(heard=_tagged(views, ask.source), backfill=True)
    yield Batch(cursors={place: {}}, backfill=True)


async def _found_page(
    http: Http, source: Source, spelt: str, since: datetime, token: str | None, below: datetime | None
) -> tuple[list[View], str | None]:
    tag = spelt.strip().lstrip("#")
    params = [("q", f"#{tag}"), ("tag", tag), ("sort", "latest"), ("limit", str(PAGE)), ("since", _stamp(since))]
    if token and token != BY_TIME:
        params.append(("cursor", token))
    elif below is not None:
        params.append(("until", _stamp(below + timedelta(seconds=1))))  # exclusive, and several may share a moment
    try:
        answer = await bluesky_session.ask(http, source, "app.bsky.feed.searchPosts", params)
    except Refused as error:
        if token and token != BY_TIME and below is not None and error.status in (400, 500, 502):
            return await _found_page(http, source, spelt, since, BY_TIME, below)
        raise _in_words(error, source) from error
    views = xrpc.listed(answer, "posts")
    following = _text(answer.get("cursor"))
    if token != BY_TIME:
        return views, following or (BY_TIME if len(views) == PAGE else None)
    older = below is None or any((at := bluesky_views.moment(view)) and at < below for view in views)
    return views, BY_TIME if older and (following or len(views) == PAGE) else None


def _tagged(views: list[View], source: Source) -> list[Heard]:
    """Search is generous: only what bears one of the hashtags is ours."""
    heard = [bluesky_views.read(view, pictures=of.pictures(source)) for view in views]
    wanted = set(source.hashtags)
    return [
        thing
        for thing in heard
        if not isinstance(thing, Sighting) or wanted & {fold_hashtag(tag) for tag in thing.post.hashtags}
    ]


async def _walk(cursor: Cursor, floor: datetime, page: Page) -> AsyncIterator[tuple[list[View], dict[str, Any]]]:
    """Page after page downwards to ``floor``, each with the cursor that follows it.

    ``newest`` is where the last walk that came to its end began; ``back`` is a walk under way.
    """
    back = dict(cursor.get("back") or {"cursor": None, "left": BACKFILL_POSTS, "top": None, "below": None})
    done = {name: value for name, value in cursor.items() if name != "back"}
    while True:
        views, following = await page(back["cursor"], _moment(back["below"]))
        times = [at for view in views if (at := bluesky_views.moment(view))]
        lowest = min(times, default=None)
        level = following is None or following == back["cursor"] != BY_TIME or back["left"] <= len(views)
        level = level or not views or (lowest is not None and lowest < floor)
        back |= {"cursor": following, "left": back["left"] - len(views)}
        back["top"] = back["top"] or (max(times).isoformat() if times else None)
        back["below"] = lowest.isoformat() if lowest else back["below"]
        if level:
            yield views, {**done, "newest": back["top"] or done.get("newest") or floor.isoformat()}
            return
        yield views, {**done, "back": dict(back)}


def _floor(cursor: Cursor, source: Source) -> datetime:
    newest = _moment(cursor.get("newest"))
    return newest - OVERLAP if newest else source.collect_from


def _hashtags(source: Source) -> list[tuple[str, str]]:
    return list(zip(source.hashtags, source.spellings or source.hashtags, strict=True))


def _moment(stamp: str | None) -> datetime | None:
    return datetime.fromisoformat(stamp) if stamp else None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(thing: Any) -> str | None:
    return thing if isinstance(thing, str) and thing else None


def _in_words(error: Refused, source: Source) -> SourceUnavailable:
    host = urlsplit(bluesky_session.service(source)).hostname
    if error.status in (401, 403):
        return SourceUnavailable(f"{host} lets nobody search", hint="Set service to the server of your account.")
    if xrpc.error_of(error) == "UpstreamFailure":
        return SourceUnavailable(f"{host} cannot reach its search", hint="Nothing to do: it is tried again by itself.")
    return error
