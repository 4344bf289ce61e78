"""Bluesky: Jetstream for what is said, an AppView for who says it, search where an app password is given.

No wire can filter by hashtag, so every post comes in and is matched here, on facets and
``tags``. What a host counts by is good on that host and wire alone; on another, and for
reaching back, the time stands in. Deletions and edits of everybody's posts are passed on:
whose they are is for the ledger to say. An edit of a name reaches us through the profiles,
not through the stream.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from collector import (
    atproto,
    bluesky_accounts,
    bluesky_asking,
    bluesky_back,
    bluesky_line,
    bluesky_recall,
    bluesky_session,
    jetstream,
)
from collector import bluesky_appview as appview
from collector import bluesky_source as of
from collector.adapter import Ask, Batch
from collector.bluesky_source import APPVIEW, BACKFILL_S, HOSTS
from collector.frames import Silent
from collector.http import Http
from collector.jetstream_position import V1, V2
from collector.jetstream_wire import dial
from collector.ledger import Key
from timeline.errors import SourceUnavailable, UnreadablePost
from timeline.network import Field, NetworkInfo, Source
from timeline.post import AuthorUpdate, Cursor, Heard, Removal, Sighting

CHECK_S = 5.0
RECALLED = appview.ACTORS
BY_URI = True  # what posts quote is named as it is recalled

INFO = NetworkInfo(
    key="bluesky",
    label="Bluesky",
    fields=(
        Field(
            name="jetstream",
            label="Jetstream hosts",
            kind="list",
            default=HOSTS[V2],
            schemes=("wss", "ws"),
            help="Several take turns",
        ),
        Field(name="wire", label="Wire", kind="choice", default=V2, choices=(V2, V1)),
        Field(name="appview", label="AppView", kind="url", default=APPVIEW, help="Knows authors' names and pictures"),
        Field(name="backfill", label="Reach back", kind="duration", default=BACKFILL_S, help="When the source is new"),
        Field(name="accounts", label="Accounts", kind="list", help="Followed beside the hashtags: name.bsky.social"),
        Field(name="identifier", label="Identifier", help="Of an account, to search with when the event is new"),
        Field(name="app_password", label="App password", kind="secret", help="Made in its settings, for this alone"),
        Field(name="service", label="Service", kind="url", default=of.SERVICE, help="The account's own server"),
    ),
    address=("jetstream",),
    deletes="firehose",
    default_every_s=60.0,
    beside_s=600.0,
)


def line(source: Source) -> str:
    """One connection serves every event whose source names the same hosts."""
    return f"{' '.join(of.hosts(source))} {of.wire(source)}"


def listen(
    sources: Sequence[Source], cursors: Mapping[Key, Cursor], http: Http, *, now: datetime
) -> AsyncIterator[Batch]:
    """What is said from now on, or from a little while ago. Raises SourceUnavailable."""
    return bluesky_line.listen(sources, cursors, http, now=now)


def reach_back(
    sources: Sequence[Source], cursors: Mapping[Key, Cursor], http: Http, *, live: Mapping[Key, Cursor]
) -> AsyncIterator[Batch]:
    """What was said before, until it meets what is heard live. Raises SourceUnavailable."""
    return bluesky_back.reach_back(sources, cursors, http, live=live)


def asks(source: Source) -> bool:
    """Hashtags are only listened to: there is something to ask for accounts, and with an app password."""
    return bluesky_asking.asks(source)


def fetch(ask: Ask, http: Http) -> AsyncIterator[Batch]:
    """Feeds of accounts, and what was said before the source began. Raises SourceUnavailable."""
    return bluesky_asking.fetch(ask, http)


async def recall(refs: Sequence[str], source: Source, http: Http) -> list[Heard]:
    """These posts as they are now. Raises SourceUnavailable."""
    return await bluesky_recall.recall(refs, source, http)


async def look_up(url: str, source: Source, http: Http) -> Sighting | Removal | None:
    """The post at https://bsky.app/profile/…/post/… or by its at:// uri. Raises SourceUnavailable."""
    return await bluesky_recall.look_up(url, source, http)


async def profiles(uris: Sequence[str], sources: Sequence[Source], http: Http) -> list[AuthorUpdate]:
    """Names, handles, pictures and labels of authors, by DID; who is gone is left out."""
    found: list[AuthorUpdate] = []
    for start in range(0, len(uris), appview.ACTORS):
        actors = [("actors", uri) for uri in uris[start : start + appview.ACTORS]]
        answer = await appview.ask(http, of.appview(sources[0]), "app.bsky.actor.getProfiles", actors)
        for profile in appview.listed(answer, "profiles"):
            try:
                found.append(atproto.to_author(profile))
            except UnreadablePost:
                continue  # asked for again another time
    return found


async def check(source: Source, http: Http, *, wait_s: float = CHECK_S) -> str:
    """Listen for a few seconds to the first host that answers; find the accounts, sign in. Raises SourceUnavailable."""
    said = [await _heard(source, http, wait_s)]
    for account in source.accounts:
        await bluesky_accounts.find(account, source, http)
        said.append(f"{account} is there")
    if source["app_password"] or source["identifier"]:
        await bluesky_session.signed_in(http, source)
        said.append(f"{urlsplit(bluesky_session.service(source)).hostname} lets us search")
    return ", ".join(said)


async def _heard(source: Source, http: Http, wait_s: float) -> str:
    failure: SourceUnavailable | None = None
    for host in of.hosts(source):
        try:
            async with dial(http, host, of.wire(source), None) as stream:
                name = urlsplit(host).hostname
                try:
                    async with asyncio.timeout(wait_s):
                        jetstream.hear(await anext(stream), host, ())
                except (TimeoutError, Silent, StopAsyncIteration):
                    return f"{name} is there, but said nothing for {wait_s:.0f} s"
                return f"{name} speaks"
        except SourceUnavailable as error:
            failure = error
    raise failure or SourceUnavailable("no Jetstream host is named")
