"""What anybody may see: a draft event and its posts are not there for them."""

from storage import events, items
from storage.store import Store
from timeline.errors import NoSuchEvent, NoSuchItem
from timeline.event import Event
from timeline.item import Item


async def public_events(store: Store) -> list[Event]:
    """The events that are listed, the latest to start first; unlisted ones are found by link alone."""
    return [event for event in await store.read(events.all_events) if event.visibility == "public"]


async def event_by_slug(store: Store, slug: str) -> Event:
    """A public or unlisted event. Raises NoSuchEvent."""
    event = await store.read(events.by_slug, slug)
    if event.visibility == "draft":
        raise NoSuchEvent(slug)
    return event


async def item_by_id(store: Store, item_id: int) -> tuple[Item, Event]:
    """A shown post and its event. Raises NoSuchItem, or ErasedItem where it was removed for good.

    The event is looked at first: not even that a draft had a post is for anybody to know.
    """
    event = await store.read(events.of_item, item_id)
    if event is None or event.visibility == "draft":
        raise NoSuchItem(item_id)
    return await store.read(items.by_id, item_id), event
