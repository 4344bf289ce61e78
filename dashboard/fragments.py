"""A step of the log as one message of a stream, written once for everybody who reads that form.

``page`` carries rendered cards, ``json`` the public shape of posts, ``wall`` the cards of a projector
wall, ``highlights`` those of a wall that shows nothing else; ``embed`` is ``page`` without posts
that may not leave us. Only what is shown leaves here, whatever
a step may hold; and only what passes their gate goes to walls.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple, Protocol

import structlog

from dashboard import frames, languages, thrift
from dashboard.api import shape
from dashboard.filters import epoch_ms
from timeline import wall
from timeline.change import Change, Step
from timeline.event import Event
from timeline.item import Item, State


class Form(NamedTuple):
    """What a reader is written: which ``kind`` of message, and in which ``language`` (a tag) its words of ours are."""

    kind: Literal["page", "embed", "json", "wall", "highlights"]
    language: str = "en"

    @property
    def is_wall(self) -> bool:
        return self.kind in ("wall", "highlights")


_REMEMBERED = 500  # cards kept per event and form: what a reader who was away for minutes asks for
_log = structlog.get_logger(__name__)


class Cards(Protocol):
    """What draws a card: the same partial that the page used."""

    def card(self, item: Item, event: Event) -> str: ...

    def wall_card(self, item: Item, event: Event) -> str: ...

    def broken_card(self, item: Item) -> str: ...


class Fragments:
    """The messages of one event, by form. Drops what it remembers of a post that changes or goes."""

    def __init__(self, cards: Cards, base_url: str, dehydrated: Collection[str]) -> None:
        """``dehydrated`` are the networks whose posts go into JSON as identifiers alone."""
        self._cards = cards
        self._base_url = base_url
        self._dehydrated = dehydrated
        self._known: defaultdict[Form, OrderedDict[int, tuple[int, bytes]]] = defaultdict(OrderedDict)

    def messages(self, steps: Iterable[Step], event: Event, form: Form, *, fresh: bool = True) -> bytes:
        """What readers of ``form`` are told of ``steps``: several messages, each with its number, or nothing.

        ``fresh`` says that these steps were read no earlier than the last that was forgotten:
        only then may their words be remembered, or a removal would not be the end of them.
        """
        return b"".join(self._message(step, event, form, fresh) for step in steps)

    def state(self, event: Event, form: Form, *, number: int | None = None) -> bytes:
        """The event's own present state; walls hear in it what they were emptied of."""
        now = datetime.now(UTC)
        if not form.is_wall:
            told = shape.event(event, base_url=self._base_url, now=now)
            return frames.message("event", shape.encode(told).decode(), number=number)
        words = shape.encode(shape.wall(event, base_url=self._base_url, now=now)).decode()
        return self._emptied(event) + frames.message("event", words, number=number)

    def ahead(self, gone: Iterable[int], event: Event) -> bytes:
        """What a wall is told before its turn: posts that are gone, and what it was emptied of.

        Without numbers: the reader stands where it stood, and is told again in order.
        """
        told = b"".join(frames.message("remove", f'{{"id":"{item_id}"}}') for item_id in sorted(gone))
        return told + self._emptied(event)

    def forget(self, steps: Iterable[Step]) -> None:
        """Let go of everything that ``steps`` replace or remove."""
        for step in steps:
            if step.change.subject is None:
                self.forget_all()  # a card may show the event's zone or name
            else:
                for known in self._known.values():
                    known.pop(step.change.subject, None)

    def forget_all(self) -> None:
        for known in self._known.values():
            known.clear()

    def _message(self, step: Step, event: Event, form: Form, fresh: bool) -> bytes:
        change, item = step.change, step.item
        if change.kind == "event.changed":
            return self.state(event, form, number=change.seq)
        shown = item is not None and item.state is State.SHOWN
        if change.kind == "item.removed" and not shown:
            return _removal(change)
        if item is None or not shown or item.seq != change.seq:
            return b""  # never was the public's, or a later step carries it as it is now
        if form.kind == "embed" and item.post.network in self._dehydrated:
            return b""
        if form.is_wall and not self._passes(item, event, form):
            return _removal(change)  # it may have stood there until now
        seq, words = self._known[form].get(item.id, (0, b""))
        if seq != item.seq:
            words = self._post(item, event, form)
            if fresh:
                self._remember(item, words, form)
        return words

    def _emptied(self, event: Event) -> bytes:
        """Told again with every state: it takes nothing away twice."""
        cleared_at = event.walls_cleared_at
        return b"" if cleared_at is None else frames.message("clear", f'{{"before":{epoch_ms(cleared_at)}}}')

    def _passes(self, item: Item, event: Event, form: Form) -> bool:
        return wall.passes(
            item,
            cleared_at=event.walls_cleared_at,
            highlights_only=form.kind == "highlights",
            unaltered=item.post.network in self._dehydrated,
        )

    def _post(self, item: Item, event: Event, form: Form) -> bytes:
        """One post that cannot be told must not stop its neighbours."""
        try:
            if form.kind in ("page", "embed"):
                with languages.speaking(form.language), thrift.drawing(thrifty=False):
                    told = self._cards.card(item, event)
            elif form.is_wall:
                with languages.speaking(form.language):
                    told = self._cards.wall_card(item, event)
            else:
                told = shape.encode(shape.post(item, self._dehydrated)).decode()
        except Exception:
            _log.exception("a post cannot be shown", item=item.id, form=form.kind)
            if form.is_wall:
                return frames.message("remove", f'{{"id":"{item.id}"}}', number=item.seq)
            if form.kind == "json":
                return b""
            with languages.speaking(form.language):
                told = self._cards.broken_card(item)
        return frames.message("post", told, number=item.seq)

    def _remember(self, item: Item, words: bytes, form: Form) -> None:
        known = self._known[form]
        known[item.id] = (item.seq, words)
        if len(known) > _REMEMBERED:
            known.popitem(last=False)


def _removal(change: Change) -> bytes:
    return frames.message("remove", f'{{"id":"{change.subject}"}}', number=change.seq)
