from storage import changes, events, intake, items, sources
from storage.store import Store
from tests.factories import MINUTE, NETWORKS, NOON, a_sighting, a_source, an_event
from timeline.event import Event


async def an_event_with_a_source(store: Store, **source: object) -> tuple[Event, int]:
    event = await store.write(events.save, an_event(), origin="file", at=NOON)
    await store.write(sources.sync, event.id, [a_source(**source)], origin="file", at=NOON)
    return event, (await store.read(sources.of_event, event.id))[0].source.id


async def test_a_post_is_shown_once_and_recorded(store: Store) -> None:
    event, source_id = await an_event_with_a_source(store)

    accepted = await store.write(
        intake.accept, [a_sighting("one")], source_ids=[source_id], networks=NETWORKS, at=NOON + MINUTE
    )

    page = await store.read(items.page, event.id, limit=10)
    assert accepted == intake.Accepted(added=1, changed=0, removed=0, dropped={})
    assert [(item.post.uri, item.seq) for item in page.items] == [("https://mastodon.example/posts/one", page.seq)]
    window = await store.read(changes.window, event.id, after=0, limit=100)
    assert [(step.change.seq, step.change.kind) for step in window.steps] == [(1, "event.changed"), (2, "item.added")]
