"""The frames of Jetstream's two wires as structures, and one of either as the other would have put it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from collector.jetstream_position import EPOCH, MICROSECOND, Position


class Account(msgspec.Struct):
    active: bool = True
    status: str | None = None


class Commit(msgspec.Struct):
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: msgspec.Raw = msgspec.Raw()


class Payload(Commit):
    type: str = msgspec.field(name="$type", default="")
    seq: int | None = None
    did: str = ""
    time: str = ""
    witnessed_at: str | None = msgspec.field(name="witnessedAt", default=None)
    account: Account | None = None
    name: str = ""


class Frame(msgspec.Struct):
    """Either wire's: v2 has ``payload`` or ``error``, v1 ``kind`` and what goes with it."""

    type: str = msgspec.field(name="$type", default="")
    payload: Payload | None = None
    error: str = ""
    message: str = ""
    did: str = ""
    time_us: int | None = None
    kind: str = ""
    commit: Commit | None = None
    account: Account | None = None


class Feature(msgspec.Struct):
    tag: str | None = None


class Facet(msgspec.Struct):
    features: list[Feature] = []


class Tagged(msgspec.Struct):
    facets: list[Facet] | None = None
    tags: list[str] | None = None


class Tags(msgspec.Struct):
    record: Tagged = msgspec.field(default_factory=Tagged)


class Peek(msgspec.Struct):
    """Of either wire's frame, what the post is tagged with."""

    payload: Tags | None = None
    commit: Tags | None = None


FRAMES = msgspec.json.Decoder(Frame)
PEEKS = msgspec.json.Decoder(Peek)
TAGS = msgspec.json.Decoder(Tagged)


def payload_of(whole: Frame) -> Payload | None:
    """What a frame is about, as v2 has it; None for one that is about nothing."""
    return whole.payload or _as_v2(whole)


def _as_v2(whole: Frame) -> Payload | None:
    """A frame of the v1 wire as the other would have put it."""
    if not whole.kind:
        return None
    commit = whole.commit or Commit()
    return Payload(
        type=f"#{whole.kind}",
        seq=whole.time_us,
        did=whole.did,
        account=whole.account,
        operation=commit.operation,
        collection=commit.collection,
        rkey=commit.rkey,
        record=commit.record,
    )


def positions(frames: Iterable[bytes], host: str, wire: str) -> Iterator[Position]:
    for frame in frames:
        try:
            payload = payload_of(FRAMES.decode(frame))
            if payload is not None and payload.seq is not None:
                yield Position(host, witnessed(payload), payload.seq, wire)
        except (msgspec.DecodeError, ValueError, OverflowError):
            continue


def witnessed(payload: Payload) -> datetime:
    """The time a resumed stream goes by; v2's ``time`` may have been changed by an import."""
    if stamped := payload.witnessed_at or payload.time:
        return datetime.fromisoformat(stamped).astimezone(UTC)
    if payload.seq is None:
        raise ValueError("no time")
    return EPOCH + payload.seq * MICROSECOND  # v1
