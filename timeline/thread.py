"""What a post answers, as one line of its card may name it."""

from dataclasses import dataclass

from timeline import consent
from timeline.item import State
from timeline.post import Author

_OUT_OF_SIGHT = {State.HIDDEN, State.STASHED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Who is answered, and where that can be read; ``item_id`` where it is shown in the same event."""

    author: Author
    url: str | None
    item_id: int | None = None
    own: bool = False  # it has the same author: a thread goes on


def may_name(author: Author, place: State | None) -> bool:
    """Whether a card may say that it answers a post of ``author``, which stands at ``place`` in its event or nowhere.

    None of its words are shown, so nobody has to approve them. What is hidden has no line that leads to it.
    """
    return author.known and not consent.withheld(author) and place not in _OUT_OF_SIGHT
