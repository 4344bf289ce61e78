"""Whatever happens, and however it is told: a wall is left with what the gate lets through."""

import asyncio
import json
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from dashboard.filters import epoch_ms
from dashboard.fragments import Form, Fragments
from dashboard.recent import Recent
from storage import changes, events, intake, items, schema, sources, walls
from storage.store import Store
from storage.tables import items as rows
from tests.dashboard.newsroom import ANN, CHAT, NOON, Newsroom, an_event
from timeline import wall
from timeline.post import AuthorUpdate

VERBS = (
    "add", "add", "add unchecked", "highlight", "withdraw", "check", "uncheck", "edit", "warn", "lengthen", "rename",
    "hide", "show", "erase", "clear", "undo",
)  # fmt: skip
FORMS = {"wall": False, "highlights": True}


class Bare:
    """Cards that say no more than what a wall needs of them."""

    def wall_card(self, item, _event):
        since = wall.vouched_since(item)
        return json.dumps({"id": str(item.id), "since": float(epoch_ms(since)), "text": item.post.text})


@dataclass
class Hall:
    """One wall, as its page keeps it."""

    form: Form
    position: int = 0
    cards: dict = field(default_factory=dict)

    def hear(self, words):
        for block in words.decode().split("\n\n"):
            told = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
            data = json.loads(told["data"]) if told else {}
            match told.get("event"):
                case "post":
                    self.cards[data["id"]] = data
                case "remove":
                    self.cards.pop(data["id"], None)
                case "clear":
                    self.cards = {key: card for key, card in self.cards.items() if card["since"] > data["before"]}


class Play:
    """An event in which anything may happen; each step is a commit, at a moment of its own."""

    def __init__(self, store, trusted, untrusted):
        self.store = store
        self.rooms = {"add": trusted, "add unchecked": untrusted}
        self.said = []  # (room, uri)
        self.at = NOON

    async def do(self, verb, which):
        self.at += timedelta(minutes=1)
        if verb in self.rooms:
            room, uri = self.rooms[verb], f"https://chat.example/{len(self.said)}"
            await self.hears(room, room.a_post(f"Words of {uri}", uri=uri))
            self.said.append((room, uri))
        elif verb == "rename":
            await self.hears(self.rooms["add"], AuthorUpdate(author=replace(ANN, name=f"Ann {self.at:%H%M}")))
        elif verb in ("clear", "undo"):
            verb = walls.clear if verb == "clear" else walls.undo_clear
            await self.store.write(verb, self.event_id, at=self.at)
        elif self.said:
            await self.of_one(verb, *self.said[which % len(self.said)], which % len(self.said))

    async def of_one(self, verb, room, uri, number):
        decided = {
            "highlight": ("item.changed", {"highlighted_at": self.at, "phrase": "Words of"}),
            "withdraw": ("item.changed", {"highlighted_at": None}),
            "check": ("item.changed", {"checked": True}),
            "uncheck": ("item.changed", {"checked": False}),
            "hide": ("item.removed", {"state": "hidden", "reason": None}),
            "show": ("item.added", {"state": "shown"}),
        }
        edited = {
            "edit": {"html": f"<p>Changed at {self.at}</p>"}, "warn": {"content_warning": "Spiders"},
            "lengthen": {"html": f"<p>{'Words of many ' * 30}{self.at}</p>"},
        }  # fmt: skip
        if verb in decided:
            await self.decide(number, *decided[verb])
        elif verb in edited:
            await self.hears(room, room.a_post("", uri=uri, **edited[verb], edited_at=self.at))
        else:
            await room.removes(uri)

    async def decide(self, number, kind, values):
        def do(writing):
            alive = [row for row in writing.execute(rows.select().order_by(rows.c.id)) if row.state != "removed"]
            if not alive:
                return
            one = alive[number % len(alive)]
            if one.state != ("hidden" if kind == "item.added" else "shown"):
                return
            writing.execute(update(rows).where(rows.c.id == one.id).values(**values))
            writing.record(kind, self.event_id, one.id, self.at)

        await self.store.write(do)

    @property
    def event_id(self):
        return self.rooms["add"].event.id

    async def hears(self, room, one):
        await self.store.write(intake.accept, [one], source_ids=[room.source.id], networks={"chat": CHAT}, at=self.at)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    file = tmp_path_factory.mktemp("wall") / "template.db"
    schema.upgrade(f"sqlite:///{file}")
    return file


@settings(max_examples=15, deadline=None)
@given(
    said=st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 5)), min_size=1, max_size=30),
    pace=st.integers(1, 9),
)
def test_a_wall_is_left_with_what_the_gate_lets_through(template, said, pace):
    asyncio.run(_played(template, said, pace))


async def _played(template, said, pace):
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        shutil.copy(template, file.name)
        store = await Store.open(f"sqlite:///{file.name}", readers=1)
        try:
            trusted = await Newsroom.open(store, an_event(), trusted=True)
            untrusted = replace(trusted, source=await _another(store, trusted))
            play = Play(store, trusted, untrusted)
            halls = [Hall(Form(kind)) for kind in FORMS]
            late = [Hall(Form(kind)) for kind in FORMS]  # reads what is left of the log at the end, from the last steps
            fragments, recent = Fragments(Bare(), "http://live.example", ()), Recent(0)
            for number, step in enumerate(said, 1):
                await play.do(*step)
                if number % pace == 0 or number == len(said):
                    await _tell(store, play.event_id, fragments, recent, halls)
            event = await store.read(events.by_slug, "conf")
            for hall in late:
                hall.hear(fragments.messages(recent.since(0, 10_000), event, hall.form))
                hall.hear(fragments.state(event, hall.form))
            for hall in (*halls, *late):
                only = FORMS[hall.form.kind]
                found = await store.read(walls.standing, event.id, limit=1_000, highlights_only=only)
                assert {key: card["text"] for key, card in hall.cards.items()} == {
                    str(item.id): item.post.text for item in found.items
                }
                shown = (await store.read(items.page, event.id, limit=1_000)).items
                through = [
                    item for item in shown if wall.passes(item, cleared_at=event.walls_cleared_at, highlights_only=only)
                ]
                assert {item.id for item in through} == {item.id for item in found.items}
        finally:
            await store.close()


async def _another(store, room):
    """A source of the same event for which nobody answers."""
    wanted = replace(room.source, id=0, address="chat of anybody", trusted=False)
    source_id = await store.write(sources.add, room.event.id, wanted, origin="command")
    return replace(wanted, id=source_id)


async def _tell(store, event_id, fragments, recent, halls):
    """As the channel does (dashboard/channel.py)."""
    window = await store.read(changes.window, event_id, after=halls[0].position, limit=1_000)
    event = await store.read(events.by_slug, "conf")
    fragments.forget(window.steps)
    recent.add(window)
    for hall in halls:
        hall.hear(fragments.messages(window.steps, event, hall.form))
        hall.position = window.upto
