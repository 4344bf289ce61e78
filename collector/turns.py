"""One at a time reads a source and moves its cursors, whether it was asked or pushed."""

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """``async with turns.of(source_id)``: what was read before of the source is committed."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def of(self, source_id: int) -> asyncio.Lock:
        return self._locks.setdefault(source_id, asyncio.Lock())
