"""Single posts as they are now: to look again at what is shown, and to find what somebody points at."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

from collector import bluesky_appview as xrpc
from collector import bluesky_source as of
from collector import bluesky_views
from collector.http import Http
from collector.jetstream_position import EPOCH, MICROSECOND
from collector.jetstream_wire import POSTS
from collector.refusals import Refused
from timeline.errors import SourceUnavailable
from timeline.network import Source
from timeline.post import AuthorAway, Heard, Removal, Sighting

FRESH = timedelta(minutes=10)  # an AppView that does not know a post so young may only be behind
_PAGE = re.compile(r"/profile/([^/]+)/post/([^/]+)/?", re.IGNORECASE)
_URI = re.compile(r"at://([^/]+)/app\.bsky\.feed\.post/([^/?#]+)/?")
_TID = "234567abcdefghijklmnopqrstuvwxyz"


async def recall(refs: Sequence[str], source: Source, http: Http) -> list[Heard]:
    """These posts as the AppView has them; Removal for one it lacks although it knows who is behind it."""
    heard: list[Heard] = []
    for start in range(0, len(refs), xrpc.ACTORS):
        heard += await _recalled(refs[start : start + xrpc.ACTORS], source, http)
    return heard


async def look_up(url: str, source: Source, http: Http) -> Sighting | Removal | None:
    """The post at an address of the Bluesky app, or by its at:// uri."""
    named = _named(url)
    if named is None:
        return None
    actor, key = named
    if not actor.startswith("did:"):
        try:
            actor = await xrpc.resolve(http, of.appview(source), actor)
        except SourceUnavailable as error:
            if "there is no account" in error.reason:
                raise SourceUnavailable(error.reason, hint="Check the address.") from error
            raise
    uri = f"at://{actor}/{POSTS}/{key}"
    for thing in await _recalled([uri], source, http):
        if isinstance(thing, Sighting | Removal):
            return thing
    raise SourceUnavailable("the AppView does not know this post", hint="It may be a moment old: try again.")


def _named(url: str) -> tuple[str, str] | None:
    """Who and which post; None where this is no address of a Bluesky post."""
    if found := _URI.fullmatch(url.strip()):
        return found[1], found[2]
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    found = _PAGE.fullmatch(parts.path) if parts.hostname in ("bsky.app", "www.bsky.app") else None
    return (unquote(found[1]).removeprefix("@"), unquote(found[2])) if found else None


async def _recalled(refs: Sequence[str], source: Source, http: Http) -> list[Heard]:
    base = of.appview(source)
    params = [("uris", ref) for ref in refs]
    response = await http.get(f"{base}/xrpc/app.bsky.feed.getPosts", params=params)
    views = {str(view.get("uri")): view for view in xrpc.listed(xrpc.answer_of(response, base), "posts")}
    heard = [bluesky_views.read(views[ref], pictures=of.pictures(source)) for ref in refs if ref in views]
    asked_at = _date(response.headers)
    missing = [ref for ref in refs if ref not in views and not _fresh(ref, asked_at)]
    if not missing:
        return heard
    authors = list(dict.fromkeys(_author(ref) for ref in missing))
    told = await xrpc.ask(http, base, "app.bsky.actor.getProfiles", [("actors", did) for did in authors])
    known = {str(profile.get("did")) for profile in xrpc.listed(told, "profiles")}
    if not views and not known and len(authors) > 1:
        raise SourceUnavailable("the AppView knows neither these posts nor who wrote them")  # it has lost its memory
    for did in authors:
        heard += await _fate(did, [ref for ref in missing if _author(ref) == did], did in known, base, http)
    return heard


async def _fate(did: str, refs: Sequence[str], known: bool, base: str, http: Http) -> list[Heard]:
    """What became of posts that are not shown: deleted, or withheld while their author is away."""
    if not known:
        try:
            await xrpc.ask(http, base, "app.bsky.actor.getProfile", [("actor", did)])
        except Refused as error:
            if xrpc.error_of(error) == "AccountDeactivated":
                return [AuthorAway(network="bluesky", uri=did, label="!deactivated")]
            if error.status not in (400, 404):
                raise
    return [Removal(ref=ref) for ref in refs]


def _author(ref: str) -> str:
    return ref.removeprefix("at://").partition("/")[0]


def _fresh(ref: str, now: datetime | None) -> bool:
    """Whether a post was made only just now; its key tells when, in microseconds of base 32."""
    key = ref.rpartition("/")[2]
    if now is None or len(key) != 13 or any(letter not in _TID for letter in key):
        return False
    number = 0
    for letter in key:
        number = number * 32 + _TID.index(letter)
    try:
        return now - (EPOCH + (number >> 10) * MICROSECOND) < FRESH
    except OverflowError:
        return False


def _date(headers: Mapping[str, str]) -> datetime | None:
    """When the AppView answered, by its own clock."""
    try:
        at = parsedate_to_datetime(headers.get("date", ""))
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, IndexError, OverflowError):
        return None
