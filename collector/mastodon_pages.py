"""Reading a timeline of Mastodon's by asking, so that a poll may end anywhere and the next goes on.

Ids are a server's own, made from the time a post was written: what federates late lies below what
was read already, so every poll reads back a little, and now and then an hour.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from collector.adapter import BACKFILL_POSTS, Ask, Batch
from collector.mastodon_server import Timeline
from timeline.errors import SourceUnavailable
from timeline.network import Gap
from timeline.post import Heard

OVERLAP = timedelta(minutes=1)  # read again at every poll: what federates late gets an id below the newest
SWEEP, SWEEP_EVERY = timedelta(hours=1), timedelta(minutes=10)  # and what federates later still
SWEEP_PAGES = 50
REMEMBERED = 200  # ids of the last sweep kept in the cursor: what is missing from the next may be deleted
RECHECKED = 20  # of those, asked for one by one at most
LINE, STOOD_FOR = "(line)", timedelta(minutes=1)  # when the line last stood up: what was said before is looked at again


class Page(NamedTuple):
    """What one request brought, and where that leaves us; ``low`` as the server's limit is near."""

    heard: Sequence[Heard]
    cursor: dict[str, Any]
    low: bool
    backfill: bool = False
    found: str | None = None
    gap: Gap | None = None


async def collect(ask: Ask, timeline: Timeline, key: str, fixed: Mapping[str, Any]) -> AsyncIterator[Batch]:
    place = (ask.source.id, key)
    cursor = dict(ask.cursors.get(place) or {})
    steps = (_newer, _swept, _older) if cursor.get("newest") else (_begun, _older)
    for step in steps:
        async for page in step(ask, timeline, cursor):
            cursor = page.cursor
            moved = {place: {**fixed, **cursor}}
            gaps = {ask.source.id: page.gap} if page.gap else {}
            yield Batch(heard=page.heard, cursors=moved, backfill=page.backfill, found=page.found, gaps=gaps)
            if page.low:
                return


async def _begun(ask: Ask, timeline: Timeline, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """The newest page, and from where to page back. A place that showed nothing yet is begun again each time."""
    first = not cursor
    page, low, more = await timeline.page()
    limits = await timeline.server.limits() if first else None
    cursor = {**(_newest(page) if page else {"newest": ""}), "swept_at": ask.now.isoformat()}
    if page and more:
        cursor["back"] = {"max_id": page[-1]["id"], "left": BACKFILL_POSTS - len(page)}
    found = f"{timeline.server.host} {limits}" if limits else None
    yield Page(timeline.heard(page), cursor, low, backfill=first, found=found)


async def _newer(ask: Ask, timeline: Timeline, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """Upwards from a minute before the newest, page by page; only an empty one is the end."""
    after = _a_minute_before(cursor["newest"], datetime.fromisoformat(cursor["newest_at"]))
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
    if not _due(ask, datetime.fromisoformat(cursor["swept_at"])):
        return
    before = cursor.get("shown", ())
    cursor = {**cursor, "swept_at": ask.now.isoformat()}
    below: dict[str, str] = {}
    shown: list[str] = []
    for _ in range(SWEEP_PAGES):
        page, low, more = await timeline.page(**below)
        if not (page or below):
            await timeline.server.limits()  # nothing any more under a hashtag that was spoken of: perhaps closed since
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
    changed = [told for each in missed[:RECHECKED] if (told := await timeline.server.now(each)) is not None]
    if changed:  # deleted, or no longer under the hashtag
        yield Page(changed, cursor, low=False)


def _due(ask: Ask, swept_at: datetime) -> bool:
    """Whether to sweep: at its time, and once the line stands again, for edits and deletions it did not tell."""
    stood_at = (ask.cursors.get((ask.source.id, LINE)) or {}).get("stood_at")
    again = stood_at is not None and swept_at < datetime.fromisoformat(stood_at)
    return ask.now - swept_at >= (STOOD_FOR if again else SWEEP_EVERY)


async def _older(ask: Ask, timeline: Timeline, cursor: dict[str, Any]) -> AsyncIterator[Page]:
    """Downwards from where a first run has come to, as far as the event collects."""
    while back := cursor.get("back"):
        page, low, more = await timeline.page(max_id=back["max_id"])
        left = back["left"] - len(page)
        cursor = {name: value for name, value in cursor.items() if name != "back"}
        moved = bool(page) and page[-1]["id"] != back["max_id"]
        further = moved and more and not _said_before(page[-1], ask.source.collect_from)
        if further and left > 0:
            cursor["back"] = {"max_id": page[-1]["id"], "left": left}
        lost = _too_much(ask, page[-1]) if further and left <= 0 else None
        yield Page(timeline.heard(page), cursor, low, backfill=True, gap=lost)


def _too_much(ask: Ask, oldest: Mapping[str, Any]) -> Gap:
    until = datetime.fromisoformat(oldest["created_at"])
    reason = f"a new source reaches back {BACKFILL_POSTS:,} posts at most"
    return Gap(since=ask.source.collect_from, until=until if until.tzinfo else until.replace(tzinfo=UTC), reason=reason)


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


def _a_minute_before(status_id: str, at: datetime) -> str | None:
    """Mastodon's ids are milliseconds with 16 bits after them; None where they are not, or tell another time."""
    if not status_id.isdigit():
        return None
    told_s = (int(status_id) >> 16) / 1000
    if abs(told_s - at.timestamp()) > timedelta(days=1).total_seconds():
        return None  # Pixelfed counts from 2019 with 22 bits after, and others from 1
    return str(int(status_id) - (int(OVERLAP.total_seconds() * 1000) << 16))
