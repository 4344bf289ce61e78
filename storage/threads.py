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
