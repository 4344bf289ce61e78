"""tweepy, through our own door: it writes the requests, and never opens a connection itself.

Imported only where a source of X is collected: tweepy costs a second and 30 MB. Its own stream is not used at all
(docs/decisions/0007-x.md); what it would do with refusals and answers that are no JSON is done here.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from tweepy.asynchronous import AsyncClient, AsyncStreamingClient
from tweepy.streaming import StreamRule
from yarl import URL

from collector.http import Http, Response
from collector.refusals import refused
from collector.x_posts import FIELDS
from collector.x_trouble import HTTP, NOT_ALLOWED, explained
from timeline.errors import SourceUnavailable
from timeline.network import Secret

_ANY = range(100, 600)  # statuses: each is ours to explain, and none sends us elsewhere
_LIMIT = 8 * 1024 * 1024
_DUPLICATE = "DuplicateRule"
_RULES = 100  # in one request


class _Answer:
    """An answer as tweepy wants it."""

    def __init__(self, response: Response) -> None:
        self.status = response.status
        self._response = response

    async def json(self) -> dict[str, Any]:
        try:
            content = msgspec.json.decode(self._response.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            content = None
        if not isinstance(content, dict):
            raise SourceUnavailable(
                "X sent something that is no answer of its API", hint="It is tried again by itself.", pace=HTTP
            )
        return content


class _ThroughOurDoor:
    """What both of tweepy's clients get in place of their own way out."""

    def __init__(self, http: Http, base: str, token: Secret) -> None:
        super().__init__(token.reveal(), return_type=dict)  # type: ignore[call-arg]
        self._http = http
        self._base = base

    async def request(
        self,
        method: str,
        route: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        user_auth: bool = False,  # noqa: ARG002 tweepy's own name for what we never do
    ) -> _Answer:
        url = self._base + route
        headers = {"Authorization": f"Bearer {self.bearer_token}"}  # type: ignore[attr-defined]
        asked = {name: _word(value) for name, value in (params or {}).items()}
        if method == "GET":
            response = await self._http.get(url, params=asked, headers=headers, accept=_ANY, limit_bytes=_LIMIT)
        else:
            url = str(URL(url).extend_query(asked))
            response = await self._http.post(url, json=json, headers=headers, accept=_ANY, limit_bytes=_LIMIT)
        if not 200 <= response.status < 300:
            now = datetime.now(UTC)
            raise explained(refused("X", response.status, response.headers, now=now, body=response.body))
        return _Answer(response)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Posts(_ThroughOurDoor, AsyncClient):  # type: ignore[misc]
    """Search and look-up."""


class _Rules(_ThroughOurDoor, AsyncStreamingClient):  # type: ignore[misc]
    """The rules of the filtered stream, and not the stream."""


class Client:
    """What of X's API is asked in one request each. Every call raises SourceUnavailable."""

    def __init__(self, http: Http, base: str, token: Secret) -> None:
        self._posts = _Posts(http, base, token)
        self._rules = _Rules(http, base, token)

    async def search(self, query: str, *, most: int, **bounds: Any) -> dict[str, Any]:
        """Posts of the last seven days, newest first; ``most`` from 10 to 100."""
        return await self._answer(self._posts.search_recent_tweets(query, max_results=most, **bounds, **_FIELDS))

    async def posts(self, ids: Sequence[str]) -> dict[str, Any]:
        """These posts, 100 at most; what is wrong with those that are missing under ``errors``."""
        return await self._answer(self._posts.get_tweets(list(ids), **_FIELDS))

    async def rules(self) -> list[Mapping[str, Any]]:
        """Every rule this token has."""
        answer = await self._answer(self._rules.get_rules())
        return [rule for rule in answer.get("data") or () if isinstance(rule, Mapping) and rule.get("id")]

    async def add_rules(self, rules: Sequence[tuple[str, str]], *, dry_run: bool = False) -> None:
        """Add rules, or only see whether X would take them; one that is there already is as good."""
        for start in range(0, len(rules), _RULES):
            await self._add_rules(rules[start : start + _RULES], dry_run)

    async def _add_rules(self, rules: Sequence[tuple[str, str]], dry_run: bool) -> None:
        added = [StreamRule(value=value, tag=tag) for value, tag in rules]
        answer = await self._answer(self._rules.add_rules(added, **({"dry_run": True} if dry_run else {})))
        there = {rule.get("value") for rule in answer.get("data") or ()}
        for fault in answer.get("errors") or ():
            if _DUPLICATE not in (fault.get("title"), str(fault.get("type") or "").rpartition("/")[2]):
                said = str(fault.get("details") or fault.get("detail") or fault.get("title") or "no reason")[:300]
                raise SourceUnavailable(f"X does not take a rule of ours: {said}", pace=NOT_ALLOWED)
            there.add(fault.get("value"))
        missing = [rule for rule in rules if rule[0] not in there]
        if missing and len(missing) < len(rules):  # one that was there may have kept the others out
            await self._add_rules(missing, dry_run)

    async def delete_rules(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _RULES):
            await self._answer(self._rules.delete_rules(list(ids[start : start + _RULES])))

    async def _answer(self, asking: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await asking
        return answer


_FIELDS = {name.replace(".", "_"): list(values) for name, values in FIELDS.items()}
