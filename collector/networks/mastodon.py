"""Mastodon and what speaks its API, by asking: https://docs.joinmastodon.org/methods/timelines/#tag (read 2026-11).

One server shows what its people and their contacts said; name several servers as several
sources and the uri makes one post of what comes twice. A reply tells its parent only by a
number of this one server, which names no post elsewhere, so ``in_reply_to`` stays empty.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from collector.adapter import BACKFILL_POSTS, Ask, Batch
from collector.http import Http
from collector.mastodon_server import PAGE, Server, Timeline
from timeline.errors import SourceUnavailable
from timeline.network import Field, NetworkInfo, Source
from timeline.post import Heard, Removal

OVERLAP = timedelta(minutes=1)  # read again at every poll: what federates late gets an id below the newest
SWEEP, SWEEP_EVERY = timedelta(hours=1), timedelta(minutes=10)  # and what federates later still
SWEEP_PAGES = 50
REMEMBERED = 200  # ids of the last sweep kept in the cursor: what is missing from the next may be deleted
RECHECKED = 20  # of those, asked for one by one at most

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
    server = Server.of(ask.source, http)
    for hashtag, timeline in _hashtags(ask.source, server):
        async for batch in _collect(ask, timeline, hashtag, {}):
            yield batch
    for account in ask.source.accounts:
        kept = dict(ask.cursors.get((ask.source.id, account)) or {})
        if "account" not in kept:
            kept["account"] = await server.account_id(account)
        path = f"/api/v1/accounts/{quote(kept['account'], safe='')}/statuses"
        async for batch in _collect(ask, Timeline(server, path), account, {"account": kept["account"]}):
            yield batch


async def _collect(ask: Ask, timeline: Timeline, key: str, fixed: Mapping[str, Any]) -> AsyncIterator[Batch]:
    place = (ask.source.id, key)
    cursor = dict(ask.cursors.get(place) or {})
    steps = (_newer, _swept, _older) if cursor.get("newest") else (_begun, _older)
    for step in steps:
        async for page in step(ask, timeline, cursor):
            cursor = page.cursor
            yield Batch(heard=page.heard, cursors={place: {**fixed, **cursor}}, backfill=page.backfill)
            if page.low:
                return


async def _begun(ask: Ask, timeline: Timeline, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """The newest page, and from where to page back. A place that showed nothing yet is begun again each time."""
    first = not cursor
    page, low, more = await timeline.page()
    if first and not page:
        await timeline.server.say_if_closed()
    cursor = {**(_newest(page) if page else {"newest": ""}), "swept_at": ask.now.isoformat()}
    if page and more:
        cursor["back"] = {"max_id": page[-1]["id"], "left": BACKFILL_POSTS - len(page)}
    yield Page(timeline.heard(page), cursor, low, backfill=first)


async def _newer(ask: Ask, timeline: Timeline, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """Upwards from a minute before the newest, page by page; only an empty one is the end."""
    after = _a_minute_before(cursor["newest"])
    if after is None:
        async for each in _newer_downwards(ask, timeline, cursor):
            yield each
        return
    while True:
        page, low, _ = await timeline.page(min_id=after)
        if not page or page[0]["id"] == after:
            return
        after = page[0]["id"]
        if _order(after) > _order(cursor["newest"]):
            cursor = {**cursor, **_newest(page)}
        yield Page(timeline.heard(page), cursor, low)


async def _newer_downwards(_: Ask, timeline: Timeline, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """From the top down to a minute before the newest, where ids do not tell the time; the cursor moves at the end."""
    known, floor = _order(cursor["newest"]), datetime.fromisoformat(cursor["newest_at"]) - OVERLAP
    top: dict[str, Any] = {}
    below: dict[str, str] = {}
    for _turn in range(SWEEP_PAGES):
        page, low, more = await timeline.page(**below)
        top = top or (_newest(page) if page else {})
        level = not (page and more) or (_order(page[-1]["id"]) <= known and _said_before(page[-1], floor))
        moved = level and top and _order(top["newest"]) > known
        yield Page(timeline.heard(page), {**cursor, **top} if moved else cursor, low)
        if level:
            return
        below = {"max_id": page[-1]["id"]}


async def _swept(ask: Ask, timeline: Timeline, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """Now and then the last hour once more, downwards: this also shows what was edited, and what is gone."""
    if ask.now - datetime.fromisoformat(cursor["swept_at"]) < SWEEP_EVERY:
        return
    before = cursor.get("shown", ())
    cursor = {**cursor, "swept_at": ask.now.isoformat()}
    below: dict[str, str] = {}
    shown: list[str] = []
    for _ in range(SWEEP_PAGES):
        page, low, more = await timeline.page(**below)
        shown += [status["id"] for status in page]
        level = not (page and more) or _said_before(page[-1], ask.now - SWEEP)
        cursor = {**cursor, "shown": shown[:REMEMBERED]} if level else cursor
        yield Page(timeline.heard(page), cursor, low)
        if level:
            break
        below = {"max_id": page[-1]["id"]}
    else:
        return  # not the whole hour: what we did not see may well be there
    floor = _order(shown[-1]) if shown else (0, "")
    missed = [each for each in before if _order(each) > floor and each not in set(shown)]
    gone = [Removal(ref=each) for each in missed[:RECHECKED] if await timeline.server.lacks(each)]
    if gone:
        yield Page(gone, cursor, low=False)


async def _older(ask: Ask, timeline: Timeline, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """Downwards from where a first run has come to, as far as the event collects."""
    while back := cursor.get("back"):
        page, low, more = await timeline.page(max_id=back["max_id"])
        left = back["left"] - len(page)
        cursor = {name: value for name, value in cursor.items() if name != "back"}
        moved = bool(page) and page[-1]["id"] != back["max_id"]
        if moved and more and left > 0 and not _said_before(page[-1], ask.source.collect_from):
            cursor["back"] = {"max_id": page[-1]["id"], "left": left}
        yield Page(timeline.heard(page), cursor, low, backfill=True)


async def check(source: Source, http: Http) -> str:
    """How much each hashtag shows. Raises SourceUnavailable."""
    server = Server.of(source, http)
    said = []
    for hashtag, timeline in _hashtags(source, server):
        page = (await timeline.page()).content
        if not page:
            await server.say_if_closed()
        said.append(f"#{hashtag} {len(page)}{'+' if len(page) == PAGE else ''} {'post' if len(page) == 1 else 'posts'}")
    for account in source.accounts:
        await server.account_id(account)
        said.append(f"{account} is there")
    return f"{server.host}: {', '.join(said)}"


def _hashtags(source: Source, server: Server) -> list[tuple[str, Timeline]]:
    """Each hashtag, folded as it names a cursor, and its timeline, asked for as it is written."""
    written = [spelt.strip().lstrip("#") for spelt in source.spellings or source.hashtags]
    return [
        (hashtag, Timeline(server, f"/api/v1/timelines/tag/{quote(spelt, safe='')}", spelt))
        for hashtag, spelt in zip(source.hashtags, written, strict=True)
    ]


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
