"""One server that speaks Mastodon's API, and one timeline of it, page by page."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import msgspec

from collector.http import Http
from collector.mastodon_status import read
from collector.refusals import Refused
from timeline.errors import SourceUnavailable
from timeline.network import Source
from timeline.post import Heard, Sighting
from timeline.text import fold_hashtag

PAGE = 40  # what we ask for at once; a server may give less at a time, and that is not the end
LOW = 20  # requests left in the server's window at which we stop paging and go on next time
_GONE = (404, 410)
_NEXT = re.compile(r"""rel=["']?next\b""")


class Answer(NamedTuple):
    """What one request brought. ``low``: the server's limit is near; ``more``: something may lie further back."""

    content: Any
    low: bool
    more: bool


@dataclass(frozen=True, slots=True)
class Server:
    """One server as one poll meets it."""

    base: str
    host: str
    http: Http
    headers: Mapping[str, str]

    @classmethod
    def of(cls, source: Source, http: Http) -> "Server":
        """The server a source names. Raises SourceUnavailable."""
        base = str(source["server"] or "").strip().rstrip("/")
        base = base if "://" in base else f"https://{base}"
        if base.startswith("http://") and not http.allow_private_addresses:
            raise SourceUnavailable(f"{base} is not encrypted", hint="Write https:// in its place.")
        token = source["token"]
        headers = {"Authorization": f"Bearer {token.reveal()}"} if token else {}
        return cls(base, urlsplit(base).hostname or base, http, headers)

    async def get(self, path: str, **params: str) -> Answer:
        """Ask once. Raises SourceUnavailable."""
        try:
            answer = await self.http.get(self.base + path, params=params, headers=self.headers)
        except Refused as error:
            raise self._explained(error) from error
        left = answer.headers.get("x-ratelimit-remaining", "")
        link = answer.headers.get("link")
        try:
            return Answer(
                content=msgspec.json.decode(answer.body),
                low=left.isdigit() and int(left) <= LOW,
                more=link is None or _NEXT.search(link) is not None,
            )
        except msgspec.DecodeError as error:
            raise SourceUnavailable(
                f"{self.host} sent something that is no JSON", hint="Is this the address of a Mastodon server?"
            ) from error

    async def account_id(self, account: str) -> str:
        """What the server calls an account. Raises SourceUnavailable."""
        found = (await self.get("/api/v1/accounts/lookup", acct=account.lstrip("@"))).content
        value = found.get("id") if isinstance(found, dict) else None
        if not isinstance(value, str):
            raise SourceUnavailable("the server's answer lacks 'id'", hint="Is this a Mastodon server?")
        return value

    async def lacks(self, status_id: str) -> bool:
        """Whether the server says that it has no such post (any more); an answer it refuses says nothing."""
        address = f"{self.base}/api/v1/statuses/{quote(status_id, safe='')}"
        try:
            answer = await self.http.get(address, headers=self.headers, accept=(200, *_GONE))
        except SourceUnavailable:
            return False
        return answer.status in _GONE

    async def say_if_closed(self) -> None:
        """A server that shows hashtags to members only answers with an empty list, not with an error (4.5)."""
        try:
            instance = (await self.get("/api/v2/instance")).content
            access = instance["configuration"]["timelines_access"]["hashtag_feeds"]
            closed = not self.headers and all(access[part] != "public" for part in ("local", "remote"))
            disabled = all(access[part] == "disabled" for part in ("local", "remote"))
        except (SourceUnavailable, KeyError, TypeError):
            return  # older, or not quite Mastodon: an empty list is then just an empty list
        if disabled:
            raise SourceUnavailable(f"{self.host} shows no hashtags", hint="Choose another server.")
        if closed:
            raise SourceUnavailable(f"{self.host} shows hashtags to members only", hint="Give this source a token.")

    def _explained(self, error: Refused) -> SourceUnavailable:
        match error.status:
            case 401 | 403 | 422 if self.headers:
                return SourceUnavailable(
                    f"{self.host} does not accept the token", hint="Make a new one with the right to read."
                )
            case 401 | 403 | 422:
                return SourceUnavailable(f"{self.host} shows this to members only", hint="Give this source a token.")
            case 404:
                return SourceUnavailable(
                    f"{self.host} knows no such page or account", hint="Is this a Mastodon server, the name right?"
                )
            case _:
                return error


@dataclass(frozen=True, slots=True)
class Timeline:
    """Posts under one hashtag, or by one account where ``hashtag`` is None."""

    server: Server
    path: str
    hashtag: str | None = None

    async def page(self, **params: str) -> Answer:
        """Statuses, newest first. Raises SourceUnavailable."""
        answer = await self.server.get(self.path, limit=str(PAGE), **params)
        if not isinstance(answer.content, list) or not all(
            isinstance(each, dict) and isinstance(each.get("id"), str) for each in answer.content
        ):
            raise SourceUnavailable(f"{self.server.host} sent no list of posts", hint="Is this a Mastodon server?")
        return answer

    def heard(self, page: Sequence[Mapping[str, Any]]) -> list[Heard]:
        """What a page says, oldest first, so that what was said first is stored first."""
        heard = (read(status, self.server.host) for status in reversed(page))
        return [self._vouched(thing) for thing in heard if thing is not None]

    def _vouched(self, thing: Heard) -> Heard:
        """A server's word that a post is under a hashtag counts, whatever its own list of tags says.

        Servers fold hashtags each in their own way, and some leave the list empty.
        """
        if self.hashtag is None or not isinstance(thing, Sighting):
            return thing
        folded = {fold_hashtag(tag) for tag in thing.post.hashtags}
        if fold_hashtag(self.hashtag) in folded:
            return thing
        return replace(thing, post=replace(thing.post, hashtags=(*thing.post.hashtags, self.hashtag)))
