"""The whole service in a process of its own, as people run it."""

import asyncio
import os
import re
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests import warm

HOUSE = Path(__file__).parent.parent
START_S = 60.0
SERVING = ("serve", "demo")  # each in a process begun as people begin it
LASTING = (
    "starts = 2026-11-21T08:00:00\nends = 2099-12-31\n"  # an event that takes in what our feeds say, whatever the day
)


def environment(**more: str) -> dict[str, str]:
    """What a command sees: this house's packages, and no settings of whoever runs the tests."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BACKCHANNEL_")}
    return {**inherited, "PYTHONPATH": str(HOUSE), "PYTHONUNBUFFERED": "1", **more}


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a command."""

    status: int
    out: str
    err: str


async def run(folder: Path, *words: str, typed: str | None = None, timeout_s: float = 60.0, **more: str) -> Ran:
    """``backchannel WORDS`` in ``folder``, to its end: without a terminal, or at one where ``typed`` is typed."""
    if typed is None and not set(words[:1]) & set(SERVING):
        return await asyncio.to_thread(_run, folder, words, timeout_s, more)
    master, terminal = os.openpty() if typed is not None else (-1, DEVNULL)
    try:
        if typed:
            os.write(master, typed.encode())
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "backchannel", *words),
            cwd=folder,
            env=environment(**more),
            stdin=terminal,
            stdout=PIPE,
            stderr=PIPE,
        )
        async with asyncio.timeout(timeout_s):
            out, err = await process.communicate()
    finally:
        if typed is not None:
            os.close(master)
            os.close(terminal)
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())


def _run(folder: Path, words: Sequence[str], timeout_s: float, more: Mapping[str, str]) -> Ran:
    with tempfile.TemporaryDirectory() as said:
        out, err = Path(said) / "out", Path(said) / "err"
        status = warm.command(
            words, folder=folder, environment=environment(**more), out=out, err=err, timeout_s=timeout_s
        )
        return Ran(status, out.read_text(), err.read_text())


async def get(url: str) -> str:
    """A page as text."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        answer.raise_for_status()
        return await answer.text()


@dataclass
class Service:
    """``async with Service(folder) as service``: ``backchannel serve`` until the block ends."""

    folder: Path
    command: tuple[str, ...] = ("serve",)
    port: int = 0
    url: str = ""
    lines: list[str] = field(default_factory=list)
    _process: Process | None = None
    _reading: "asyncio.Task[None] | None" = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.kill()

    async def start(self) -> None:
        """Return once it says where it is."""
        await self.begin()
        async with asyncio.timeout(START_S):
            await self.ready.wait()
        assert self.url, f"it ended instead of starting: {self.lines}"

    async def begin(self) -> None:
        """Start it, and do not wait."""
        self.ready = asyncio.Event()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "backchannel", *self.command, "--port", str(self.port)),
            cwd=self.folder,
            env=environment(),
            stderr=PIPE,
        )
        self._reading = asyncio.create_task(self._read())

    async def stop(self) -> int:
        """Ask it to end as systemd would; its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await self._ended()

    async def kill(self) -> None:
        """End it with no warning, if it has not ended."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        await self._ended()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def _ended(self) -> int:
        assert self._process is not None
        assert self._reading is not None
        status = await self._process.wait()
        await self._reading
        return status

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.lines.append(line.decode().rstrip())
            if found := re.search(r" is at (http://\S+?:(\d+))/", self.lines[-1]):
                self.url, self.port = found[1], int(found[2])
                self.ready.set()
        self.ready.set()
