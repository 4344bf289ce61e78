"""What posts of each network become, as evidence: tests/payloads/<network>/<case>.json beside <case>.post.json.

The evidence is what is heard, fields at their default left out; null where it is passed over.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from collector import bluesky_views, jetstream
from collector.mastodon_events import hear
from collector.mastodon_status import read
from tests.collector.test_feed_payloads import evidence, plainly
from timeline.post import Heard

FOLDER = Path(__file__).parent.parent / "payloads"


def cases(network: str) -> list[Path]:
    return sorted(path for path in (FOLDER / network).glob("*.json") if not path.name.endswith(".post.json"))


def heard_of(payload: Path) -> Heard | None:
    if payload.parent.name == "mastodon":
        told = json.loads(payload.read_bytes())
        if "event" in told:  # a message of the stream, whose payload is written as a string
            return hear(payload.read_bytes(), None, "tide.example", lambda _: True)
        return read(told, "tide.example")
    told = msgspec.json.decode(payload.read_bytes())
    if "uri" in told:  # as an AppView shows it
        return bluesky_views.read(told)
    frame = msgspec.json.encode(told)  # as the wire has it, without spaces
    heard = jetstream.hear([frame], "ws://host.example", {"quayconf"}).heard
    return heard[0] if heard else None


@pytest.mark.parametrize(
    "payload", [*cases("mastodon"), *cases("bluesky")], ids=lambda path: f"{path.parent.name} {path.stem}"
)
def test_a_payload_becomes_what_lies_beside_it(payload):
    told = heard_of(payload)
    kind = {"heard": type(told).__name__} if told else None
    assert (kind and kind | plainly(told)) == json.loads(evidence(payload).read_text())


def test_escaped_letters_are_read_like_plain_ones():
    payload = json.loads((FOLDER / "bluesky" / "words.json").read_bytes())
    plain, escaped, spaced = (
        jetstream.hear([frame.encode()], "h", {"日本"}).heard
        for frame in (
            json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
            json.dumps(payload, separators=(",", ":")).replace("#tag", "\\u0023tag"),
            json.dumps(payload),
        )
    )
    assert plain == escaped == spaced
    assert len(plain) == 1


def test_where_we_stand_is_the_last_numbered_frame():
    frames = [path.read_bytes() for path in (FOLDER / "bluesky" / "words.json", FOLDER / "bluesky" / "identity.json")]
    stand = jetstream.hear([*frames, b"{}", b"not json"], "h", ()).position
    assert stand == jetstream.Position("h", datetime(2026, 11, 21, 9, 0, 7, 100230, tzinfo=UTC), 31602)
