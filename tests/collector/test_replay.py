"""Playing a recording: order, time, resuming, rounds."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.http import Http
from collector.ledger import Key
from collector.networks import replay
from collector.recording import picture_address
from timeline.errors import SourceUnavailable
from timeline.network import Source
from timeline.post import AuthorUpdate, Cursor, Heard, Removal, Sighting, Unreadable

QUAY = Path(__file__).parents[1] / "payloads" / "replay" / "quay.jsonl"
BEATS = 8  # lines of QUAY after its header
HEADER = '{"recording": "Long days", "starts": "2026-05-04T08:00:00Z", "days": 3, "hashtag": "long26"}'
HTTP = Http(contact="comms@example.org", version="0.1", base_url="https://live.example.org")  # never opened
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
UNA = "https://pier.example/users/una/statuses/1"
AT_ONCE = 1e6  # a second of the recording in a microsecond, the finest a date can be


async def test_what_lies_before_the_start_comes_at_once_as_backfill():
    batch = await anext(replay.listen([_source(speed=60)], {}, HTTP, now=NOW))

    assert batch.backfill
    assert [(name, published - NOW) for name, published in _said(batch.heard)] == [
        ("https://news.quay.example/1", timedelta(seconds=-10)),
        (UNA, timedelta(0)),
    ]


async def test_posts_come_at_their_time_shrunk_by_the_speed():
    loop = asyncio.get_running_loop()
    began = loop.time()
    took = {}
    async for batch in replay.listen([_source(speed=300)], {}, HTTP, now=NOW):
        took |= {sighting.ref: loop.time() - began for sighting in batch.heard if isinstance(sighting, Sighting)}
        if "at://did:plc:quay/app.bsky.feed.post/3k1" in took:
            break

    assert 0.2 <= took["at://did:plc:quay/app.bsky.feed.post/3k1"] < 5  # a minute after the start


async def test_dates_are_moved_to_the_first_start_and_late_posts_keep_their_lag():
    heard = await _heard(_source(speed=AT_ONCE), beats=BEATS)

    assert [(type(one), _date(one) and (_date(one) - NOW) // timedelta(microseconds=1)) for one in heard] == [
        (Sighting, -600),
        (Sighting, 0),
        (Sighting, 60),
        (Sighting, 0),
        (AuthorUpdate, None),
        (Sighting, 60),
        (Removal, None),
        (Sighting, 200),  # heard at 7200
    ]


async def test_a_poll_closes_and_an_edit_is_dated_on_the_moved_clock():
    heard = await _heard(_source(speed=1000), beats=4)

    assert heard[2].post.poll.closes_at == NOW + timedelta(seconds=0.66)
    assert heard[3].post.edited_at == NOW + timedelta(seconds=0.09)


@settings(deadline=None, max_examples=40)  # how long one takes is the machine's affair
@given(cuts=st.lists(st.integers(0, 2 * BEATS), max_size=5))
async def test_a_replay_cut_anywhere_goes_on_where_it_stopped(cuts):
    source = _source(speed=AT_ONCE)
    whole = await _heard(source, beats=2 * BEATS + 3)

    cursors, pieced = {}, []
    for upto in [*sorted(cuts), 2 * BEATS + 3]:
        pieced += await _heard(source, beats=upto - len(pieced), cursors=cursors)

    assert _undated(pieced) == _undated(whole)
    assert pieced[:BEATS] == whole[:BEATS]


async def test_what_fell_due_while_nobody_played_comes_at_once_and_keeps_its_date():
    cursors = {}
    await _heard(_source(speed=60), beats=2, cursors=cursors)

    later = NOW + timedelta(seconds=100)
    batch = await anext(replay.listen([_source(speed=60)], cursors, HTTP, now=later))

    assert batch.backfill
    assert [one - NOW for one in map(_date, batch.heard) if one] == [
        timedelta(seconds=1),
        timedelta(0),
        timedelta(seconds=1),
    ]
    assert isinstance(batch.heard[-1], Removal)


async def test_the_next_round_brings_new_posts_by_the_same_authors():
    heard = await _heard(_source(speed=AT_ONCE), beats=2 * BEATS)
    first, second = heard[:BEATS], heard[BEATS:]

    assert [_ref(one) for one in second] == [_ref(one) and f"{_ref(one)}?round=2" for one in first]
    assert second[7].post.url == "https://pier.example/@una/2?lang=en&round=2#top"
    assert second[2].post.in_reply_to == f"{UNA}?round=2"
    assert second[2].post.quotes == "https://elsewhere.example/9"
    assert [one.post.author for one in second if isinstance(one, Sighting)] == [
        one.post.author for one in first if isinstance(one, Sighting)
    ]
    assert min(filter(None, map(_date, second))) > max(filter(None, map(_date, first)))


async def test_a_round_begins_after_the_pause_with_what_lies_before_its_start():
    speed, pause = 100_000, timedelta(seconds=0.3)
    playing = replay.listen([_source(speed=speed)], {}, HTTP, now=NOW, pause=pause)
    heard = []
    async for batch in playing:
        heard += batch.heard
        if len(heard) > BEATS:
            break

    end = timedelta(seconds=7200) / speed
    assert not batch.backfill
    assert _said(heard)[BEATS - 2] == ("https://news.quay.example/1?round=2", NOW + end + pause)


async def test_a_start_long_after_the_end_begins_a_round_now():
    cursors = {}
    await _heard(_source(speed=AT_ONCE), beats=BEATS, cursors=cursors)

    later = NOW + timedelta(days=30)
    batch = await anext(replay.listen([_source(speed=AT_ONCE)], cursors, HTTP, now=later))

    assert batch.backfill
    assert _said(batch.heard)[1] == (f"{UNA}?round=2", later)


async def test_another_recording_under_the_same_name_is_played_from_its_start(tmp_path):
    file = _long(tmp_path, posts=5)
    cursors = {}
    await _heard(_source(file, speed=AT_ONCE), beats=3, cursors=cursors)
    _long(tmp_path, posts=2)

    batch = await anext(replay.listen([_source(file, speed=AT_ONCE)], cursors, HTTP, now=NOW))

    assert _ref(batch.heard[0]) == "https://pier.example/0?round=2"


async def test_a_great_many_posts_come_in_small_batches_that_let_others_work(tmp_path):
    source = _source(_long(tmp_path, posts=450), speed=1e6)
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    cursors = {}
    await _heard(source, beats=1, cursors=cursors)
    busy = asyncio.create_task(other())
    sizes, turns_before = [], []
    async for batch in replay.listen([source], cursors, HTTP, now=NOW + timedelta(seconds=1)):
        sizes.append(len(batch.heard))
        turns_before.append(turns)
        if sum(sizes) == 449:
            break
    busy.cancel()

    assert sizes == [100, 100, 100, 100, 49]
    assert turns_before == sorted(set(turns_before))


async def test_waiting_for_the_next_post_can_be_cancelled():
    playing = replay.listen([_source(speed=0.01)], {}, HTTP, now=NOW)
    await anext(playing)
    waiting = asyncio.ensure_future(anext(playing))
    await asyncio.sleep(0)

    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_broken_line_is_heard_as_unreadable(tmp_path):
    file = _long(tmp_path, posts=2)
    file.write_text(file.read_text().replace('"at": 1,', '"at": "one",'))

    assert [type(one) for one in await _heard(_source(file, speed=AT_ONCE), beats=2)] == [Sighting, Unreadable]
    with pytest.raises(SourceUnavailable, match=r"demo\.jsonl, line 3: Expected `float`, got `str`"):
        await replay.check(_source(file), HTTP)


async def test_checking_says_what_the_recording_holds():
    assert await replay.check(_source(), HTTP) == "a recording of 4 posts over 1 day at speed 60"


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf"), "fast", [60]])
async def test_what_is_no_speed_is_said_so(speed):
    with pytest.raises(SourceUnavailable, match="the speed must be a number"):
        await replay.check(_source(speed=speed), HTTP)


async def test_a_source_without_a_file_is_told_what_to_do():
    with pytest.raises(SourceUnavailable, match="no recording is named"):
        await replay.check(_source(file=None), HTTP)


async def test_pictures_come_from_the_recordings_of_the_present_sources(tmp_path):
    file = _long(tmp_path, posts=1)
    (tmp_path / "quay.webp").write_bytes(b"RIFF")
    address = picture_address(tmp_path, "quay.webp")

    assert await replay.picture(address, [_source(), _source(file)]) == b"RIFF"
    with pytest.raises(SourceUnavailable):
        await replay.picture(address, [_source(), replace(_source(file), kind="feed"), _source(None)])


def test_every_source_is_played_by_itself():
    assert replay.line(_source()) != replay.line(replace(_source(), id=8))


def _source(file: Path | None = QUAY, speed: object = None) -> Source:
    return Source(
        id=7,
        event_id=1,
        kind="replay",
        address=f"{file} {speed}",
        settings={"file": None if file is None else str(file), "speed": speed},
        collect_from=NOW - timedelta(days=14),
        collect_until=NOW + timedelta(days=14),
    )


async def _heard(source: Source, *, beats: int, cursors: dict[Key, Cursor] | None = None) -> list[Heard]:
    """Listen until ``beats`` were heard; ``cursors`` then say how far, as they would after commits."""
    cursors = {} if cursors is None else cursors
    heard: list[Heard] = []
    playing = replay.listen([source], cursors, HTTP, now=NOW, pause=timedelta(0), batch=1)
    while len(heard) < beats:
        one = await anext(playing)
        heard += one.heard
        cursors |= one.cursors
    return heard


def _ref(one: Heard) -> str | None:
    return one.ref if isinstance(one, Sighting | Removal) else None


def _date(one: Heard) -> datetime | None:
    return one.post.published_at if isinstance(one, Sighting) else None


def _said(heard: Sequence[Heard]) -> list[tuple[str, datetime | None]]:
    return [(one.ref, one.post.published_at) for one in heard if isinstance(one, Sighting)]


def _undated(heard: Sequence[Heard]) -> list[Heard]:
    """A later round begins when the one before was over, so its dates are its own."""
    return [
        replace(one, post=replace(one.post, published_at=None, edited_at=None, poll=None))
        if isinstance(one, Sighting)
        else one
        for one in heard
    ]


def _long(folder: Path, *, posts: int) -> Path:
    file = folder / "demo.jsonl"
    author = {"uri": "https://pier.example/una", "name": "Una"}
    said = ({"network": "mastodon", "uri": f"https://pier.example/{n}", "author": author} for n in range(posts))
    file.write_text("\n".join([HEADER, *(json.dumps({"at": n, "post": post}) for n, post in enumerate(said)), ""]))
    return file
