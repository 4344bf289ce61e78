"""What a reader is promised who was away, or whose line was cut."""

import asyncio
import random

import pytest

from dashboard.channel import STEPS
from storage import changes, events
from tests.conftest import DATABASES
from tests.dashboard.listener import listen, numbers, words
from tests.dashboard.newsroom import NOON

STREAM = "api/v1/events/conf/stream"


@pytest.fixture(params=DATABASES)
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


async def test_without_a_position_a_reader_starts_now(server, room, session):
    await room.says("before")
    async with listen(session, server / STREAM) as reader:
        await reader.next("event")
        await room.says("after")

        assert words([await reader.next()]) == ["after"]


async def test_after_0_is_the_start_of_the_log(server, room, session):
    last = await room.says("one")
    async with listen(session, server / f"{STREAM}?after=0") as reader:
        await reader.until(last)

    assert words(reader.heard) == ["one"]


async def test_a_reader_who_was_away_gets_what_it_missed_and_then_what_follows(server, room, session):
    seen = await room.says("seen")
    await room.says("missed")
    async with listen(session, server / f"{STREAM}?after={seen}") as reader:
        await reader.next("post")
        last = await room.says("heard")
        await reader.until(last)

    assert words(reader.heard) == ["missed", "heard"]


async def test_the_header_of_a_browser_that_comes_back_wins_over_its_old_address(server, room, session):
    first = await room.says("one")
    second = await room.says("two")
    last = await room.says("three")
    async with listen(session, server / f"{STREAM}?after={first}", Last_Event_ID=str(second)) as reader:
        await reader.until(last)

    assert words(reader.heard) == ["three"]


@pytest.mark.parametrize("position", ["", "abc", "-1", "1e3", "²", "9" * 30, "99999"])
async def test_a_position_that_cannot_be_ours_is_reset_once_and_the_stream_goes_on(server, room, session, position):
    now = await room.says("before")
    async with listen(session, server / f"{STREAM}?after={position}") as reader:
        reset = await reader.next("reset")
        last = await room.says("after")
        await reader.until(last)

    assert (reset.number, reset.json) == (now, now)
    assert [message.kind for message in reader.heard] == ["reset", "post"]


async def test_a_position_older_than_the_log_is_reset(server, room, session, store):
    old = await room.says("old")
    for count in range(5):
        now = await room.says(f"post {count}")
    await store.write(changes.trim, at=NOON, keep_changes=2)
    async with listen(session, server / f"{STREAM}?after={old}") as reader:
        reset = await reader.next("reset")
        last = await room.says("after")
        await reader.until(last)

    assert (reset.number, words(reader.heard)) == (now, ["after"])


async def test_the_start_of_a_log_that_was_shortened_is_no_reason_for_a_reset(server, room, session, store):
    for count in range(5):
        last = await room.says(f"post {count}")
    await store.write(changes.trim, at=NOON, keep_changes=2)
    async with listen(session, server / f"{STREAM}?after=0") as reader:
        await reader.until(last)

    assert words(reader.heard) == ["post 3", "post 4"]


async def test_readers_of_an_emptied_event_are_told_to_load_again(server, room, session, store):
    await room.says("rehearsal")
    async with listen(session, server / STREAM) as reader:
        await reader.next("event")
        await store.write(events.wipe, "conf", at=NOON)
        reset = await reader.next()

    assert (reset.kind, reset.number) == ("reset", await room.number())


async def test_a_long_absence_is_read_in_pieces_without_a_gap(server, room, session):
    seen = await room.number()
    said = [f"post {count}" for count in range(3 * STEPS + 7)]
    last = await room.hears([room.a_post(one) for one in said])
    async with listen(session, server / f"{STREAM}?after={seen}") as reader:
        await reader.until(last)

    assert words(reader.heard) == said


async def test_a_page_and_the_stream_after_it_miss_nothing_while_people_write(server, room, session):
    writing = asyncio.create_task(keep_saying(room, 60))
    for _ in range(8):
        async with session.get(server / "api/v1/events/conf/posts?limit=200") as answer:
            page = await answer.json()
        async with listen(session, server / f"{STREAM}?after={page['seq']}") as reader:
            if not writing.done():
                await reader.next("post")
            on_page = {post["text"] for post in page["posts"]}
            assert on_page.isdisjoint(words(reader.heard))
            assert numbers(reader.heard)[:1] in ([], [page["seq"] + 1])
    await writing
    async with listen(session, server / f"{STREAM}?after={page['seq']}") as reader:
        await reader.until(await room.number())

    assert {post["text"] for post in page["posts"]} | set(words(reader.heard)) == {f"post {n}" for n in range(60)}


@pytest.mark.parametrize("seed", range(3))
async def test_a_reader_who_is_cut_off_at_random_hears_everything_once_and_in_order(server, room, session, seed):
    dice = random.Random(seed)
    start = await room.number()
    uris = [f"https://chat.example/{seed}/{count}" for count in range(50)]

    async def write():
        for count, uri in enumerate(uris):
            await room.hears([room.a_post(f"post {count}", uri=uri)])
            if dice.random() < 0.2:
                await room.removes(uris[dice.randrange(count + 1)])

    writing = asyncio.create_task(write())
    heard, screen, position = [], {}, start
    while not writing.done() or position < await room.number():
        headers = {"Accept_Encoding": dice.choice(["identity", "gzip"]), "Last_Event_ID": str(position)}
        async with listen(session, server / f"{STREAM}?after={start}", **headers) as reader:
            for _ in range(dice.randrange(1, 12)):
                if writing.done() and reader.position >= await room.number():
                    break
                try:
                    async with asyncio.timeout(0.3):
                        message = await reader.next()
                except TimeoutError:
                    break
                if message.number is None:
                    continue
                heard.append(message)
                position = message.number
                if message.kind == "post":
                    screen[message.json["id"]] = message.json["text"]
                else:
                    screen.pop(message.json["id"], None)
    await writing
    async with session.get(server / "api/v1/events/conf/posts?limit=200") as answer:
        page = await answer.json()

    assert numbers(heard) == sorted(set(numbers(heard)))
    assert screen == {post["id"]: post["text"] for post in page["posts"]}


async def test_a_crowd_that_comes_back_at_once_while_people_write_becomes_level(server, room, session):
    start = await room.hears([room.a_post(f"missed {count}") for count in range(30)]) - 30
    writing = asyncio.create_task(keep_saying(room, 40))

    async def come_back(position):
        async with listen(session, server / f"{STREAM}?after={position}") as reader:
            await asyncio.shield(writing)
            return await reader.until(await room.number())

    crowd = await asyncio.gather(*(come_back(start + count % 30) for count in range(120)))

    for count, heard in enumerate(crowd):
        assert numbers(heard) == list(range(start + count % 30 + 1, await room.number() + 1))


async def keep_saying(room, times):
    for count in range(times):
        await room.says(f"post {count}")
