"""What may stand on a wall in front of a hall: a gate of its own, whatever the event's moderation.

Nobody can take back what three hundred people have read together. So a post passes only where somebody
answers for it: a person who approved it, a trusted author or source, or whoever made it a highlight.
"""

import unicodedata
from datetime import datetime
from typing import Literal

from timeline.item import Item, State

LONGEST = 180  # characters that can be read from the back of a foyer before the card changes

_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that are drawn as nothing

Words = Literal["whole", "title", "phrase"]
"""What of a post a wall shows: all it says, the title of an article, or the words staff marked in it."""


def passes(
    item: Item, *, cleared_at: datetime | None = None, highlights_only: bool = False, unaltered: bool = False
) -> bool:
    """Whether ``item`` may stand on a wall now.

    ``cleared_at`` is when staff last emptied the walls: what was in sight by then stays away until it is
    highlighted again. ``unaltered``: its network lets no part of a post stand for the whole.
    """
    if item.state is not State.SHOWN or item.parent_id is not None:
        return False
    if item.post.content_warning or item.post.sensitive or words(item, unaltered=unaltered) is None:
        return False
    since = vouched_since(item, highlights_only=highlights_only)
    return since is not None and (cleared_at is None or since > cleared_at)


def vouched_since(item: Item, *, highlights_only: bool = False) -> datetime | None:
    """Since when somebody answers for what ``item`` says, in sight of readers; None where nobody does.

    It is what "clear walls" is measured by: the later of its first sight and of its highlighting.
    """
    in_sight = (item.shown_at or item.first_seen_at) if item.checked and not highlights_only else None
    picked = item.highlighted_at if is_highlight(item) else None
    return max((at for at in (in_sight, picked) if at is not None), default=None)


def is_highlight(item: Item) -> bool:
    """Whether staff picked ``item`` as it is now: what was altered since is nobody's choice."""
    if item.highlighted_at is None:
        return False
    return item.altered_at is None or item.highlighted_at > item.altered_at


def words(item: Item, *, unaltered: bool = False) -> Words | None:
    """What of ``item`` fits on a wall; None where nothing does."""
    post = item.post
    if post.title and post.network == "feed" and not unaltered:
        return "title" if len(post.title) <= LONGEST else None
    if not (post.media or post.poll or any(map(_is_seen, f"{post.title or ''}{post.text}"))):
        return None
    if len(post.title or "") + len(post.text) <= LONGEST:
        return "whole"
    marked = item.phrase if is_highlight(item) and not unaltered else None
    return "phrase" if marked and len(marked) <= LONGEST else None


def _is_seen(sign: str) -> bool:
    """Whether a sign leaves a mark: a card of blanks looks as if something had broken."""
    return sign not in _BLANKS and unicodedata.category(sign)[0] in "LNPS"
