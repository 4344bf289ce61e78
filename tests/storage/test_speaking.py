"""Feeds name their entries as they like: one neither edits nor removes what another brought."""

import pytest

from tests.factories import HOUR, MINUTE, NOON, a_sighting
from tests.storage.conftest import Scene
from timeline.post import Removal

NEWS = {"kind": "feed", "address": "https://news.example/feed", "trusted": True}
OTHER = {"kind": "feed", "address": "https://other.example/feed"}
LATER = {"edited_at": NOON + MINUTE, "html": "<p>Buy this</p>"}
URI = "https://feed.example/posts/one"


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_feed_changes_nothing_that_another_feed_brought(scene: Scene, elsewhere: bool) -> None:
    event = await scene.add_event(slug="elsewhere") if elsewhere else scene.event
    news, other = await scene.add_source(**NEWS), await scene.add_source(event, **OTHER)
    await scene.offer(a_sighting(network="feed", ref=URI), by=news)

    await scene.offer(a_sighting(network="feed", ref=URI, **LATER), by=other, at=NOON + HOUR)
    await scene.offer(a_sighting(network="feed", ref=URI, **LATER), Removal(ref=URI), by=other, at=NOON + HOUR)

    assert await scene.texts() == ["Words of one at #harbour26"]
    assert (await scene.offer(a_sighting(network="feed", ref=URI, **LATER), by=news)).changed == 1
    assert await scene.texts() == ["Buy this"]
    assert (await scene.offer(Removal(ref=URI), by=news)).removed == 1


async def test_the_same_feed_in_another_event_speaks_for_itself(scene: Scene) -> None:
    event = await scene.add_event(slug="elsewhere")
    news, again = await scene.add_source(**NEWS), await scene.add_source(event, **NEWS)
    await scene.offer(a_sighting(network="feed", ref=URI), by=news)

    assert (await scene.offer(a_sighting(network="feed", ref=URI, **LATER), by=again)).changed == 1
    assert (await scene.offer(Removal(ref=URI), by=again)).removed == 1
