"""The errors we raise ourselves; each says what was wrong in words a person can use."""

from dataclasses import dataclass


class BackchannelError(Exception):
    """Anything Backchannel raises on purpose."""


class UnreadablePost(BackchannelError):
    """A network sent something that lacks what a post cannot be without."""


class NoSuchEvent(BackchannelError):
    """No event has this slug or id."""


class NoSuchItem(BackchannelError):
    """No post of this event has this id, or it is not for this reader."""


class ErasedItem(NoSuchItem):
    """A post that was here and has been removed for good: its page answers 410."""


class BadCursor(BackchannelError):
    """A paging position that we did not hand out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a network asks to be left alone after one kind of trouble: ``first_s``, then twice that each time,
    or ``first_s`` more, up to ``most_s``."""

    first_s: float
    most_s: float
    doubling: bool = True


class SourceUnavailable(BackchannelError):
    """A source did not answer, or not with what it should.

    ``reason`` is one plain sentence for people, ``hint`` the next step for whoever runs this
    (may be empty), ``retry_after_s`` the server's own wish, if it had one, ``pace`` what the
    network's documents ask for after such trouble, if they do.
    """

    def __init__(
        self, reason: str, *, hint: str = "", retry_after_s: float | None = None, pace: Pace | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.retry_after_s = retry_after_s
        self.pace = pace
