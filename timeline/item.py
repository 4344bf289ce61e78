"""A post in one event: where it stands, and what the desk decided about it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from timeline.errors import BadCursor
from timeline.post import Post

if TYPE_CHECKING:
    from timeline.quotation import Quotation
    from timeline.thread import Answered

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class State(StrEnum):
    """Where an item stands. ``removed`` keeps the id alone: its words are gone for good."""

    SHOWN = "shown"
    HELD = "held"
    HIDDEN = "hidden"
    STASHED = "stashed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A position in a timeline: newest first by ``published_at``, then ``id``."""

    published_at: datetime
    id: int

    def encode(self) -> str:
        """The position as an opaque word for addresses."""
        micros = (self.published_at - _EPOCH) // timedelta(microseconds=1)
        return base64.urlsafe_b64encode(f"{micros}.{self.id}".encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, word: str) -> Place:
        """Read back what ``encode`` wrote. Raises BadCursor for anything else."""
        try:
            padded = word + "=" * (-len(word) % 4)
            micros, item_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").split(".")
            place = cls(published_at=_EPOCH + timedelta(microseconds=int(micros)), id=int(item_id))
        except (ValueError, OverflowError, binascii.Error) as error:
            raise BadCursor(f"{word!r} is not a position we handed out") from error
        if not 0 <= place.id < 2**63:
            raise BadCursor(f"{word!r} is not a position we handed out")
        return place


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A post in one event; its id is the public id. ``seq`` numbers its last change."""

    id: int
    event_id: int
    seq: int
    post: Post
    state: State
    reason: str | None = None  # why it is not shown
    checked: bool = False  # a person approved it, or its author or source is trusted
    first_seen_at: datetime
    published_at: datetime
    late: bool = False
    shown_at: datetime | None = None  # first in sight
    altered_at: datetime | None = None  # what it shows became different, and nobody answers for that
    highlighted_at: datetime | None = None
    phrase: str | None = None
    pinned_at: datetime | None = None
    note: str | None = None
    staff_note: str | None = None
    parent_id: int | None = None  # the entry under which it was said, where it is a comment
    comments: int = 0  # shown under it
    quotation: Quotation | None = None  # what it quotes, where we have it and it may be shown
    answered: Answered | None = None  # whom it answers, where we know and may say so

    @property
    def place(self) -> Place:
        return Place(published_at=self.published_at, id=self.id)
