"""Single posts, asked for again: https://docs.joinmastodon.org/methods/statuses/ (read 2026-11)."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from collector.http import Http, Response
from collector.mastodon_server import Server
from collector.mastodon_status import read
from collector.refusals import Refused
from timeline.errors import SourceUnavailable
from timeline.post import Heard, Removal, Sighting

RECALLED = 20  # posts in one request (4.3); Mastodon itself shows 20 by default, Akkoma 100 at most
SINGLY_S = 1.0  # between requests where each post costs one: Mastodon allows 300 in 5 minutes
_GONE = (404, 410)
_NO_BATCHES = (400, 404, 405, 406, 422)
_ON_ITS_PAGE = re.compile(
    r"/(?:@[^/]+(?:/statuses)?|(?:ap/)?users/[^/]+/statuses|web/statuses|notice|p/[^/]+)/(\w+)(?:/activity)?/?"
)
_HOW = {"unlisted": "is unlisted", "private": "is for followers only", "direct": "is for the people it names"}


async def recall(refs: Sequence[str], server: Server) -> list[Heard]:
    """These posts as they are; a Removal for each that the server says it does not have. Raises SourceUnavailable."""
    shown = await _batch(refs, server)
    heard: list[Heard | None] = [read(status, server.host) for status in shown.values()]
    for number, ref in enumerate(ref for ref in refs if ref not in shown):
        if number:
            await asyncio.sleep(SINGLY_S)
        try:
            status = await _single(ref, server)
        except SourceUnavailable as error:
            if heard and _stumbles(error):
                continue  # over this one alone: it must not stand in the way of all the others
            raise
        heard.append(Removal(ref=ref) if status is None else read(status, server.host))
    return [one for one in heard if isinstance(one, Sighting | Removal)]


async def _batch(refs: Sequence[str], server: Server) -> dict[str, Any]:
    """Those of the posts that the server gives together, by their refs; none where it gives only one at a time."""
    try:
        answer = await server.ask("/api/v1/statuses", [("id[]", ref) for ref in refs], accept=(200, *_NO_BATCHES))
    except SourceUnavailable as error:
        if _stumbles(error):
            return {}
        raise
    content = _json(answer)
    if answer.status != 200 or not isinstance(content, list):
        return {}
    return {each["id"]: each for each in content if isinstance(each, dict) and each.get("id") in refs}


def _stumbles(error: SourceUnavailable) -> bool:
    """Whether it may be what was asked for that the server cannot answer, where it answers otherwise."""
    return isinstance(error, Refused) and error.status == 500


async def _single(ref: str, server: Server) -> Any:
    """One status; None where the server says that there is no such one. Raises SourceUnavailable."""
    answer = await server.ask(f"/api/v1/statuses/{quote(ref, safe='')}", accept=(200, *_GONE))
    content = _json(answer)
    if not isinstance(content, dict):  # a proxy's page, say: no word of the server's
        raise SourceUnavailable(f"{server.host} sent something that is no post", hint="Is this a Mastodon server?")
    return content if answer.status == 200 else None


def _json(answer: Response) -> Any:
    try:
        return msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return None


async def gone_at_home(uris: Sequence[str], server: Server) -> set[str]:
    """Which of these posts, that ``server`` no longer has, are gone where they were written.

    A server clears up what came from others after some time, and blocks other servers: that is
    no deletion. Of its own people's posts its word is enough; for others their server is asked.
    """
    gone = set()
    for number, uri in enumerate(uris):
        if urlsplit(uri).hostname == server.host:
            gone.add(uri)
            continue
        if number:
            await asyncio.sleep(SINGLY_S)
        if await _lost(uri, server.http):
            gone.add(uri)
    return gone


async def _lost(uri: str, http: Http) -> bool:
    """Whether a post is no longer to be had at its own address; what cannot be found out is no."""
    for accept in ("application/activity+json", "text/html"):
        try:
            answer = await http.get(uri, headers={"Accept": accept}, accept=(200, 401, 403, *_GONE), timeout_s=15.0)
        except SourceUnavailable:
            return False
        match answer.status:
            case 410:
                return True
            case 404:
                return await _answers(uri, http)
            case 200:
                content = _json(answer)
                return isinstance(content, dict) and content.get("type") == "Tombstone"
    return False  # two refusals: it shows posts to other servers only


async def _answers(uri: str, http: Http) -> bool:
    """Whether there still is a server that speaks ActivityPub at that host, not an empty house."""
    parts = urlsplit(uri)
    try:
        answer = await http.get(f"{parts.scheme}://{parts.netloc}/.well-known/nodeinfo", timeout_s=15.0)
    except SourceUnavailable:
        return False
    return isinstance(_json(answer), dict)


async def look_up(url: str, server: Server) -> Sighting | Removal | None:
    """The post at a web address: by its number where it is the server's own, else searched for where it may be."""
    parts = urlsplit(url.strip())
    here = _ON_ITS_PAGE.fullmatch(parts.path) if parts.hostname == server.host else None
    if here is not None:
        status = await _single(here[1], server)
        return Removal(ref=here[1]) if status is None else _public(status, server.host)
    if not server.headers:
        return None  # searching by address is for members
    try:
        found = await server.ask("/api/v2/search", [("q", url.strip()), ("type", "statuses"), ("resolve", "false")])
    except SourceUnavailable as error:
        if isinstance(error.__cause__, Refused) and error.__cause__.status in (401, 403, 404, 422):
            return None  # a token without the right to search
        raise
    content = _json(found)
    statuses = content.get("statuses") if isinstance(content, Mapping) else None
    return _public(statuses[0], server.host) if statuses else None


def _public(status: Any, host: str) -> Sighting:
    """A status that anybody may see. Raises SourceUnavailable with the reason where it is not one of those we take."""
    heard = read(status, host)
    if isinstance(heard, Sighting):
        return heard
    if heard is not None:
        raise SourceUnavailable(f"{host} shows this post in a way that cannot be read")
    how = (
        "is a boost" if status.get("reblog") else _HOW.get(str(status.get("visibility")), "is held back by its server")
    )
    raise SourceUnavailable(
        f"this post {how}", hint="Only public posts are taken, from people the server does not limit."
    )
