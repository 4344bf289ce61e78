"""What can be found of an event's shown posts, kept by every commit that shows, changes or takes away one.

The words are parted and folded by timeline/words.py for both databases. SQLite keeps them in a table of FTS5 named
``search``, whose rows are numbered by time (``key``): what was found comes newest first without being sorted.
PostgreSQL keeps a tsvector for each item in a table of that name. Neither is among the tables of storage/tables.py:
nothing is in them that is not elsewhere, and a backup goes without them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, TextClause, bindparam, delete, select, text

from storage.tables import authors, chores, events, items, media, posts
from timeline.item import State
from timeline.words import joined, words

INDEX = "index"  # the chore of making it anew, which a migration can ask for
AT_ONCE = 1_000  # items
MERGED_AT_ONCE = 100  # pages of 4 KB: some 50 ms on a slow disk
_BREAK = "·"  # between two fields: no word is it, so no phrase goes on from one to the other
ID_BITS = 31
_SECONDS = 2**32 - 1  # a key has 64 bits: what is older than 1833 counts as of then
_PLACES = ("said", "author", "tags", "marks")
WEIGHTS = {"said": "D", "author": "A", "tags": "B", "marks": "C"}  # how PostgreSQL tells them apart

_ITEMS: Select[Any] = (
    select(
        items.c.id, items.c.event_id, items.c.network, items.c.published_at, items.c.state, items.c.parent_id,
        items.c.highlighted_at, posts.c.id.label("post_id"), posts.c.title, posts.c.text, posts.c.content_warning,
        posts.c.hashtags, posts.c.links, posts.c.card, posts.c.poll, authors.c.name, authors.c.handle,
        events.c.hashtags.label("own"),
    )
    .join_from(items, events, items.c.event_id == events.c.id, isouter=True)  # from left to right: items in order of id
    .join(posts, items.c.post_id == posts.c.id, isouter=True)
    .join(authors, posts.c.author_id == authors.c.id, isouter=True)
)  # fmt: skip
_BY_IDS = _ITEMS.where(items.c.id.in_(bindparam("ids", expanding=True)))
PART = _ITEMS.where(items.c.id > bindparam("after")).order_by(items.c.id).limit(AT_ONCE)
_OF_AUTHORS = select(items.c.id).join_from(items, posts, items.c.post_id == posts.c.id).where(
    posts.c.author_id.in_(bindparam("authors", expanding=True)), items.c.state == State.SHOWN.value
)  # fmt: skip
_MEDIA = select(media.c.post_id, media.c.kind, media.c.alt).where(
    media.c.post_id.in_(bindparam("posts", expanding=True)), media.c.role == "post"
).order_by(media.c.post_id, media.c.position)  # fmt: skip


def _many(statement: str) -> TextClause:
    return text(statement).bindparams(bindparam("keys", expanding=True))


_HELD = _many("SELECT rowid, said, author, tags, marks FROM search WHERE rowid IN :keys")
_TAKE = text("DELETE FROM search WHERE rowid = :key")
_PUT = text("INSERT INTO search (rowid, said, author, tags, marks) VALUES (:key, :said, :author, :tags, :marks)")
_TAKE_ITEMS = _many("DELETE FROM search WHERE item_id IN :keys")
_PUT_ITEM = text(
    "INSERT INTO search (item_id, event_id, published_at, words)"
    " VALUES (:item, :event, :published_at, CAST(:words AS tsvector))"
    " ON CONFLICT (item_id) DO UPDATE SET words = excluded.words WHERE search.words <> excluded.words"
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What of one item can be found, by place: words, and marks for everything else."""

    item_id: int
    event_id: int
    published_at: datetime
    said: list[str]
    author: list[str]
    tags: list[str]
    marks: list[str]

    def row(self) -> dict[str, str]:
        """As SQLite keeps it."""
        return {place: " ".join(getattr(self, place)) for place in _PLACES}

    def vector(self) -> str:
        """As PostgreSQL reads it: ``'quay':2D,7D 'ada':9A``."""
        found: dict[str, list[str]] = defaultdict(list)
        start = 1
        for place in _PLACES:
            said = getattr(self, place)
            for position, word in enumerate(said, start):
                found[word].append(f"{position}{WEIGHTS[place]}")
            start += len(said) + 1  # a gap: phrases end here
        return " ".join(f"'{word}':{','.join(positions)}" for word, positions in found.items())


def key(published_at: datetime, item_id: int) -> int:
    """The number of an item's row on SQLite: by second, then by item."""
    second = int(published_at.timestamp() // 1)
    return (max(-_SECONDS, min(second, _SECONDS)) << ID_BITS) | (item_id & (1 << ID_BITS) - 1)


def item_of(row_key: int) -> int:
    """The item whose row has this number."""
    return row_key & (1 << ID_BITS) - 1


def keys_of(since: datetime, until: datetime) -> tuple[int, int]:
    """The first and the last number that a row of these seconds can have; ``until`` is not among them."""
    return key(since, 0), key(until, 0) - 1


def mark(kind: str, value: object = "") -> str:
    """The mark of an event (``e1``), a network (``nmastodon``) or of what a post has (``hmedia``)."""
    return f"{kind[0]}{joined(str(value))}"


def refresh(writing: Connection, item_ids: Collection[int], author_ids: Collection[int] = ()) -> None:
    """Make what can be found of these items, and of all by these authors, what is shown of them now."""
    wanted = set(item_ids)
    if author_ids:
        wanted.update(writing.scalars(_OF_AUTHORS, {"authors": list(author_ids)}))
    for some in _parted(sorted(wanted)):
        rows = writing.execute(_BY_IDS, {"ids": some}).all()
        (_put_items if writing.dialect.name == "postgresql" else _put_rows)(writing, rows, _entries(writing, rows))


def forget(writing: Connection, event_id: int) -> None:
    """Let nothing of an event be found any more."""
    if writing.dialect.name == "postgresql":
        writing.execute(text("DELETE FROM search WHERE event_id = :event"), {"event": event_id})
    else:
        match = f'marks : "{mark("event", event_id)}"'
        writing.execute(text("DELETE FROM search WHERE search MATCH :match"), {"match": match})


def rebuild(writing: Connection) -> None:
    """Make all of it anew from what is shown."""
    if writing.dialect.name == "postgresql":
        writing.execute(text("DELETE FROM search"))
    else:  # dropped whole: FTS5 would take away one row after the other
        made = writing.execute(text("SELECT sql FROM sqlite_master WHERE name = 'search'")).scalar_one()
        writing.exec_driver_sql("DROP TABLE search")
        writing.exec_driver_sql(made)
    after = 0
    while rows := writing.execute(PART, {"after": after}).all():
        after = rows[-1].id
        entries = _entries(writing, rows)
        if writing.dialect.name == "postgresql":
            _put_items(writing, (), entries)
        elif entries:
            writing.execute(_PUT, [_with_key(entry) for entry in entries.values()])


def rebuild_if_asked(writing: Connection) -> None:
    """Make it anew where a migration asks for it."""
    if writing.execute(delete(chores).where(chores.c.name == INDEX)).rowcount:
        rebuild(writing)


def merge(writing: Connection, *, begin: bool) -> bool:
    """Take a step towards an index in one piece, in which nothing is left of removed words; whether there are more.

    FTS5 notes beside a word that its post is gone, and drops both when their pieces are merged.
    """
    if writing.dialect.name == "postgresql":
        return False  # VACUUM does it
    before: int = writing.execute(text("SELECT total_changes()")).scalar_one()
    pages = -MERGED_AT_ONCE if begin else MERGED_AT_ONCE
    writing.execute(text("INSERT INTO search (search, rank) VALUES ('merge', :pages)"), {"pages": pages})
    after: int = writing.execute(text("SELECT total_changes()")).scalar_one()
    return after - before >= 2  # https://www.sqlite.org/fts5.html#the_merge_command


def _put_rows(writing: Connection, rows: Sequence[Row[Any]], entries: dict[int, _Entry]) -> None:
    keys = {row.id: key(row.published_at, row.id) for row in rows}
    found = writing.execute(_HELD, {"keys": list(keys.values())}).all() if keys else []
    held = {row.rowid: {place: getattr(row, place) for place in _PLACES} for row in found}
    wanted = {keys[item_id]: entry.row() for item_id, entry in entries.items()}
    if gone := [{"key": row_key} for row_key, row in held.items() if wanted.get(row_key) != row]:
        writing.execute(_TAKE, gone)
    if new := [{"key": row_key, **row} for row_key, row in wanted.items() if held.get(row_key) != row]:
        writing.execute(_PUT, new)


def _put_items(writing: Connection, rows: Sequence[Row[Any]], entries: dict[int, _Entry]) -> None:
    if gone := [row.id for row in rows if row.id not in entries]:
        writing.execute(_TAKE_ITEMS, {"keys": gone})
    if entries:
        writing.execute(_PUT_ITEM, [
            {"item": one.item_id, "event": one.event_id, "published_at": one.published_at, "words": one.vector()}
            for one in entries.values()
        ])  # fmt: skip


def _with_key(entry: _Entry) -> dict[str, Any]:
    return {"key": key(entry.published_at, entry.item_id), **entry.row()}


def _entries(reading: Connection, rows: Sequence[Row[Any]]) -> dict[int, _Entry]:
    """What there is to find of those that are shown; what is said under an entry is found on its page alone."""
    shown = [row for row in rows if row.state == State.SHOWN and row.parent_id is None and row.post_id is not None]
    attached: dict[int, list[tuple[str, str]]] = defaultdict(list)
    if shown:
        for post_id, kind, alt in reading.execute(_MEDIA, {"posts": [row.post_id for row in shown]}):
            attached[post_id].append((kind, alt))
    return {row.id: _entry(row, attached.get(row.post_id, ())) for row in shown}


def _entry(row: Row[Any], attached: Sequence[tuple[str, str]]) -> _Entry:
    options = [option for option, _ in row.poll["options"]] if row.poll else []
    card = [row.card["title"], row.card["description"]] if row.card else []
    seen = any(kind != "audio" for kind, _ in attached)
    has = {"media": seen, "link": row.links, "poll": row.poll, "highlight": row.highlighted_at}
    tags = [tag for tag in map(joined, row.hashtags or ()) if tag]
    own = set(map(joined, row.own or ()))  # everybody has them: only who asks for them finds them
    said = _joined((row.title, row.text, row.content_warning, *(alt for _, alt in attached), *options, *card))
    marks = [mark("event", row.event_id), mark("network", row.network)]
    return _Entry(
        item_id=row.id,
        event_id=row.event_id,
        published_at=row.published_at,
        said=[_BREAK if word in own else word for word in said],
        author=_joined((row.name, row.handle)),
        tags=tags,
        marks=[*marks, *(mark("has", name) for name, there in has.items() if there)],
    )


def _joined(fields: Iterable[str | None]) -> list[str]:
    """The words of several fields with a mark between each two."""
    found: list[str] = []
    for said in map(words, filter(None, fields)):
        found += [_BREAK, *said] if found and said else said
    return found


def _parted(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
