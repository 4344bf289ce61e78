"""Smaller copies of the pictures on the shelf: made when somebody asks for one, kept beside it, gone with it.

What lies on the shelf is WebP of our own making (collector/pictures.py), so that it is safe to unpack here.
"""

import asyncio
import secrets
from pathlib import Path
from typing import Literal, get_args

import structlog
from PIL import Image

from storage.shelf import Shelf

Coding = Literal["avif", "webp"]
WIDTHS = (320, 640, 960, 1280)
AT_ONCE = 2
_HOW: dict[Coding, dict[str, int]] = {"avif": {"quality": 55, "speed": 8}, "webp": {"quality": 78, "method": 4}}
CODINGS: tuple[Coding, ...] = get_args(Coding)

log = structlog.get_logger(__name__)


class Sizes:
    """The smaller copies of one shelf. Those who ask for the same one at a time share its making."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._making: dict[str, asyncio.Task[Path | None]] = {}

    async def of(self, content_hash: str, width: int, coding: Coding) -> Path | None:
        """Where the copy that is ``width`` pixels wide lies; None where there is none to be made.

        ``width`` is one of WIDTHS.
        """
        path = self._shelf.copy_path(content_hash, f"{width}.{coding}")
        if path.is_file():
            return path
        task = self._making.get(path.name)
        if task is None:
            task = self._making[path.name] = asyncio.create_task(self._make(content_hash, path, width, coding))
            task.add_done_callback(lambda _: self._making.pop(path.name, None))
        return await asyncio.shield(task)

    async def _make(self, content_hash: str, path: Path, width: int, coding: Coding) -> Path | None:
        async with self._turns:
            try:
                return await asyncio.to_thread(_write, self._shelf.path(content_hash), path, width, coding)
            except (OSError, ValueError, SyntaxError) as error:
                log.warning("a picture cannot be made smaller", fault=type(error).__name__)
                return None


def _write(original: Path, path: Path, width: int, coding: Coding) -> Path | None:
    with Image.open(original, formats=["WEBP"]) as image:
        if image.width <= width:
            return None
        image.thumbnail((width, image.height), Image.Resampling.LANCZOS)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            image.save(unfinished, coding.upper(), **_HOW[coding])
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    if not original.exists():  # it was taken away meanwhile, and its copies with it
        path.unlink(missing_ok=True)
        return None
    return path
