"""What posts answer: as much of it as a line of their cards says."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select

from storage import authors as author_rows
from storage.tables import authors, items, posts
from timeline.item import Item, State
from timeline.post import Author
from timeline.thread import Answered, may_name

Named = tuple[str, str]
"""A post, by its network and uri."""

_HERE = (items.c.post_id == posts.c.id) & items.c.event_id.in_(bindparam("events", expanding=True))
_NAMED = (
    select(
        *author_rows.OF_ROW,
        posts.c.uri.label("post_uri"),
        posts.c.url.label("post_url"),
        items.c.event_id,
        items.c.state,
    )
    .add_columns(items.c.id.label("item_id"))
    .join_from(posts, authors)
    .outerjoin(items, _HERE)
    .where(posts.c.network.in_(bindparam("networks", expanding=True)))
    .where(posts.c.uri.in_(bindparam("uris", expanding=True)))
)


_OWN = (
    select(items.c.id, posts.c.uri, posts.c.in_reply_to)
    .join_from(items, posts, items.c.post_id == posts.c.id)
    .join(authors, posts.c.author_id == authors.c.id)
    .where(items.c.event_id == bindparam("event"), items.c.state == State.SHOWN.value, items.c.parent_id.is_(None))
    .where(posts.c.network == bindparam("network"), authors.c.uri == bindparam("author"))
)
_ABOVE = _OWN.where(posts.c.uri == bindparam("uri"))
_BELOW = _OWN.where(posts.c.in_reply_to.in_(bindparam("uris", expanding=True)))


def own(reading: Connection, item: Item, *, most: int) -> set[int]:
    """The other items of the thread that the author of ``item`` spun in its event, before it and after.

    ``most`` at most. A branch of theirs counts, what others said between does not.
    """
    asked = {"event": item.event_id, "network": item.post.network, "author": item.post.author.uri}
    found: set[int] = set()
    uri, uris = item.post.in_reply_to, {item.post.uri}
    while uri and len(found) < most:
        row = reading.execute(_ABOVE, asked | {"uri": uri}).one_or_none()
        if row is None or row.id in found or row.id == item.id:
            break
        found.add(row.id)
        uris.add(row.uri)
        uri = row.in_reply_to
    while uris and len(found) < most:
        fresh = [row for row in reading.execute(_BELOW, asked | {"uris": sorted(uris)}).all() if row.id not in found]
        fresh = [row for row in fresh if row.id != item.id][: most - len(found)]
        found |= {row.id for row in fresh}
        uris = {row.uri for row in fresh}
    return found


def among(reading: Connection, shown: Iterable[Item]) -> dict[int, Answered]:
    """What these items answer, by the item's id; what we do not have, or may not name, is absent.

    A comment stands under what it answers and needs no line.
    """
    answers = [item for item in shown if item.post.in_reply_to and item.parent_id is None]
    if not answers:
        return {}
    asked = {
        "networks": sorted({item.post.network for item in answers}),
        "uris": sorted({item.post.in_reply_to or "" for item in answers}),
        "events": sorted({item.event_id for item in answers}),
    }
    held: dict[Named, tuple[Author, str | None]] = {}
    places: dict[tuple[Named, int], tuple[int, State]] = {}
    for row in reading.execute(_NAMED, asked).all():
        named = (row.network, row.post_uri)
        if named not in held:
            held[named] = (author_rows.of_row(row), row.post_url)
        if row.item_id is not None:
            places[named, row.event_id] = (row.item_id, State(row.state))
    found: dict[int, Answered] = {}
    for item in answers:
        named = (item.post.network, item.post.in_reply_to or "")
        item_id, state = places.get((named, item.event_id), (None, None))
        if named not in held or named[1] == item.post.uri or not may_name(held[named][0], state):
            continue
        author, url = held[named]
        own = author.uri == item.post.author.uri
        found[item.id] = Answered(author=author, url=url, item_id=item_id if state == State.SHOWN else None, own=own)
    return found
