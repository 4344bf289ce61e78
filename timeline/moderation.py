"""Judge a post, or a new profile of its author: show it at once, or hold it, and why."""

from dataclasses import dataclass

from timeline.event import Event, Moderation
from timeline.item import State
from timeline.network import Source
from timeline.post import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Where a post stands after judging; ``checked`` when somebody answers for it."""

    state: State
    reason: str | None = None
    checked: bool = False


def judge(post: Post, source: Source, event: Event) -> Verdict:
    """Decide on a new or edited post from ``source`` in ``event``."""
    if event.consent == "strict" and not post.author.known:
        return Verdict(state=State.HELD, reason="waiting to hear who the author is", checked=source.trusted)
    if source.trusted:
        return Verdict(state=State.SHOWN, checked=True)
    if event.moderation == "before":
        return Verdict(state=State.HELD, reason="waiting for approval")
    return Verdict(state=State.SHOWN)


def profile_waits(mode: Moderation, *, trusted: bool) -> bool:
    """Whether an author's new name or picture waits for a person, as posts that are shown carry it too.

    ``mode`` is that of an event in which one of them is, ``trusted`` says that somebody answers
    for whoever brought it there.
    """
    return mode == "before" and not trusted
