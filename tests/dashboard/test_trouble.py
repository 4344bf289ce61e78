"""What goes wrong beside a reader stays beside it."""

from sqlalchemy import insert, text, update

from dashboard.fragments import Form, Fragments
from storage import changes, tables
from tests.dashboard.listener import listen
from tests.dashboard.newsroom import NOON

STREAM = "api/v1/events/conf/stream"


class Clumsy:
    """Draws every card but one."""

    def card(self, item, _event):
        if item.post.text == "two":
            raise ValueError("a template went wrong")
        return f"<article>{item.post.text}</article>"

    def broken_card(self, item):
        return f"<article>{item.id} cannot be shown</article>"


async def steps_of(room, store, *said):
    seen = await room.number()
    for words in said:
        await room.says(words)
    return (await store.read(changes.window, room.event.id, after=seen, limit=50)).steps


async def test_a_card_that_cannot_be_drawn_stands_in_for_itself_alone(room, store):
    one, two, three = steps = await steps_of(room, store, "one", "two", "three")
    told = Fragments(Clumsy(), "http://live.example", ()).messages(steps, room.event, Form("page")).decode()

    assert told == (
        f"id: {one.change.seq}\nevent: post\ndata: <article>one</article>\n\n"
        f"id: {two.change.seq}\nevent: post\ndata: <article>{two.item.id} cannot be shown</article>\n\n"
        f"id: {three.change.seq}\nevent: post\ndata: <article>three</article>\n\n"
    )


async def test_words_are_drawn_once_and_forgotten_with_their_post(room, store):
    class Counting(Clumsy):
        drawn = 0

        def card(self, item, _event):
            self.drawn += 1
            return super().card(item, _event)

    cards = Counting()
    fragments = Fragments(cards, "http://live.example", ())
    steps = await steps_of(room, store, "one", "three")
    assert fragments.messages(steps, room.event, Form("page")) == fragments.messages(steps, room.event, Form("page"))
    assert cards.drawn == 2
    fragments.forget(steps[:1])
    fragments.messages(steps, room.event, Form("page"))
    assert cards.drawn == 3


async def test_a_reader_who_read_the_log_too_early_puts_no_words_back(room, store):
    fragments = Fragments(Clumsy(), "http://live.example", ())
    steps = await steps_of(room, store, "one")
    fragments.messages(steps, room.event, Form("page"), fresh=False)

    assert all(not known for known in fragments._known.values())


async def test_a_database_that_fails_for_a_while_costs_a_reader_nothing(server, room, session, store):
    async with listen(session, server / STREAM) as reader:
        await reader.next("event")
        await room.says("before")
        post = await reader.next("post")
        await store.write(lambda writing: writing.execute(text("ALTER TABLE authors RENAME TO lost")))
        await store.write(_note_a_change, room.event.id, int(post.json["id"]))
        await reader.comment()  # still there, while the log cannot be read
        await store.write(lambda writing: writing.execute(text("ALTER TABLE lost RENAME TO authors")))
        last = await room.says("after")
        await reader.until(last)

    assert [message.json["text"] for message in reader.heard] == ["before", "before", "after"]
    assert [message.number for message in reader.heard] == [last - 2, last - 1, last]


def _note_a_change(writing, event_id, item_id):
    """As a commit notes it; the index of words, which needs the table that is away, is left alone."""
    seq = writing.execute(
        update(tables.events).values(seq=tables.events.c.seq + 1).returning(tables.events.c.seq)
    ).scalar_one()
    noted = {"event_id": event_id, "seq": seq, "kind": "item.changed", "subject": item_id, "at": NOON}
    writing.execute(insert(tables.changes), noted)
    writing.execute(update(tables.items).where(tables.items.c.id == item_id).values(seq=seq))
