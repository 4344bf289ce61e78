"""Delivery: what one message to one reader costs, through the whole application and in a bare C loop.

Posts are committed to SQLite ten times a second by the one way in; the hub reads them from the
change log, draws their cards and writes them to every reader. The baseline writes frames of the
same size to as many readers from one ``epoll`` loop (``floor/server.c``), in the same run and in
turns with it. The cost is the CPU of the serving process divided by messages: log, drawing and
frames by themselves, as taking posts in has a benchmark of its own, and also with the commits.
"""

import argparse
import asyncio
import contextlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench import posts
from dashboard.app import listen, make_app
from dashboard.site import Site
from storage import events, intake, schema, sources
from storage.shelf import Shelf
from storage.store import Store
from storage.tail import Tail

FLOOR = Path(__file__).parent / "floor"
BAR = 1.6
RATE = 10
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one crowd of readers saw, and what it cost the server."""

    messages: int
    bytes_each: float
    closed: int
    p50_ms: float
    p99_ms: float
    cpu_s: float
    commits_s: float = 0.0  # the part of it that the thread of the writer took

    @property
    def delivery(self) -> float:
        """Microseconds for a message to one reader."""
        return (self.cpu_s - self.commits_s) / self.messages * 1e6

    @property
    def whole(self) -> float:
        """The same with the commits."""
        return self.cpu_s / self.messages * 1e6


async def main(crowds: Sequence[int] = (2_000, 5_000), *, seconds: float = 6, rounds: int = 2) -> bool:
    """Measure every crowd in turns and print the ratios; whether all are within the bar."""
    good = True
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # for the servers and readers, who inherit it
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server, readers = _compiled(folder, "server"), _compiled(folder, "readers")
        for crowd in crowds:
            ours, bare = [], []
            for _ in range(rounds):
                ours.append(await _through_app(readers, crowd, seconds, folder))
                bare.append(await _through_floor(server, readers, crowd, seconds, ours[-1].bytes_each))
            good &= _report(crowd, ours, bare, seconds)
    return good


def _report(crowd: int, ours: list[Round], bare: list[Round], seconds: float) -> bool:
    floor = statistics.median(one.delivery for one in bare)
    delivery = statistics.median(one.delivery for one in ours)
    whole = statistics.median(one.whole for one in ours)
    last = ours[-1]
    print(
        f"delivery to {crowd} readers, {RATE} changes a second: {delivery:.2f} µs a message, C loop {floor:.2f} µs: "
        f"{delivery / floor:.2f} × (bar {BAR} ×; with commits {whole / floor:.2f} ×)\n"
        f"  {last.messages / seconds:.0f} messages/s of {last.bytes_each:.0f} bytes, p50 {last.p50_ms:.0f} ms, "
        f"p99 {last.p99_ms:.0f} ms after the writer began, {sum(one.closed for one in ours)} readers cut off"
    )
    return delivery / floor <= BAR


def _compiled(folder: Path, name: str) -> Path:
    program = folder / name
    if shutil.which("cc") is None:
        raise SystemExit("delivery is measured against a loop in C: install a C compiler (on Debian: gcc)")
    subprocess.run(["cc", "-O2", "-o", program, FLOOR / f"{name}.c"], check=True)
    return program


async def _through_app(readers: Path, crowd: int, seconds: float, folder: Path) -> Round:
    database = folder / f"{crowd}-{time.monotonic_ns()}.db"
    async with _running([sys.executable, "-m", "bench.delivery", "--serve", str(database)]) as (process, port):
        return await _measured(process, readers, port, "/e/bench/stream", crowd, seconds, speaks=True)


async def _through_floor(server: Path, readers: Path, crowd: int, seconds: float, bytes_each: float) -> Round:
    async with _running([str(server), str(RATE), str(int(bytes_each))]) as (process, port):
        return await _measured(process, readers, port, "/", crowd, seconds)


@contextlib.asynccontextmanager
async def _running(command: list[str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A server that says its port on its first line."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield process, int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


async def _measured(
    server: asyncio.subprocess.Process,
    readers: Path,
    port: int,
    path: str,
    crowd: int,
    seconds: float,
    *,
    speaks: bool = False,
) -> Round:
    client = await asyncio.create_subprocess_exec(
        *(str(readers), str(port), path, str(crowd), str(seconds)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert client.stdin is not None
    assert client.stdout is not None
    if await client.stdout.readline() != b"ready\n":
        raise RuntimeError("the readers could not connect; is the limit on open files high enough?")
    await asyncio.sleep(2)  # those who came last catch up
    commits_s, cpu_s = await _commits_s(server) if speaks else 0.0, _cpu_s(server.pid)
    client.stdin.write(b"go\n")
    messages, read, closed, p50_ms, p99_ms, _ = (await client.stdout.readline()).split()
    cpu_s = _cpu_s(server.pid) - cpu_s
    commits_s = await _commits_s(server) - commits_s if speaks else 0.0
    await client.wait()
    return Round(
        messages=int(messages),
        bytes_each=int(read) / int(messages),
        closed=int(closed),
        p50_ms=float(p50_ms),
        p99_ms=float(p99_ms),
        cpu_s=cpu_s,
        commits_s=commits_s,
    )


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def _commits_s(server: asyncio.subprocess.Process) -> float:
    """What the application's writer has used so far; it answers a line with a line."""
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(b"?\n")
    return float(await server.stdout.readline())


async def _serve(database: Path) -> None:
    """The application with a writer beside it, until it is ended."""
    schema.upgrade(f"sqlite:///{database}")
    store = await Store.open(f"sqlite:///{database}")
    event = await store.write(events.save, posts.event(), origin="command", at=posts.START)
    source_id = await store.write(sources.add, event.id, posts.source(), origin="command")
    tail = Tail(store)
    await tail.start()

    async def ready() -> None:
        return None

    site = Site(title="Bench", base_url="http://localhost")
    shelf = Shelf(database.with_suffix(".media"), 1)
    app = make_app(store=store, tail=tail, site=site, networks=[posts.NETWORK], shelf=shelf, ready=ready)
    runner = await listen(app, host="127.0.0.1", port=0)
    print(runner.addresses[0][1], flush=True)
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, lambda: sys.stdin.readline() and loop.create_task(_tell_commits(store)))
    due = loop.time()
    for sighting in posts.sightings(1_000_000):
        due += 1 / RATE
        await asyncio.sleep(due - loop.time())
        words = f"<p>ts:{time.monotonic_ns():019d}</p>{sighting.post.html}"
        one = replace(sighting, post=replace(sighting.post, html=words))
        await store.write(intake.accept, [one], source_ids=[source_id], networks=posts.NETWORKS, at=posts.START)


async def _tell_commits(store: Store) -> None:
    print(await store.write(lambda _writing: time.thread_time()), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure delivery against a bare C loop.")
    parser.add_argument("--readers", type=int, nargs="+", default=[2_000, 5_000])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    wanted = _arguments()
    if wanted.serve:
        asyncio.run(_serve(wanted.serve))
    else:
        sys.exit(not asyncio.run(main(wanted.readers, seconds=wanted.seconds, rounds=wanted.rounds)))
