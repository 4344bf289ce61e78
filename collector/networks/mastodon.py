"""Mastodon and what speaks its API, by asking: https://docs.joinmastodon.org/methods/timelines/#tag (read 2026-11).

One server shows what its people and their contacts said; name several servers as several
sources and the uri makes one post of what comes twice. A reply tells its parent only by a
number of this one server, which names no post elsewhere, so ``in_reply_to`` stays empty.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import msgspec

from collector.adapter import BACKFILL_POSTS, Ask, Batch
from collector.http import Http
from collector.mastodon_status import read
from collector.refusals import Refused
from timeline.errors import SourceUnavailable
from timeline.network import Field, NetworkInfo, Source
from timeline.post import Heard

PAGE = 40  # the most a server gives at once
OVERLAP = timedelta(minutes=1)  # read again at every poll: what federates late gets an id below the newest
SWEEP, SWEEP_EVERY = timedelta(hours=1), timedelta(minutes=10)  # and what federates later still
SWEEP_PAGES = 50
LOW = 20  # requests left in the server's window at which we stop paging and go on next time

INFO = NetworkInfo(
    key="mastodon",
    label="Mastodon",
    fields=(
        Field(name="server", label="Server", kind="url", required=True, help="https://mastodon.social"),
        Field(name="token", label="Access token", kind="secret", help="Only where the server asks for one"),
        Field(name="accounts", label="Accounts", kind="list", help="Followed beside the hashtags: @name@server"),
    ),
    address=("server",),
    deletes="none",
)


@dataclass(frozen=True, slots=True)
class Server:
    """One server as one poll meets it; ``low`` once it has few requests left for us."""

    base: str
    host: str
    http: Http
    headers: Mapping[str, str]

    async def get(self, path: str, **params: str) -> tuple[Any, bool]:
        """The answer, and whether the server's limit is near. Raises SourceUnavailable."""
        try:
            answer = await self.http.get(self.base + path, params=params, headers=self.headers)
        except Refused as error:
            raise self._explained(error) from error
        left = answer.headers.get("x-ratelimit-remaining", "")
        try:
            return msgspec.json.decode(answer.body), left.isdigit() and int(left) <= LOW
        except msgspec.DecodeError as error:
            raise SourceUnavailable(
                f"{self.host} sent something that is no JSON", hint="Is this the address of a Mastodon server?"
            ) from error

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


class Page(NamedTuple):
    """What one request brought, and where that leaves us; ``low`` as the server's limit is near."""

    heard: Sequence[Heard]
    cursor: dict[str, Any]
    low: bool
    backfill: bool = False


async def fetch(ask: Ask, http: Http) -> AsyncIterator[Batch]:
    """Each hashtag, then each account: what is new, what came late, what lies further back.

    Every page is a batch with the cursor that follows it, so a poll may end anywhere.
    """
    server = _server(ask.source, http)
    for hashtag, path in _hashtags(ask.source):
        async for batch in _collect(ask, server, hashtag, path, {}):
            yield batch
    for account in ask.source.accounts:
        kept = dict(ask.cursors.get((ask.source.id, account)) or {})
        if "account" not in kept:
            found, _ = await server.get("/api/v1/accounts/lookup", acct=account.lstrip("@"))
            kept["account"] = _text(found, "id")
        path = f"/api/v1/accounts/{quote(kept['account'], safe='')}/statuses"
        async for batch in _collect(ask, server, account, path, {"account": kept["account"]}):
            yield batch


async def _collect(ask: Ask, server: Server, key: str, path: str, fixed: Mapping[str, Any]) -> AsyncIterator[Batch]:
    place = (ask.source.id, key)
    cursor = dict(ask.cursors.get(place) or {})
    steps = (_newer, _swept, _older) if cursor.get("newest") else (_begun, _older)
    for step in steps:
        async for page in step(ask, server, path, cursor):
            cursor = page.cursor
            yield Batch(heard=page.heard, cursors={place: {**fixed, **cursor}}, backfill=page.backfill)
            if page.low:
                return


async def _begun(ask: Ask, server: Server, path: str, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """The newest page, and from where to page back. A place that showed nothing yet is begun again each time."""
    first = not cursor
    page, low = await _page(server, path)
    if first and not page:
        await _say_if_closed(server)
    cursor = {**(_newest(page) if page else {"newest": ""}), "swept_at": ask.now.isoformat()}
    if len(page) == PAGE:
        cursor["back"] = {"max_id": page[-1]["id"], "left": BACKFILL_POSTS - PAGE}
    yield Page(_heard(page, server), cursor, low, backfill=first)


async def _newer(ask: Ask, server: Server, path: str, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """Upwards from a minute before the newest, page by page."""
    after = _a_minute_before(cursor["newest"])
    if after is None:
        async for each in _newer_downwards(ask, server, path, cursor):
            yield each
        return
    while True:
        page, low = await _page(server, path, min_id=after)
        if not page or page[0]["id"] == after:
            return
        after = page[0]["id"]
        if _order(after) > _order(cursor["newest"]):
            cursor = {**cursor, **_newest(page)}
        yield Page(_heard(page, server), cursor, low)
        if len(page) < PAGE:
            return


async def _newer_downwards(_: Ask, server: Server, path: str, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """From the top down to a minute before the newest, where ids do not tell the time; the cursor moves at the end."""
    known, floor = _order(cursor["newest"]), datetime.fromisoformat(cursor["newest_at"]) - OVERLAP
    top: dict[str, Any] = {}
    below: dict[str, str] = {}
    for _turn in range(SWEEP_PAGES):
        page, low = await _page(server, path, **below)
        top = top or (_newest(page) if page else {})
        level = len(page) < PAGE or (_order(page[-1]["id"]) <= known and _said_before(page[-1], floor))
        moved = level and top and _order(top["newest"]) > known
        yield Page(_heard(page, server), {**cursor, **top} if moved else cursor, low)
        if level:
            return
        below = {"max_id": page[-1]["id"]}


async def _swept(ask: Ask, server: Server, path: str, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """Now and then the last hour once more, downwards: this also shows what was edited."""
    if ask.now - datetime.fromisoformat(cursor["swept_at"]) < SWEEP_EVERY:
        return
    cursor = {**cursor, "swept_at": ask.now.isoformat()}
    below: dict[str, str] = {}
    for _ in range(SWEEP_PAGES):
        page, low = await _page(server, path, **below)
        yield Page(_heard(page, server), cursor, low)
        if not page or _said_before(page[-1], ask.now - SWEEP):
            return
        below = {"max_id": page[-1]["id"]}


async def _older(ask: Ask, server: Server, path: str, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """Downwards from where a first run has come to, as far as the event collects."""
    while back := cursor.get("back"):
        page, low = await _page(server, path, max_id=back["max_id"])
        left = back["left"] - len(page)
        cursor = {name: value for name, value in cursor.items() if name != "back"}
        if page and left > 0 and not _said_before(page[-1], ask.source.collect_from):
            cursor["back"] = {"max_id": page[-1]["id"], "left": left}
        yield Page(_heard(page, server), cursor, low, backfill=True)


async def check(source: Source, http: Http) -> str:
    """How much each hashtag shows. Raises SourceUnavailable."""
    server = _server(source, http)
    if not source.hashtags and not source.accounts:
        raise SourceUnavailable("there is nothing to ask for", hint="Give the event a hashtag, or the source accounts.")
    said = []
    for hashtag, path in _hashtags(source):
        page, _ = await _page(server, path)
        if not page:
            await _say_if_closed(server)
        said.append(f"#{hashtag} {len(page)}{'+' if len(page) == PAGE else ''} {'post' if len(page) == 1 else 'posts'}")
    for account in source.accounts:
        await server.get("/api/v1/accounts/lookup", acct=account.lstrip("@"))
        said.append(f"{account} is there")
    return f"{server.host}: {', '.join(said)}"


async def _say_if_closed(server: Server) -> None:
    """A server that shows hashtags to members only answers with an empty list, not with an error (4.5)."""
    try:
        instance, _ = await server.get("/api/v2/instance")
        access = instance["configuration"]["timelines_access"]["hashtag_feeds"]
        closed = not server.headers and all(access[part] != "public" for part in ("local", "remote"))
        disabled = all(access[part] == "disabled" for part in ("local", "remote"))
    except (SourceUnavailable, KeyError, TypeError):
        return  # older, or not quite Mastodon: an empty list is then just an empty list
    if disabled:
        raise SourceUnavailable(f"{server.host} shows no hashtags", hint="Choose another server.")
    if closed:
        raise SourceUnavailable(f"{server.host} shows hashtags to members only", hint="Give this source a token.")


def _server(source: Source, http: Http) -> Server:
    base = str(source["server"] or "").strip().rstrip("/")
    base = base if "://" in base else f"https://{base}"
    if base.startswith("http://") and not http.allow_private_addresses:
        raise SourceUnavailable(f"{base} is not encrypted", hint="Write https:// in its place.")
    token = source["token"]
    headers = {"Authorization": f"Bearer {token.reveal()}"} if token else {}
    return Server(base, urlsplit(base).hostname or base, http, headers)


def _hashtags(source: Source) -> list[tuple[str, str]]:
    """Each hashtag, folded as it names a cursor, and the path that asks for it as it is written."""
    asked = source.spellings or source.hashtags
    return [
        (hashtag, f"/api/v1/timelines/tag/{quote(spelt.strip().lstrip('#'), safe='')}")
        for hashtag, spelt in zip(source.hashtags, asked, strict=True)
    ]


async def _page(server: Server, path: str, **params: str) -> tuple[list[dict[str, Any]], bool]:
    """Statuses, newest first, and whether the server's limit is near."""
    page, low = await server.get(path, limit=str(PAGE), **params)
    if not isinstance(page, list) or not all(
        isinstance(each, dict) and isinstance(each.get("id"), str) for each in page
    ):
        raise SourceUnavailable(f"{server.host} sent no list of posts", hint="Is this a Mastodon server?")
    return page, low


def _heard(page: Sequence[Mapping[str, Any]], server: Server) -> Sequence[Heard]:
    """Oldest first, so that what was said first is stored first."""
    return [thing for status in reversed(page) if (thing := read(status, server.host)) is not None]


def _said_before(status: Mapping[str, Any], moment: datetime) -> bool:
    try:
        return datetime.fromisoformat(status["created_at"]) < moment
    except (KeyError, TypeError, ValueError):
        return True  # no telling: better to stop than to page for ever


def _newest(page: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Where the top of a page leaves the cursor."""
    try:
        at = datetime.fromisoformat(page[0]["created_at"])
    except (KeyError, TypeError, ValueError) as error:
        raise SourceUnavailable("the server sent a post without a date", hint="Is this a Mastodon server?") from error
    return {"newest": page[0]["id"], "newest_at": (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()}


def _order(status_id: str) -> tuple[int, str]:
    return len(status_id), status_id


def _a_minute_before(status_id: str) -> str | None:
    """Mastodon's ids are milliseconds with 16 bits after them; None where they are not."""
    if not status_id.isdigit() or int(status_id) < 1 << 56:
        return None
    return str(int(status_id) - (int(OVERLAP.total_seconds() * 1000) << 16))


def _text(found: Any, name: str) -> str:
    value = found.get(name) if isinstance(found, dict) else None
    if not isinstance(value, str):
        raise SourceUnavailable(f"the server's answer lacks {name!r}", hint="Is this a Mastodon server?")
    return value
