"""What a post quotes, as it may stand within its card."""

from dataclasses import dataclass

from timeline import consent
from timeline.event import Event
from timeline.item import State
from timeline.post import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """A quoted post, None where it was removed at its source; and its own card in the event, where it has one."""

    post: Post | None
    item_id: int | None = None


def may_show(quoted: Post, event: Event, own: State | None) -> bool:
    """Whether a quoted post may stand within a card of ``event``; ``own`` is its own state there, None for no place.

    What staff or the rules keep out of sight is not seen by quotation either. Where posts wait for
    approval, nobody has approved a quoted post that has no place of its own.
    """
    if consent.withheld(quoted.author) or (event.consent == "strict" and not quoted.author.known):
        return False
    return own == State.SHOWN if own is not None else event.moderation == "after"
