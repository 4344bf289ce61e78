"""What a reader of the live stream is promised."""

import asyncio
import json
import zlib

import pytest

from dashboard import frames
from dashboard.keys import HUB, METRICS
from storage import changes, events
from tests.conftest import DATABASES
from tests.dashboard.listener import listen, numbers, said, words
from tests.dashboard.newsroom import NOON, Newsroom, an_event

STREAM = "api/v1/events/conf/stream"
PAGE_STREAM = "e/conf/stream"


@pytest.fixture(params=DATABASES)
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


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


async def test_a_quiet_stream_is_kept_alive(server, room, session):
    async with listen(session, server / STREAM) as reader:
        await reader.next("event")
        await reader.comment()
        await reader.comment()

    assert reader.heard == []


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

    while (told := await reader.readuntil(b"\n\n")) == frames.BEAT:
        pass
    assert told.startswith(f"id: {number}\nevent: post\ndata: {{".encode())
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
