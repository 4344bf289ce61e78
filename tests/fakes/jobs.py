"""What a worker must be saved from; a module of its own, because the worker imports it."""

from pathlib import Path


def spin(fifo: str) -> None:
    """Says so by the fifo, and holds it open as long as its process lives."""
    with Path(fifo).open("w") as told:
        told.write("spinning")
        told.flush()
        while True:
            pass


def grow() -> int:
    return len(bytearray(2_000 * 1024 * 1024))
