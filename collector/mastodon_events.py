"""What Mastodon's streams say, event by event: https://docs.joinmastodon.org/methods/streaming/#events (read 2026-11).

A payload is JSON written as a string, but for a deletion, which is a bare id.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from collector.mastodon_status import read, vouched
from timeline.network import Source
from timeline.post import Heard, Removal, Sighting, Unreadable

_UPDATES = ("update", "status.update")


class Stream(NamedTuple):
    """A hashtag, as it is spelt; without one the home timeline of the token's account."""

    hashtag: str | None = None

    @property
    def params(self) -> dict[str, str]:
        return {"stream": "user"} if self.hashtag is None else {"stream": "hashtag", "tag": self.hashtag}

    @property
    def folded(self) -> dict[str, str]:
        """As Pleroma knows hashtags, which does not fold what it is asked for."""
        return {name: value.lower() for name, value in self.params.items()}


def streams_of(sources: Sequence[Source]) -> list[Stream]:
    """What these sources listen to together: each hashtag once, and who is followed where any of them follows."""
    spelt = [word.strip().lstrip("#") for source in sources for word in source.spellings or source.hashtags]
    hashtags = {word.casefold(): word for word in reversed(spelt)}
    followed = [Stream()] if any(source.accounts for source in sources) else []
    return [*(Stream(hashtags[key]) for key in sorted(hashtags)), *followed]


def hear(frame: bytes, stream: Stream | None, host: str, wanted: Callable[[Sighting], bool]) -> Heard | None:
    """One frame of a web socket, ``stream`` being what that is for where it is for one; None for what is no post."""
    if not frame.strip():
        return None  # how Pleroma shows that it is there
    try:
        message = msgspec.json.decode(frame)
    except msgspec.DecodeError:
        return Unreadable(reason="mastodon: a frame that is no JSON")
    if not isinstance(message, dict):
        return Unreadable(reason="mastodon: a frame that says nothing")
    return take(message.get("event"), message.get("payload"), stream or _told_on(message.get("stream")), host, wanted)


def take(event: Any, payload: Any, stream: Stream, host: str, wanted: Callable[[Sighting], bool]) -> Heard | None:
    """What one event says; None where that is no post, or one on the home timeline that is not ``wanted``."""
    if event == "delete":
        ref = payload.decode(errors="replace") if isinstance(payload, bytes) else payload
        named = isinstance(ref, str | int) and str(ref).strip()
        return Removal(ref=named) if named else Unreadable(reason="mastodon: a deletion of nothing")
    if event not in _UPDATES:
        return None
    try:
        status = msgspec.json.decode(payload) if isinstance(payload, str | bytes) else payload
    except msgspec.DecodeError:
        return Unreadable(reason="mastodon: a payload that is no JSON")
    heard = read(status, host)
    if stream.hashtag is not None and heard is not None:
        return vouched(heard, stream.hashtag)
    if event == "update" and isinstance(heard, Sighting) and not wanted(heard):
        return None
    return heard


def refusal(frame: bytes) -> int | None:
    """The status with which a server turns something down that a socket told it; None where it says something else."""
    try:
        message = msgspec.json.decode(frame) if b'"error"' in frame else None
    except msgspec.DecodeError:
        return None
    if not isinstance(message, Mapping) or "error" not in message:
        return None
    status = message.get("status")
    return status if isinstance(status, int) else 0


def _told_on(where: Any) -> Stream:
    """The stream that a message on a shared socket names."""
    match where:
        case ["hashtag", str(hashtag)]:
            return Stream(hashtag)
        case _:
            return Stream()
