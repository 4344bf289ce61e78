"""Where pictures are: files named by their content, each kept once, in a bounded folder."""

import hashlib
import os
import secrets
import time
from collections.abc import Collection
from pathlib import Path

GRACE_S = 300.0  # between putting bytes on the shelf and committing who they belong to


class Shelf:
    """A folder of pictures. Its methods touch the disk: call them in a thread."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, content: bytes) -> str:
        """Keep ``content``; its hash. On disk for good when it returns."""
        content_hash = hashlib.sha256(content).hexdigest()
        path = self.path(content_hash)
        if path.exists():
            os.utime(path)  # its time of grace starts anew
            return content_hash
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_name(f".{content_hash}.{secrets.token_hex(4)}")
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync_folder(path.parent)
        return content_hash

    def path(self, content_hash: str) -> Path:
        """Where the bytes of ``content_hash`` are, if they are here."""
        return self.folder / content_hash[:2] / content_hash

    def copy_path(self, content_hash: str, form: str) -> Path:
        """Where a copy of it in another ``form`` is, if it is here: it can always be made anew."""
        return self.path(f"{content_hash}.{form}")

    def copies_bytes(self) -> int:
        """What the copies take."""
        return sum(kept.st_size for path in self.folder.glob("??/[!.]*.*") if (kept := _stat(path)) is not None)

    def drop_copies(self) -> None:
        """Delete every copy."""
        for path in self.folder.glob("??/[!.]*.*"):
            path.unlink(missing_ok=True)

    def sweep(self, wanted: Collection[str], *, grace_s: float = GRACE_S, now: float | None = None) -> int:
        """Delete what is not ``wanted``, or was cut off, and older than ``grace_s``: how many files.

        Copies of what is not wanted go whatever their age: nobody is about to say whose they are.
        """
        before = (time.time() if now is None else now) - grace_s
        gone = 0
        for path in self.folder.glob("??/*"):
            original, _, form = path.name.partition(".")
            if original in wanted:
                continue
            if (original and form) or ((kept := _stat(path)) is not None and kept.st_mtime <= before):
                path.unlink(missing_ok=True)
                gone += 1
        return gone


def _stat(path: Path) -> os.stat_result | None:
    """None where another machine that shares the folder was quicker to delete it."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
