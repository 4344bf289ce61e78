"""A backup: one file with everything, written while the service runs; and its return.

A tar file of ``manifest.json``, the rows of each table as JSON lines (one snapshot) and the
pictures by their hash. Rows are neither SQLite's nor PostgreSQL's: a backup of one restores
into the other.
"""

import asyncio
import os
import secrets
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, select

from storage import schema
from storage.media import referenced
from storage.shelf import Shelf
from storage.store import Store
from storage.tables import chores, inbox, metadata, walls

MANIFEST = "manifest.json"
FORMAT = 1
PASSING = (chores, inbox, walls)  # of the moment: neither is worth putting back
TABLES: Mapping[str, Table] = {str(table.name): table for table in metadata.sorted_tables if table not in PASSING}
BATCH = 1_000


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself: of which schema and day it is, and what it holds."""

    format: int
    schema: str
    version: str
    made_at: datetime
    columns: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, int]
    pictures: int = 0


async def backup(store: Store, media_folder: Path, file: Path, *, version: str, at: datetime) -> Manifest:
    """Write everything into ``file``, readable by its owner alone; it appears whole or not at all."""
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
            rows = {name: Path(folder) / name for name in TABLES}
            counts, wanted, revision = await store.read(_write_rows, rows)
            manifest = Manifest(
                format=FORMAT,
                schema=revision,
                version=version,
                made_at=at,
                columns={name: tuple(str(column.name) for column in table.columns) for name, table in TABLES.items()},
                rows=counts,
            )
            manifest = await asyncio.to_thread(_pack, unfinished, manifest, rows, Shelf(media_folder, 0), wanted)
        unfinished.replace(file)
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()
    return manifest


def _write_rows(reading: Connection, files: Mapping[str, Path]) -> tuple[dict[str, int], set[str], str]:
    counts, encoder = {}, msgspec.json.Encoder()
    for name, table in TABLES.items():
        counted = 0
        with files[name].open("xb") as file:
            for rows in reading.execute(select(table).execution_options(yield_per=BATCH)).partitions():
                file.write(b"".join(encoder.encode(tuple(row)) + b"\n" for row in rows))
                counted += len(rows)
        counts[name] = counted
    return counts, referenced(reading), schema.revision(reading) or ""


def _pack(file: Path, manifest: Manifest, rows: Mapping[str, Path], shelf: Shelf, wanted: set[str]) -> Manifest:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as target:
        with tarfile.open(fileobj=target, mode="w") as tar:
            # A picture swept away meanwhile is one that nobody shows any more.
            pictures = [path for content_hash in sorted(wanted) if (path := shelf.path(content_hash)).is_file()]
            manifest = msgspec.structs.replace(manifest, pictures=len(pictures))
            _add(tar, MANIFEST, msgspec.json.encode(manifest))
            for name, path in rows.items():
                tar.add(path, f"tables/{name}.jsonl", filter=_anonymous)
            for path in pictures:
                with suppress(FileNotFoundError):
                    tar.add(path, f"media/{path.name}", filter=_anonymous)
        target.flush()
        os.fsync(target.fileno())
    return manifest


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(_anonymous(member), BytesIO(content))


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def rows_in(lines: Iterable[bytes]) -> Iterator[list[list[Any]]]:
    """The rows of a table, some at a time."""
    decoder = msgspec.json.Decoder(list[Any])
    batch: list[list[Any]] = []
    for line in lines:
        batch.append(decoder.decode(line))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
