"""What Jetstream says, frame by frame, on either wire (read 2026-11).

v2 is lexicon network.bsky.jetstream.subscribeEvents, v1 the frozen ``/subscribe``; one decoder
reads both. Hundreds of posts a second come in and hardly one is ours, so a few looks at the
bytes come before any decoding, and the record itself is read only once it is known to be wanted.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from collector import atproto
from collector.jetstream_frames import FRAMES, PEEKS, TAGS, Account, Payload, Tagged, payload_of, positions, witnessed
from collector.jetstream_position import V2, Position
from collector.jetstream_wire import POSTS
from timeline.errors import SourceUnavailable, UnreadablePost
from timeline.post import AuthorAway, AuthorGone, Heard, Removal, Sighting, Unreadable
from timeline.text import fold_hashtag

GONE = {"deleted", "takendown"}
AWAY = {"suspended": "!suspend", "deactivated": "!deactivated"}  # and perhaps back one day
NOBODY: Mapping[str, str] = {}


@dataclass(slots=True)
class Handful:
    """What a handful of frames came to.

    ``lost``: the host does not know the number we resumed from. ``outdated``: it has
    forgotten what we asked for, and begins with what it still has.
    """

    heard: list[Heard]
    position: Position | None = None
    lost: bool = False
    outdated: bool = False


_OPERATION = b'"operation":'
_BEGINNINGS = (b'{"$type":"message","payload":{', b'{"did":"')
_records = msgspec.json.Decoder(dict[str, Any])
_fold = lru_cache(maxsize=10_000)(fold_hashtag)


def hear(
    frames: Sequence[bytes],
    host: str,
    wanted: Collection[str],
    pictures: str | None = None,
    *,
    wire: str = V2,
    followed: Mapping[str, str] = NOBODY,
) -> Handful:
    """Read a handful of frames; ``wanted`` are folded hashtags, ``followed`` the handles of accounts by DID.

    Raises SourceUnavailable for an error frame.
    """
    handful = Handful([])
    for frame in _perhaps_ours(frames, wanted, {did.encode() for did in followed}):
        _read(frame, handful, wanted, followed, pictures)
    handful.position = next(positions(reversed(frames), host, wire), None)
    return handful


def began(frames: Sequence[bytes], host: str, wire: str = V2) -> Position | None:
    """Where a handful begins."""
    return next(positions(frames, host, wire), None)


def _perhaps_ours(frames: Iterable[bytes], wanted: Collection[str], followed: Collection[bytes]) -> Iterator[bytes]:
    """Everything but a new post without a wanted tag, by somebody we do not follow.

    The first ``"operation"`` of a frame is the wire's own: that of a record comes after it.
    Encoders may write ``#`` as an escape, and spaces after colons: such a frame is decoded.
    """
    for frame in frames:
        find = frame.find
        after = find(_OPERATION) + len(_OPERATION)
        if frame.startswith(b'"create"', after):
            tagged = (
                find(b'#tag"', after) >= 0
                or find(b'"tags"', after) >= 0
                or (find(b"\\", after) >= 0 and find(b'\\u0023tag"', after) >= 0)
            )
            if not (tagged and _wanted(frame, wanted)) and not (followed and _by(frame, followed)):
                continue
        yield frame


def _wanted(frame: bytes, wanted: Collection[str]) -> bool:
    """Whether a new post bears a wanted tag, or may: one careless facet must not hide the others."""
    try:
        peek = PEEKS.decode(frame)
    except msgspec.DecodeError:
        return True
    commit = peek.payload or peek.commit
    return commit is None or _bears(commit.record, wanted)


def _bears(record: Tagged, wanted: Collection[str]) -> bool:
    for facet in record.facets or ():
        for feature in facet.features:
            if feature.tag and _fold(feature.tag) in wanted:
                return True
    return any(_fold(tag) in wanted for tag in record.tags or ())


def _by(frame: bytes, followed: Collection[bytes]) -> bool:
    """Whether somebody we follow says this, or may: where a frame begins as hosts write it, its first ``did`` says."""
    start = frame.find(b'"did":"') + 7
    if start == 6 or not frame.startswith(_BEGINNINGS):
        return True
    return frame[start : frame.find(b'"', start)] in followed


def _read(
    frame: bytes, handful: Handful, wanted: Collection[str], followed: Mapping[str, str], pictures: str | None
) -> None:
    try:
        whole = FRAMES.decode(frame)
    except msgspec.DecodeError:
        handful.heard.append(Unreadable(reason="bluesky: a frame that is not as agreed"))
        return
    payload = payload_of(whole)
    if payload is None:
        if whole.type == "error" or whole.error:
            raise SourceUnavailable(_last_words(whole.error))
        return
    match payload.type.rpartition("#")[2]:
        case "commit" if payload.collection == POSTS:
            if thing := _commit(payload, wanted, followed, pictures):
                handful.heard.append(thing)
        case "account" if payload.account is not None:
            if thing := _account(payload.did, payload.account):
                handful.heard.append(thing)
        case "info":
            handful.lost = handful.lost or payload.name == "FutureCursor"
            handful.outdated = handful.outdated or payload.name == "OutdatedCursor"
        case _:
            pass  # sync, identity, and what may come one day


def _last_words(error: str) -> str:
    if error == "ConsumerTooSlow":
        return "the host ended the stream because it was read too slowly (ConsumerTooSlow)"
    return f"the stream ended itself: {error[:100] or 'no reason given'}"


def _account(did: str, account: Account) -> Heard | None:
    if account.active:
        return AuthorAway(network="bluesky", uri=did, label=None)
    if account.status in GONE:
        return AuthorGone(network="bluesky", uri=did)
    if label := AWAY.get(account.status or ""):
        return AuthorAway(network="bluesky", uri=did, label=label)
    return None  # throttled, and what may come one day


def _commit(
    payload: Payload, wanted: Collection[str], followed: Mapping[str, str], pictures: str | None
) -> Heard | None:
    uri = f"at://{payload.did}/{POSTS}/{payload.rkey}"
    if payload.operation == "delete":
        return Removal(ref=uri)
    handle = followed.get(payload.did)
    new = payload.operation == "create"
    try:
        tagged = not new or _matches(payload.record, wanted)
        if not tagged and handle is None:
            return None
        record = _records.decode(payload.record)
        if handle is not None and not atproto.to_everybody(payload.did, record):
            handle = None  # an answer to somebody else is no news of theirs, unless it is tagged
            if not tagged:
                return None
        post = atproto.to_post(
            payload.did, uri, record, at=witnessed(payload), edited=not new, pictures=pictures, handle=handle
        )
    except (msgspec.DecodeError, ValueError):
        return Unreadable(reason="bluesky: a record that is none")
    except UnreadablePost as error:
        return Unreadable(reason=str(error))
    return Sighting(ref=uri, post=post)


def _matches(record: msgspec.Raw, wanted: Collection[str]) -> bool:
    try:
        return _bears(TAGS.decode(record), wanted)
    except msgspec.ValidationError:  # one facet of a careless client must not hide the others
        return any(_fold(tag) in wanted for tag in atproto.hashtags(_records.decode(record)))
