"""One server that speaks Mastodon's API, and one timeline of it, page by page."""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import msgspec

from collector.addresses import Params
from collector.http import Http, Response
from collector.mastodon_instance import Instance, read_instance
from collector.mastodon_status import read, vouched
from collector.refusals import Refused
from timeline.errors import SourceUnavailable
from timeline.network import Source
from timeline.post import Heard, Removal

PAGE = 40  # what we ask for at once; a server may give less at a time, and that is not the end
LOW = 20  # requests left in the server's window at which we stop paging and go on next time
_GONE = (404, 410)
_NEXT = re.compile(r"""rel=["']?next\b""")


class Answer(NamedTuple):
    """What one request brought. ``low``: the server's limit is near; ``more``: something may lie further back."""

    content: Any
    low: bool
    more: bool


def address(source: Source) -> str:
    """Where the server is that a source names."""
    base = str(source["server"] or "").strip().rstrip("/")
    return base if "://" in base else f"https://{base}"


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
        base = address(source)
        if base.startswith("http://") and not http.allow_private_addresses:
            raise SourceUnavailable(f"{base} is not encrypted", hint="Write https:// in its place.")
        token = source["token"]
        headers = {"Authorization": f"Bearer {token.reveal()}"} if token else {}
        return cls(base, urlsplit(base).hostname or base, http, headers)

    async def ask(self, path: str, params: Params = (), *, accept: Collection[int] = (200,)) -> Response:
        """Ask once; a token that is no longer good does not keep what everybody may see from us.

        Its stream says that it is not good. Raises SourceUnavailable.
        """
        try:
            return await self.http.get(self.base + path, params=params, headers=self.headers, accept=accept)
        except Refused as error:
            if error.status == 401 and self.headers:
                with suppress(Refused):
                    return await self.http.get(self.base + path, params=params, accept=accept)
            raise self.explained(error) from error

    async def get(self, path: str, **params: str) -> Answer:
        """Ask once. Raises SourceUnavailable."""
        answer = await self.ask(path, params)
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
        """What the server calls an account, looked up, or searched for where it knows no other way.

        Raises SourceUnavailable.
        """
        name = account.strip().lstrip("@")
        try:
            found = (await self.get("/api/v1/accounts/lookup", acct=name)).content
        except SourceUnavailable as error:
            found = await self._searched(name)
            if found is None:
                cause = error.__cause__
                if isinstance(cause, Refused) and cause.status == 404:
                    raise SourceUnavailable(
                        f"{self.host} knows no account @{name}", hint="Is it written right, as @name@server?"
                    ) from cause
                raise error from cause
        value = found.get("id") if isinstance(found, dict) else None
        if not isinstance(value, str):
            raise SourceUnavailable("the server's answer lacks 'id'", hint="Is this a Mastodon server?")
        return value

    async def _searched(self, name: str) -> dict[str, Any] | None:
        try:
            found = (await self.get("/api/v1/accounts/search", q=name, limit="10")).content
        except SourceUnavailable:
            return None
        wanted = {name.casefold(), name.casefold().removesuffix(f"@{self.host}")}
        return next((each for each in found if str(each["acct"]).casefold() in wanted), None)

    async def now(self, status_id: str) -> Heard | None:
        """A post as it is, or that the server has no such one (any more); an answer it refuses says nothing."""
        try:
            answer = await self.ask(f"/api/v1/statuses/{quote(status_id, safe='')}", accept=(200, *_GONE))
            if answer.status in _GONE:
                return Removal(ref=status_id)
            return read(msgspec.json.decode(answer.body), self.host)
        except (SourceUnavailable, msgspec.DecodeError):
            return None

    async def instance(self) -> Instance:
        """What the server says of itself, in either version of the answer. Raises SourceUnavailable."""
        try:
            content = (await self.get("/api/v2/instance")).content
        except SourceUnavailable as error:
            cause = error.__cause__
            if not isinstance(cause, msgspec.DecodeError) and not (isinstance(cause, Refused) and cause.status == 404):
                raise
            content = (await self.get("/api/v1/instance")).content
        return read_instance(content, self.host)

    async def limits(self) -> str | None:
        """What a server that shows hashtags keeps from us, in words; what it does not tell is nothing.

        One that shows them to members only may answer with an empty list, not with an error
        (4.5). Raises SourceUnavailable where it will show nothing.
        """
        try:
            instance = await self.instance()
        except SourceUnavailable:
            return None
        instance.require_open(signed_in=bool(self.headers))
        return instance.limits(signed_in=bool(self.headers))

    def explained(self, error: Refused) -> SourceUnavailable:
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
        if self.hashtag is None:
            params["exclude_reblogs"] = "true"  # passed over anyway, and some accounts do little else
        answer = await self.server.get(self.path, limit=str(PAGE), **params)
        if not isinstance(answer.content, list) or not all(
            isinstance(each, dict) and isinstance(each.get("id"), str) for each in answer.content
        ):
            raise SourceUnavailable(f"{self.server.host} sent no list of posts", hint="Is this a Mastodon server?")
        return answer

    def heard(self, page: Sequence[Mapping[str, Any]]) -> list[Heard]:
        """What a page says, oldest first, so that what was said first is stored first."""
        heard = (read(status, self.server.host) for status in reversed(page))
        return [thing if self.hashtag is None else vouched(thing, self.hashtag) for thing in heard if thing is not None]
