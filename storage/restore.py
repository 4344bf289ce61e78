"""Put a backup in the place of what a database holds, without bringing back what was removed since."""

import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import msgspec
from sqlalchemy import Connection, Table, cast, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.exc import InternalError, OperationalError, StatementError

from storage import indexing, posts, schema, sightings
from storage.backup import FORMAT, MANIFEST, TABLES, Manifest, rows_in
from storage.columns import UtcTime
from storage.engine import open_engine
from storage.events import sizes as event_sizes
from storage.shelf import Shelf
from storage.tables import changes, charged, events, items, metadata, sources, spending, tombstone_refs, tombstones
from storage.writing import Writing, number
from timeline.errors import BackchannelError
from timeline.item import State
from timeline.link import web_address
from timeline.text import clean

# More changes than an event sees between two backups: whoever still holds a number from
# before the restore stands below the new log, and is told to load again.
LEAP = 1_000_000

# What we write ourselves stays far below: no larger thing is taken into memory.
MAX_MEMBER = 32_000_000
MAX_LINE = 8_000_000

_PICTURES = {f"image/{kind}" for kind in ("avif", "gif", "jpeg", "png", "webp")}
_HASH = re.compile(r"[0-9a-f]{64}")
_MEMBER = re.compile(rf"{re.escape(MANIFEST)}|tables/({'|'.join(TABLES)})\.jsonl|media/[0-9a-f]{{64}}")


class BadBackup(BackchannelError):
    """The file is not a backup, or not one that this version can restore."""


def sizes(url: str) -> dict[str, int]:
    """How many posts the database at ``url`` holds of each event; nothing where there is none that we can read."""
    if schema.state(url) not in ("current", "older"):
        return {}
    engine = open_engine(url, "read")
    try:
        with engine.connect() as connection:
            return event_sizes(connection)
    finally:
        engine.dispose()


def restore(url: str, media_folder: Path, file: Path, *, at: datetime) -> tuple[Manifest, Path | None]:
    """Replace what the database at ``url`` holds by what ``file`` does, in one transaction.

    Posts removed from the database that is replaced stay removed. On SQLite one that holds
    posts is kept beside it: where, is the second answer. Raises BadBackup before anything is
    touched, NewerSchema where the database is of a later version.
    """
    try:
        with tarfile.open(file, mode="r:") as tar:
            manifest = _checked(tar)
            kept = schema.keep(url, f"restore-{at:%Y%m%d-%H%M%S}") if any(sizes(url).values()) else None
            schema.upgrade(url)
            _put_pictures(tar, Shelf(media_folder, 0))
            _replace(url, tar, manifest, at)
    except (OperationalError, InternalError):
        raise  # the database is ill, not the backup
    except (tarfile.TarError, StatementError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise BadBackup(f"{file} is not a backup, or only a part of one") from error
    return manifest, kept


def _checked(tar: tarfile.TarFile) -> Manifest:
    for member in tar:
        if not member.isfile() or not _MEMBER.fullmatch(member.name):
            raise BadBackup(f"this is not a backup of Backchannel: it holds {member.name!r}")
        if member.size > MAX_MEMBER and not member.name.startswith("tables/"):
            raise BadBackup(f"this is not a backup of Backchannel: its {member.name!r} is too large")
    manifest = msgspec.json.decode(_content(tar, MANIFEST), type=Manifest)
    if manifest.format != FORMAT or manifest.schema not in schema.REVISIONS:
        raise BadBackup(
            f"this backup was made by a newer version of Backchannel ({manifest.version}): restore it with that one"
        )
    for name in manifest.columns:  # an older version wrote fewer
        tar.getmember(f"tables/{name}.jsonl")
    return manifest


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    content = tar.extractfile(name)
    assert content is not None, "every member is a file"
    with content:
        return content.read()


def _put_pictures(tar: tarfile.TarFile, shelf: Shelf) -> None:
    for member in tar:
        _, _, content_hash = member.name.partition("media/")
        if content_hash and shelf.put(_content(tar, member.name)) != content_hash:
            raise BadBackup(f"the backup is damaged: picture {content_hash} is not what it was")


def _replace(url: str, tar: tarfile.TarFile, manifest: Manifest, at: datetime) -> None:
    engine = open_engine(url, "write")
    try:
        with engine.begin() as connection:
            writing = Writing(connection)
            before = _Before(connection)
            for table in reversed(metadata.sorted_tables):
                writing.execute(delete(table))
            for name, table in TABLES.items():
                if name in manifest.columns:
                    _insert(writing, tar, table, manifest.columns[name])
            if "shown_at" not in manifest.columns["items"]:  # as migration 0002 has it
                seen = update(items).where(items.c.state != State.HELD.value)
                writing.execute(seen.values(shown_at=items.c.first_seen_at))
            if writing.dialect == "postgresql":
                _move_sequences(connection)
            before.bury_again(writing, at)
            before.spend_again(writing)
            _leap(writing, before.seqs, at)
            indexing.rebuild(connection)
            number(writing)
    finally:
        engine.dispose()


class _Before:
    """What outlives the database that is replaced: its tombstones, how far its logs came, what reading has cost."""

    def __init__(self, reading: Connection) -> None:
        self.seqs = {row.slug: row.seq for row in reading.execute(select(events.c.slug, events.c.seq))}
        self.stones = reading.execute(select(tombstones.c.network, tombstones.c.uri)).all()
        known_as = (events.c.slug, sources.c.kind, sources.c.address)
        query = select(tombstone_refs.c.ref, *known_as).join_from(tombstone_refs, sources).join(events)
        self.refs = reading.execute(query).all()
        self.charged = reading.execute(select(charged)).all()
        self.spent = reading.execute(select(spending)).all()

    def bury_again(self, writing: Writing, at: datetime) -> None:
        for stone in self.stones:
            row = posts.find(writing.connection, stone.network, stone.uri)
            if row is not None:
                posts.remove(writing, [row.id], at=at)
            writing.add(tombstones, {"network": stone.network, "uri": stone.uri, "at": at}, tombstones.c.uri)
        known_as = select(sources.c.id, events.c.slug, sources.c.kind, sources.c.address).join_from(sources, events)
        ids = {(row.slug, row.kind, row.address): row.id for row in writing.execute(known_as)}
        for ref in self.refs:
            source_id = ids.get((ref.slug, ref.kind, ref.address))
            if source_id is not None:
                sightings.bury_unseen(writing, ref.ref, [source_id], at=at)

    def spend_again(self, writing: Writing) -> None:
        """A restore gives no budget back."""
        for row in self.charged:
            writing.add(charged, row._asdict(), charged.c.ref)
        for row in self.spent:
            writing.add(spending, row._asdict(), spending.c.account)
            here = (spending.c.account == row.account) & (spending.c.day == row.day)
            less = here & (spending.c.posts < row.posts)
            writing.execute(update(spending).where(less).values(posts=row.posts))


def _insert(writing: Writing, tar: tarfile.TarFile, table: Table, columns: tuple[str, ...]) -> None:
    """Fill a table. What will stand on a page is looked at as if it came from a network."""
    read = {n: reader for n, name in enumerate(columns) if (reader := _reader(table, name))}
    lines = tar.extractfile(f"tables/{table.name}.jsonl")
    assert lines is not None, "every member is a file"
    with lines:
        for batch in rows_in(_bounded(lines)):
            for row in batch:
                for n, reader in read.items():
                    row[n] = reader(row[n]) if row[n] else row[n]
            writing.execute(insert(table), [dict[str, Any](zip(columns, row, strict=True)) for row in batch])


def _bounded(lines: IO[bytes]) -> Iterator[bytes]:
    while line := lines.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise ValueError("a row is too large")
        yield line


def _reader(table: Table, column: str) -> Callable[[Any], Any] | None:
    if isinstance(table.c[column].type, UtcTime):
        return datetime.fromisoformat
    return _FOREIGN.get((str(table.name), column))


def _picture_type(told: str) -> str:
    if told not in _PICTURES:
        raise ValueError(f"{told!r} is no kind of picture that we keep")
    return told


def _content_hash(told: str) -> str:
    if not _HASH.fullmatch(told):
        raise ValueError("a picture is named by its content, and by nothing that could be a path")
    return told


def _links(told: list[str]) -> list[str]:
    return [address for link in told if (address := web_address(link))]


def _card(told: dict[str, Any]) -> dict[str, Any] | None:
    url = web_address(told["url"])
    return {**told, "url": url} if url else None


def _offered(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "url": web_address(told["url"]) if told["url"] else None}


def _look(told: dict[str, Any]) -> dict[str, Any]:
    kept = [(name, address) for name, address in told.get("links") or () if web_address(address) or address[:1] == "/"]
    sponsors = [one["picture"] for one in told.get("sponsors") or ()]
    for picture in (told.get("logo"), told.get("picture"), *sponsors):
        if picture is not None:
            _content_hash(picture["content_hash"])
    return {**told, "links": kept}


_FOREIGN: Mapping[tuple[str, str], Callable[[Any], Any]] = {
    ("authors", "url"): web_address,
    ("authors", "offered"): _offered,
    ("posts", "url"): web_address,
    ("posts", "html"): clean,
    ("posts", "links"): _links,
    ("posts", "card"): _card,
    ("media", "content_type"): _picture_type,
    ("media", "content_hash"): _content_hash,
    ("events", "url"): web_address,
    ("events", "look"): _look,
}


def _leap(writing: Writing, seqs: dict[str, int], at: datetime) -> None:
    """Begin the logs anew, above every number that a reader may hold."""
    writing.records.clear()
    writing.execute(delete(changes))
    for row in writing.execute(select(events.c.id, events.c.slug, events.c.seq)).all():
        seq = max(row.seq, seqs.get(row.slug, 0)) + LEAP
        writing.execute(update(events).where(events.c.id == row.id).values(seq=seq, floor=seq))
        writing.record("event.changed", row.id, None, at)


def _move_sequences(connection: Connection) -> None:
    """Let new ids follow the restored ones, and never one that was given before."""
    for table in metadata.sorted_tables:
        if "id" not in table.c:
            continue
        highest = connection.scalar(select(func.max(table.c.id))) or 0
        sequence = cast(func.pg_get_serial_sequence(table.name, "id"), REGCLASS)
        given = func.coalesce(func.pg_sequence_last_value(sequence), 1)
        connection.execute(select(func.setval(sequence, func.greatest(highest, given))))
