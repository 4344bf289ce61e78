"""A Mastodon account's wish to be left alone by search engines comes with its posts."""

import json
from pathlib import Path

import pytest

from collector.mastodon_status import to_sighting
from timeline import consent

STATUS = json.loads((Path(__file__).parent.parent / "payloads" / "mastodon" / "words.json").read_text())


@pytest.mark.parametrize(("wish", "found"), [(True, False), (False, True), (None, True), ("yes", True)])
def test_who_asks_search_engines_to_stay_away_is_not_to_be_found(wish, found):
    status = STATUS.get("status", STATUS)
    told = to_sighting(status | {"account": status["account"] | {"noindex": wish}}, "mastodon.example")
    assert consent.may_be_found(told.post.author) is found
    assert consent.withheld(told.post.author) is None
