"""Where a post that somebody asks about is."""

from storage import whereabouts
from tests.factories import NOON, SECOND, a_sighting
from timeline.item import State
from timeline.post import Removal

PAGE = "https://mastodon.example/@ottilie/one"
URI = "https://mastodon.example/posts/one"


async def test_a_post_is_found_by_its_address_and_by_its_uri_in_every_event(scene):
    other = await scene.add_event(slug="other")
    ids = [await scene.add_source(), await scene.add_source(other)]
    await scene.offer(a_sighting(), by=ids)

    for name in (PAGE, URI, f"{PAGE}/?utm=x", PAGE.replace("https", "http")):
        found = await scene.store.read(whereabouts.places, whereabouts.spellings(name))
        assert [(place.event_id, place.state) for place in found] == [
            (scene.event.id, State.SHOWN),
            (other.id, State.SHOWN),
        ]
    assert await scene.store.read(whereabouts.places, whereabouts.spellings(f"{PAGE}2")) == []


async def test_a_removed_post_is_known_by_its_tombstone(scene):
    source = await scene.add_source()
    await scene.offer(a_sighting(ref="77"), by=source)
    assert await scene.store.read(whereabouts.removed_at, [URI], ref="77", source_ids=[source]) is None
    await scene.offer(Removal(ref="77"), by=source, at=NOON + 9 * SECOND)

    assert await scene.store.read(whereabouts.places, [URI, PAGE]) == []
    assert await scene.store.read(whereabouts.removed_at, [URI]) == NOON + 9 * SECOND
    assert await scene.store.read(whereabouts.removed_at, [PAGE], ref="77", source_ids=[source]) == NOON + 9 * SECOND
    assert await scene.store.read(whereabouts.removed_at, [PAGE], ref="77", source_ids=[source + 1]) is None
