"""What Jetstream's v2 wire says, frame by frame: lexicon network.bsky.jetstream.subscribeEvents (read 2026-11).

Hundreds of posts a second come in and hardly one is ours, so three looks at the bytes come
before any decoding, and the record itself is read only once its tags are known to match.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Self

import msgspec

from collector import atproto
from timeline.errors import SourceUnavailable, UnreadablePost
from timeline.post import AuthorAway, AuthorGone, Cursor, Heard, Removal, Sighting, Unreadable
from timeline.text import fold_hashtag

WIRE = "v2"
PROTOCOL = "xrpc.v1.json"
METHOD = "/xrpc/network.bsky.jetstream.subscribeEvents"
POSTS = "app.bsky.feed.post"
PARAMS = (("collections", POSTS), ("kinds", "commit"), ("kinds", "account"))
REWIND = timedelta(seconds=30)  # hosts witness by themselves: on another one we start a little earlier
GONE = {"deleted", "takendown"}
AWAY = {"suspended": "!suspend", "deactivated": "!deactivated"}  # and perhaps back one day
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Position:
    """Where we stand: ``seq`` counts on ``host`` alone, ``at`` is when a host witnessed it."""

    host: str
    at: datetime
    seq: int | None = None

    @classmethod
    def kept(cls, cursor: Cursor | None) -> Self | None:
        """What ``cursor`` wrote; None for no cursor and for a closed gap."""
        if not cursor:
            return None
        return cls(cursor["host"], datetime.fromisoformat(cursor["at"]), cursor["seq"])

    def cursor(self, **more: Any) -> dict[str, Any]:
        return {"host": self.host, "wire": WIRE, "seq": self.seq, "at": self.at.isoformat(), **more}

    def asked_of(self, host: str) -> str:
        """The ``cursor`` parameter for ``host``: the inclusive number there, microseconds anywhere else.

        Never the next number at first: where nothing has been said since, a host may take it for the future.
        """
        if host == self.host and self.seq is not None:
            return str(self.seq)
        return str((self.at - REWIND - _EPOCH) // _MICROSECOND)

    def past(self) -> Self:
        """The number after this one, for a host that hangs up over and over once it has repeated this one."""
        return self if self.seq is None else replace(self, seq=self.seq + 1)

    def by_time(self) -> Self:
        """The same, for a host that no longer knows the number."""
        return replace(self, seq=None)

    def level_with(self, other: Self) -> bool:
        """Whether everything up to ``other`` has been seen."""
        if self.host == other.host and self.seq is not None and other.seq is not None:
            return self.seq >= other.seq
        return self.at >= other.at + (REWIND if self.host != other.host else timedelta())


@dataclass(slots=True)
class Handful:
    """What a handful of frames came to. ``lost``: the host does not know the number we resumed from."""

    heard: list[Heard]
    position: Position | None = None
    found: str | None = None
    lost: bool = False


class _Account(msgspec.Struct):
    active: bool = True
    status: str | None = None


class _Payload(msgspec.Struct):
    type: str = msgspec.field(name="$type", default="")
    seq: int | None = None
    did: str = ""
    time: str = ""
    witnessed_at: str | None = msgspec.field(name="witnessedAt", default=None)
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: msgspec.Raw = msgspec.Raw()
    account: _Account | None = None
    name: str = ""


class _Frame(msgspec.Struct):
    type: str = msgspec.field(name="$type", default="")
    payload: _Payload | None = None
    error: str = ""
    message: str = ""


class _Feature(msgspec.Struct):
    tag: str | None = None


class _Facet(msgspec.Struct):
    features: list[_Feature] = []


class _Tagged(msgspec.Struct):
    facets: list[_Facet] | None = None
    tags: list[str] | None = None


_frames = msgspec.json.Decoder(_Frame)
_tagged = msgspec.json.Decoder(_Tagged)
_records = msgspec.json.Decoder(dict[str, Any])
_fold = lru_cache(maxsize=10_000)(fold_hashtag)


def hear(frames: Sequence[bytes], host: str, wanted: Collection[str], pictures: str | None = None) -> Handful:
    """Read a handful of frames; ``wanted`` are folded hashtags. Raises SourceUnavailable for an error frame."""
    handful = Handful([])
    for frame in frames:
        if _may_be_ours(frame):
            _read(frame, handful, wanted, pictures)
    handful.position = next(_positions(frames, host), None)
    return handful


def _may_be_ours(frame: bytes) -> bool:
    """Everything but a new post without tags. Encoders may write ``#`` as an escape, and spaces after colons."""
    return b"#tag" in frame or b'"tags"' in frame or b'"operation":"create"' not in frame or b"\\u0023tag" in frame


def _read(frame: bytes, handful: Handful, wanted: Collection[str], pictures: str | None) -> None:
    try:
        whole = _frames.decode(frame)
    except msgspec.DecodeError:
        handful.heard.append(Unreadable(reason="bluesky: a frame that is not as agreed"))
        return
    payload = whole.payload
    if payload is None:
        if whole.type == "error" or whole.error:
            raise SourceUnavailable(f"the stream ended itself: {whole.error or 'no reason given'}")
        return
    match payload.type.rpartition("#")[2]:
        case "commit" if payload.collection == POSTS:
            if thing := _commit(payload, wanted, pictures):
                handful.heard.append(thing)
        case "account" if payload.account is not None:
            if thing := _account(payload.did, payload.account):
                handful.heard.append(thing)
        case "info":
            handful.lost = handful.lost or payload.name == "FutureCursor"
            if payload.name == "OutdatedCursor":
                handful.found = "it keeps nothing from so long ago; what it still has follows"
        case _:
            pass  # sync, identity, and what may come one day


def _account(did: str, account: _Account) -> Heard | None:
    if account.active:
        return AuthorAway(network="bluesky", uri=did, label=None)
    if account.status in GONE:
        return AuthorGone(network="bluesky", uri=did)
    if label := AWAY.get(account.status or ""):
        return AuthorAway(network="bluesky", uri=did, label=label)
    return None  # throttled, and what may come one day


def _commit(payload: _Payload, wanted: Collection[str], pictures: str | None) -> Heard | None:
    uri = f"at://{payload.did}/{POSTS}/{payload.rkey}"
    if payload.operation == "delete":
        return Removal(ref=uri)
    try:
        if payload.operation == "create" and not _matches(payload.record, wanted):
            return None
        post = atproto.to_post(
            payload.did,
            uri,
            _records.decode(payload.record),
            at=_witnessed(payload),
            edited=payload.operation == "update",
            pictures=pictures,
        )
    except (msgspec.DecodeError, ValueError):
        return Unreadable(reason="bluesky: a record that is none")
    except UnreadablePost as error:
        return Unreadable(reason=str(error))
    return Sighting(ref=uri, post=post)


def _matches(record: msgspec.Raw, wanted: Collection[str]) -> bool:
    try:
        tagged = _tagged.decode(record)
    except msgspec.ValidationError:  # one facet of a careless client must not hide the others
        return any(_fold(tag) in wanted for tag in atproto.hashtags(_records.decode(record)))
    for facet in tagged.facets or ():
        for feature in facet.features:
            if feature.tag and _fold(feature.tag) in wanted:
                return True
    return any(_fold(tag) in wanted for tag in tagged.tags or ())


def _positions(frames: Sequence[bytes], host: str) -> Iterator[Position]:
    """From the last frame backwards; most often the last will do."""
    for frame in reversed(frames):
        try:
            payload = _frames.decode(frame).payload
            if payload is not None and payload.seq is not None:
                yield Position(host, _witnessed(payload), payload.seq)
        except (msgspec.DecodeError, ValueError):
            continue


def _witnessed(payload: _Payload) -> datetime:
    """The time a resumed stream goes by; ``time`` may have been changed by an import."""
    return datetime.fromisoformat(payload.witnessed_at or payload.time).astimezone(UTC)


def profiles_of(answer: bytes) -> list[Mapping[str, Any]]:
    """The profiles in an answer of ``getProfiles``. Raises SourceUnavailable."""
    try:
        found = msgspec.json.decode(answer, type=dict[str, Any])["profiles"]
        return [profile for profile in found if isinstance(profile, dict)]
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise SourceUnavailable("the AppView sent something that is no list of profiles") from error
