"""What a reader of the live stream is promised."""

import asyncio
import json
import random
import zlib

import pytest

from dashboard import frames
from dashboard.channel import STEPS
from dashboard.keys import HUB, METRICS
from storage import changes, events
from tests.conftest import DATABASES
from tests.dashboard.listener import listen
from tests.dashboard.newsroom import NOON, Newsroom, an_event

STREAM = "api/v1/events/conf/stream"
PAGE_STREAM = "e/conf/stream"


@pytest.fixture(params=DATABASES)
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


def numbers(messages):
    return [message.number for message in messages]


def said(raw):
    return raw.replace(frames.BEAT, b"")


def words(messages):
    return [message.json["text"] for message in messages if message.kind == "post"]


async def test_a_reader_is_greeted_with_the_present_state_and_when_to_come_back(server, room, session):
    async with listen(session, server / STREAM) as reader:
        state = await reader.next()

    assert (state.kind, state.number, state.json["slug"]) == ("event", None, "conf")
    assert 2_000 <= reader.retry_ms <= 5_000
    assert reader.response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert reader.response.headers["Cache-Control"] == "no-store"
    assert reader.response.headers["X-Accel-Buffering"] == "no"
    assert reader.response.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_post_reaches_a_reader_who_is_there(server, room, session):
    async with listen(session, server / STREAM) as reader:
        await reader.next("event")
        number = await room.says("good morning")
        post = await reader.next("post")

    assert (post.number, post.json["seq"], post.json["text"]) == (number, number, "good morning")


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


async def test_several_changes_of_one_post_arrive_as_its_last(server, room, session):
    seen = await room.number()
    uri = "https://chat.example/edited"
    await room.says("frist", uri=uri)
    last = await room.says("first", uri=uri)
    async with listen(session, server / f"{STREAM}?after={seen}") as reader:
        await reader.until(last)

    assert [(message.number, message.json["text"]) for message in reader.heard] == [(last, "first")]


async def test_a_removal_reaches_readers_by_the_id_they_know(server, room, session):
    uri = "https://chat.example/regretted"
    async with listen(session, server / STREAM) as reader:
        await reader.next("event")
        await room.says("regretted", uri=uri)
        post = await reader.next("post")
        number = await room.removes(uri)
        removal = await reader.next()

    assert (removal.kind, removal.number, removal.json) == ("remove", number, {"id": post.json["id"]})


async def test_a_removed_post_is_in_no_frame_that_is_written_later(server, room, session):
    uri = "https://chat.example/regretted"
    seen = await room.number()
    async with listen(session, server / STREAM) as witness:
        await witness.next("event")
        await room.says("regretted words", uri=uri)
        assert (await witness.next("post")).json["text"] == "regretted words"
        last = await room.removes(uri)
        await witness.next("remove")
        async with listen(session, server / f"{STREAM}?after={seen}") as late:
            await late.until(last)

    assert b"regretted words" not in late.raw


async def test_held_posts_never_reach_the_public(server, store, session):
    room = await Newsroom.open(store, an_event("strict", moderation="before"))
    seen = await room.number()
    held = await room.says("not yet")
    window = await store.read(changes.window, room.event.id, after=seen, limit=10, staff=True)
    assert [step.item.post.text for step in window.steps] == ["not yet"]  # it is there to leak

    async with listen(session, server / f"api/v1/events/strict/stream?after={seen}") as reader:
        await reader.next("event")
        await room.says("nor this")
        await store.write(events.archive, "strict", at=NOON)
        await reader.next("event")

    assert reader.position > held
    assert [message.kind for message in reader.heard] == ["event"]


async def test_the_pages_get_cards_where_programs_get_json(server, room, session):
    async with listen(session, server / PAGE_STREAM) as page, listen(session, server / STREAM) as program:
        await page.next("event")
        await program.next("event")
        await room.says("hello")
        card, post = await page.next("post"), await program.next("post")

    assert card.number == post.number
    assert f'id="item-{post.json["id"]}"' in card.data
    assert card.data.startswith("<article")


async def test_two_readers_share_the_bytes_of_one_frame(server, room, session):
    async with listen(session, server / STREAM) as one, listen(session, server / STREAM) as other:
        await one.next("event")
        await other.next("event")
        greeted = len(one.raw), len(other.raw)
        before = server.app[METRICS].frames._value.get()
        await room.says("hello")
        await one.next("post")
        await other.next("post")

    assert said(one.raw[greeted[0] :]) == said(other.raw[greeted[1] :])
    assert server.app[METRICS].frames._value.get() == before + 1


async def test_a_compressed_stream_says_the_same(server, room, session):
    seen = await room.says("one")
    await room.says("two")
    async with (
        listen(session, server / f"{STREAM}?after={seen}", Accept_Encoding="gzip") as small,
        listen(session, server / f"{STREAM}?after={seen}") as plain,
    ):
        await small.next("post")
        last = await room.says("three")
        await small.until(last)
        await plain.until(last)

    assert small.response.headers["Content-Encoding"] == "gzip"
    assert small.heard == plain.heard
    assert words(small.heard) == ["two", "three"]


async def test_changes_that_come_close_together_share_a_frame(server, room, session):
    async with listen(session, server / STREAM) as reader:
        await reader.next("event")
        before = server.app[METRICS].frames._value.get()
        last = await room.hears([room.a_post(f"post {count}") for count in range(20)])
        await reader.until(last)

    assert words(reader.heard) == [f"post {count}" for count in range(20)]
    assert numbers(reader.heard) == sorted(set(numbers(reader.heard)))
    assert server.app[METRICS].frames._value.get() == before + 1


async def test_a_long_absence_is_read_in_pieces_without_a_gap(server, room, session):
    seen = await room.number()
    said = [f"post {count}" for count in range(3 * STEPS + 7)]
    last = await room.hears([room.a_post(one) for one in said])
    async with listen(session, server / f"{STREAM}?after={seen}") as reader:
        await reader.until(last)

    assert words(reader.heard) == said


async def test_a_quiet_stream_is_kept_alive(server, room, session):
    async with listen(session, server / STREAM) as reader:
        await reader.next("event")
        await reader.comment()
        await reader.comment()

    assert reader.heard == []


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


async def test_a_draft_and_a_name_that_nobody_has_are_not_there(server, store, session):
    await Newsroom.open(store, an_event("secret", visibility="draft"))
    answers = []
    for slug in ("secret", "nobody"):
        for address in (f"api/v1/events/{slug}/stream", f"e/{slug}/stream"):
            async with session.get(server / address) as answer:
                answers.append((answer.status, answer.content_type, json.loads(await answer.text())))

    gone = {"status": 404, "title": "Not Found", "detail": "There is no such event."}
    assert answers == [(404, "application/problem+json", gone)] * 4


async def test_asking_for_the_head_of_a_stream_opens_none(server, room, session):
    async with session.head(server / STREAM) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
    assert server.app[HUB]._channels == {}


async def test_an_old_client_gets_a_stream_without_chunks(server, room):
    host, port = server.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /{STREAM} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    assert (await reader.readuntil(b"\n\n")).startswith(b"retry: ")
    await reader.readuntil(b"\n\n")
    number = await room.says("hello")

    assert (await reader.readuntil(b"\n\n")).startswith(f"id: {number}\nevent: post\ndata: {{".encode())
    writer.close()


async def test_streams_end_at_once_when_the_service_stops(server, room, session):
    async with listen(session, server / STREAM) as reader:
        await reader.next("event")
        async with asyncio.timeout(2):
            stopping = asyncio.create_task(server.runner.cleanup())
            assert await reader.ended()
            await stopping


async def test_a_stream_ends_when_its_event_is_made_a_draft_and_nobody_is_told_more(server, room, session, store):
    def hide(writing):
        from sqlalchemy import text

        writing.execute(text("UPDATE events SET visibility = 'draft' WHERE slug = 'conf'"))
        writing.record("event.changed", room.event.id, None, NOON)

    async with listen(session, server / STREAM) as reader:
        await reader.next("event")
        await store.write(hide)

        assert await reader.ended()
        assert reader.heard == []


def test_a_stream_may_be_joined_anywhere_by_one_who_decompresses():
    wire = frames.Wire(gzip=True, chunked=False)
    sent = [wire.encode(f"frame {count}".encode()) for count in range(3)]

    assert zlib.decompressobj(31).decompress(frames.GZIP_HEAD + sent[1] + sent[2]) == b"frame 1frame 2"
