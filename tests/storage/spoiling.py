"""Backups that somebody or something has changed."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any


def with_member(file: Path, name: str) -> None:
    with tarfile.open(file, "a") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())


def with_a_link(file: Path) -> None:
    member = tarfile.TarInfo("media/" + "0" * 64)
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(file, "a") as tar:
        tar.addfile(member)


def content(file: Path, name: str) -> bytes:
    with tarfile.open(file) as tar:
        return (tar.extractfile(name) or io.BytesIO()).read()


def put_in(file: Path, name: str, content: bytes) -> None:
    """Put a member into a backup; the last of a name counts."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    with tarfile.open(file, "a") as tar:
        tar.addfile(member, io.BytesIO(content))


def of_a_newer_schema(file: Path) -> None:
    manifest = json.loads(content(file, "manifest.json")) | {"schema": "9999"}
    put_in(file, "manifest.json", json.dumps(manifest).encode())


def altered(file: Path, table: str, **values: Any) -> None:
    """Set columns in every row of a table."""
    columns = json.loads(content(file, "manifest.json"))["columns"][table]
    rows = [
        dict(zip(columns, json.loads(row), strict=True)) | values
        for row in content(file, f"tables/{table}.jsonl").splitlines()
    ]
    lines = b"".join(json.dumps(list(row.values())).encode() + b"\n" for row in rows)
    put_in(file, f"tables/{table}.jsonl", lines)


def of_the_first_schema(file: Path) -> Path:
    """The same as that version would have written it: without what came later."""
    later = {
        "authors": {"offered", "offered_at"},
        "posts": {"looked_at"},
        "items": {"parent_id", "shown_at", "altered_at"},
        "events": {"changed_at", "venue", "url", "look", "indexed", "walls_cleared_at"},
    }
    manifest = json.loads(content(file, "manifest.json")) | {"schema": "0001"}
    older = file.with_name("older.tar")
    for table in ("gaps", "spending", "charged", "subscriptions", "wall_clearings"):
        del manifest["columns"][table], manifest["rows"][table]
    for table, columns in manifest["columns"].items():
        kept = [column for column in columns if column not in later.get(table, ())]
        rows = [
            dict(zip(columns, json.loads(row), strict=True))
            for row in content(file, f"tables/{table}.jsonl").splitlines()
        ]
        lines = b"".join(json.dumps([row[column] for column in kept]).encode() + b"\n" for row in rows)
        put_in(older, f"tables/{table}.jsonl", lines)
        manifest["columns"][table] = kept
    put_in(older, "manifest.json", json.dumps(manifest).encode())
    return older


def lacking_a_value(file: Path) -> None:
    put_in(file, "tables/posts.jsonl", b"[1]\n")
