"""What feeds of every kind become, as evidence: tests/payloads/feed/<case>.(xml|json) beside <case>.post.json.

The evidence is a list of what is heard, in order, fields at their default left out.
"""

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collector import feedparse
from collector.feed import Feed
from collector.feedposts import read

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADDRESS = "https://feeds.example/news"
FOLDER = Path(__file__).parent.parent / "payloads" / "feed"
CASES = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".post.json"))


@pytest.mark.parametrize("payload", CASES, ids=lambda path: path.stem)
def test_a_feed_becomes_the_posts_beside_it(payload):
    feed = feedparse.parse(payload.read_bytes(), ADDRESS)

    assert isinstance(feed, Feed)
    assert [plainly(one) for one in read(feed, ADDRESS, now=NOW).heard] == json.loads(evidence(payload).read_text())


def evidence(payload: Path) -> Path:
    return payload.with_suffix(".post.json")


def plainly(value: Any) -> Any:
    """``value`` as JSON can say it."""
    if dataclasses.is_dataclass(value):
        told = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        silent = {field.name: field.default for field in dataclasses.fields(value)}
        return {name: plainly(one) for name, one in told.items() if one != silent[name]}
    if isinstance(value, datetime):
        return value.isoformat()
    return [plainly(one) for one in value] if isinstance(value, tuple) else value
