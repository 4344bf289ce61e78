"""A recorded conference played again, at any speed: demonstration, rehearsal, import.

Posts keep their own network; their dates are moved to when the recording was first played
and shrunk by the speed. At its end it begins again after a pause: from the second round on,
a post's address says so (``?round=2``), so that its posts are new ones and the old ones stay.
``collector/recording.py`` has the form of the file.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from collector import recording
from collector.adapter import Batch
from collector.http import Http
from collector.ledger import Key
from collector.recording import Recording
from timeline.errors import SourceUnavailable
from timeline.network import Field, NetworkInfo, Source
from timeline.post import Cursor, Heard, Post, Removal, Sighting

SPEED = 60.0
SLOWEST, FASTEST = 0.01, 1e9
BATCH = 100
PAUSE = timedelta(minutes=5)
NAP_S = 30.0  # the wall clock is asked again this often: a laptop that slept catches up

INFO = NetworkInfo(
    key="replay",
    label="Recording",
    fields=(
        Field(name="file", label="Recording", kind="file", help="Left out: the one that comes with Backchannel"),
        Field(name="speed", label="Speed", kind="number", default=SPEED, help="How many times faster than it was"),
    ),
    address=("file", "speed"),
    deletes="scoped",
    tagged=False,
    trusted=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One time through: when its start was, which time it is, and the beat that comes next."""

    started_at: datetime
    number: int
    position: int


def line(source: Source) -> str:
    """Every source is played by itself: it has a start of its own."""
    return f"replay {source.id}"


async def listen(
    sources: Sequence[Source],
    cursors: Mapping[Key, Cursor],
    http: Http,  # noqa: ARG001 a recording needs no network
    *,
    now: datetime,
    pause: timedelta = PAUSE,
    batch: int = BATCH,
) -> AsyncIterator[Batch]:
    """Yield what is due, without end; what was due before ``now`` comes at once, as backfill."""
    [source] = sources
    speed = _speed(source)
    played = await asyncio.to_thread(recording.read, _file(source))
    current = _resumed(cursors.get((source.id, "")), played, now)
    opened = time.time()
    while True:
        present = now + timedelta(seconds=time.time() - opened)
        if current.position == len(played.beats):
            current = _next(current, played, speed, pause, present)
        due = current.started_at + played.beats[current.position].at / speed
        if due > present:
            await asyncio.sleep(min((due - present).total_seconds(), NAP_S))
            continue
        backfill = due <= now
        upto = _upto(current, played, speed, now if backfill else present, batch)
        heard = [_moved(beat.heard, current, played, speed) for beat in played.beats[current.position : upto]]
        current = replace(current, position=upto)
        yield Batch(heard=heard, cursors={(source.id, ""): _cursor(current, played)}, backfill=backfill)
        await asyncio.sleep(0)  # also when the one who listens never waits


async def check(source: Source, http: Http) -> str:  # noqa: ARG001 as above
    """Read the recording and say what it holds. Raises SourceUnavailable, naming the first broken line."""
    file, speed = _file(source), _speed(source)
    played = await asyncio.to_thread(recording.read, file)
    if played.faults:
        more = f", and {len(played.faults) - 1} more" if len(played.faults) > 1 else ""
        raise SourceUnavailable(f"{file.name}, {played.faults[0]}{more}", hint="All other lines are played.")
    days = f"{played.days} days" if played.days > 1 else "1 day"
    return f"a recording of {len(played.uris)} posts over {days} at speed {speed:g}"


async def picture(address: str, sources: Sequence[Source]) -> bytes:
    """The bytes at a ``replay:`` address of a recording that one of ``sources`` plays. Raises SourceUnavailable."""
    recordings = [Path(source["file"]) for source in sources if source.kind == INFO.key and source["file"]]
    return await asyncio.to_thread(recording.picture, address, recordings)


def _file(source: Source) -> Path:
    if not source["file"]:
        raise SourceUnavailable("no recording is named", hint="Set file to the path of a recording.")
    return Path(source["file"])


def _speed(source: Source) -> float:
    try:
        speed = float(SPEED if source["speed"] is None else source["speed"])
    except (TypeError, ValueError):
        speed = math.nan
    if not SLOWEST <= speed <= FASTEST:
        reason = f"the speed must be a number from {SLOWEST:g} to {FASTEST:g}, not {source['speed']}"
        raise SourceUnavailable(reason, hint="60 plays an hour in a minute.")
    return speed


def _resumed(cursor: Cursor | None, played: Recording, now: datetime) -> Round:
    if cursor is None:
        return Round(started_at=now, number=1, position=0)
    if cursor["recording"] != played.digest:  # the file is another now, its beats are not those we counted
        return Round(started_at=now, number=cursor["round"] + 1, position=0)
    started_at = datetime.fromisoformat(cursor["started_at"])
    return Round(started_at=started_at, number=cursor["round"], position=cursor["position"])


def _cursor(current: Round, played: Recording) -> dict[str, Any]:
    return {
        "started_at": current.started_at.isoformat(),
        "round": current.number,
        "position": current.position,
        "recording": played.digest,
    }


def _next(over: Round, played: Recording, speed: float, pause: timedelta, present: datetime) -> Round:
    """The round after ``over``: after a pause, what lies before its start at its time too.

    Where that moment went by while nobody played, it begins at present as a first round does.
    """
    first, last = played.beats[0].at / speed, played.beats[-1].at / speed
    begins = over.started_at + last + pause
    started_at = begins - first if begins > present else present
    return Round(started_at=started_at, number=over.number + 1, position=0)


def _upto(current: Round, played: Recording, speed: float, until: datetime, batch: int) -> int:
    end = current.position + 1
    last = min(current.position + batch, len(played.beats))
    while end < last and current.started_at + played.beats[end].at / speed <= until:
        end += 1
    return end


def _moved(heard: Heard, current: Round, played: Recording, speed: float) -> Heard:
    match heard:
        case Sighting(post=post):
            moved = _moved_post(post, current, played, speed)
            return Sighting(ref=moved.uri, post=moved)
        case Removal(ref=ref):
            return Removal(ref=_marked(ref, current.number))
    return heard


def _moved_post(post: Post, current: Round, played: Recording, speed: float) -> Post:
    def date(recorded: datetime | None) -> datetime | None:
        return None if recorded is None else current.started_at + (recorded - played.starts) / speed

    def own(uri: str | None) -> str | None:
        return _marked(uri, current.number) if uri in played.uris else uri

    marked = partial(_marked, number=current.number)
    return replace(
        post,
        uri=marked(post.uri),
        url=marked(post.url) if post.url else None,
        published_at=date(post.published_at),
        edited_at=date(post.edited_at),
        in_reply_to=own(post.in_reply_to),
        quotes=own(post.quotes),
        poll=replace(post.poll, closes_at=date(post.poll.closes_at)) if post.poll else None,
    )


def _marked(address: str, number: int) -> str:
    if number == 1:
        return address
    head, hash_sign, fragment = address.partition("#")
    return f"{head}{'&' if '?' in head else '?'}round={number}{hash_sign}{fragment}"
