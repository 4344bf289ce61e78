"""What X's lines and answers become: tests/payloads/x/<case>.json beside <case>.post.json.

A case is a line of the stream; without a post in it, and not the notice of an end, an answer to a look-up.
"""

import json

import pytest

from collector import x_stream
from collector.networks.x import gone
from tests.collector.test_feed_payloads import evidence, plainly
from tests.collector.test_payloads import FOLDER
from timeline.post import Heard, Removal

CASES = sorted(path for path in (FOLDER / "x").glob("*.json") if not path.name.endswith(".post.json"))


def heard_of(raw: bytes) -> Heard | None:
    try:
        [removed] = gone(json.loads(raw))
        return Removal(ref=removed)
    except ValueError:
        batch = x_stream.hear(raw)
        return batch.heard[0] if batch and batch.heard else None


@pytest.mark.parametrize("payload", CASES, ids=lambda path: path.stem)
def test_a_payload_becomes_what_lies_beside_it(payload):
    told = heard_of(payload.read_bytes())
    kind = {"heard": type(told).__name__} if told else None
    assert (kind and kind | plainly(told)) == json.loads(evidence(payload).read_text())


def test_there_are_enough_of_them():
    assert len(CASES) >= 25


def test_the_notice_of_an_end_ends_the_stream():
    assert x_stream.hear((FOLDER / "x" / "disconnect-notice.json").read_bytes()) is None
