"""Hostile feeds: each ends in a plain message within its deadline, and costs the service nothing."""

import asyncio
import os
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from collector import worker
from collector.adapter import Ask
from collector.http import Http
from collector.networks import feeds
from tests.fakes.feedserver import (
    FeedServer,
    billion_laughs,
    broken_and_long,
    item,
    many_attributes,
    nested_tags,
    rss,
)
from tests.fakes.jobs import grow, spin
from tests.fakes.ledger import a_source
from timeline.errors import SourceUnavailable

TIMEOUT_S = 1.0  # for the feed to arrive
DEADLINE_S = 1.5  # for the one that keeps its reader busy
PATIENCE_S = 20.0  # for the rest, which end by themselves, on a busy machine
MEGABYTE = 1024 * 1024

FAULTS = {
    "malformed": (lambda s: s.serve("/f", "<rss><channel><title>x</b><ite"), "nothing can be read in this feed"),
    "no feed": (lambda s: s.serve("/f", "hello"), "neither a feed nor a web page"),
    "nothing": (lambda s: s.serve("/f", b""), "neither a feed nor a web page"),
    "50 MB": (lambda s: s.large("/f", megabytes=50), "sent more than 8 MB"),
    "billion laughs": (lambda s: s.serve("/f", billion_laughs()), "entities that grow without bound"),
    "300,000 attributes": (lambda s: s.serve("/f", many_attributes()), "built to exhaust"),
    "200,000 nested tags": (lambda s: s.serve("/f", nested_tags()), "built to exhaust"),
    "long and broken": (lambda s: s.serve("/f", broken_and_long(7)), "takes longer than 1.5 s"),
    "endless": (lambda s: s.endless("/f"), "sent more than 8 MB"),
    "a byte at a time": (lambda s: s.drip("/f", rss(item(1)).encode(), every_s=0.2), "did not answer within 1 s"),
    "gzip bomb": (lambda s: s.bomb("/f", megabytes=200), "sent more than 8 MB"),
    "redirect loop": (lambda s: s.redirect("/f", "/f"), "from one address to the next"),
    "lasting redirect loop": (lambda s: s.redirect("/f", "/f", status=301), "from one address to the next"),
    "redirect to nowhere": (lambda s: s.redirect("/f", "gopher://x.example/", status=308), "no address we can open"),
    "hung up": (lambda s: s.refuse("/f", 500), "trouble of its own"),
}


@pytest.fixture
async def server():
    async with FeedServer() as running:
        yield running


async def read(url, http, *, deadline_s=PATIENCE_S):
    span = {"collect_from": datetime(2000, 1, 1, tzinfo=UTC), "collect_until": datetime(2100, 1, 1, tzinfo=UTC)}
    ask = Ask(source=a_source(kind="feed", settings={"url": url}, **span), cursors={}, now=datetime.now(UTC))
    return [one async for one in feeds.fetch(ask, http, timeout_s=TIMEOUT_S, deadline_s=deadline_s)]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_ends_in_a_plain_message(server, http, fault):
    misbehave, message = FAULTS[fault]
    misbehave(server)
    started, before = time.monotonic(), peak()

    with pytest.raises(SourceUnavailable, match=message):
        await read(server.url("/f"), http, deadline_s=DEADLINE_S if fault == "long and broken" else PATIENCE_S)

    assert time.monotonic() - started < TIMEOUT_S + PATIENCE_S
    assert peak() - before < 64 * MEGABYTE
    server.serve("/fine", rss(item(1)))
    assert [len(batch.heard) for batch in await read(server.url("/fine"), http)] == [1]
    assert len(children()) <= worker.WORKERS


async def test_a_redirect_into_a_private_network_is_refused(server, monkeypatch):
    monkeypatch.setattr("collector.addresses.is_public", lambda address: address == "127.0.0.1")
    async with Http(contact="", version="", base_url="") as door:
        for status in (302, 301):
            server.redirect("/f", "http://10.0.0.1/feed", status=status)
            with pytest.raises(SourceUnavailable, match="private network"):
                await read(server.url("/f"), door)


async def test_words_in_another_encoding_than_declared_are_read_and_said(server, http):
    server.serve("/f", rss(item(1, words="Über die Brücke")).encode("latin-1"))
    [batch] = await read(server.url("/f"), http)
    assert [heard.post.title for heard in batch.heard] == ["Über die Brücke 1"]
    assert batch.found == "the feed is read, although it is not in the encoding it declares"


@pytest.fixture
def fifo(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    return str(tmp_path / "fifo")


async def heard(fifo: str) -> BinaryIO:
    """Returns once somebody spins."""
    ear = await asyncio.to_thread(open, fifo, "rb", 0)
    assert await asyncio.to_thread(ear.read, 8) == b"spinning"
    return ear


async def ended(job: asyncio.Task[object]) -> None:
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job


async def test_a_job_that_spins_is_killed_and_the_next_one_runs(fifo):
    job = asyncio.create_task(worker.run(spin, fifo, deadline_s=0.3, memory_mb=64))
    with await heard(fifo) as ear:
        with pytest.raises(worker.Overrun, match=r"takes longer than 0\.3 s"):
            await job
        assert await asyncio.to_thread(ear.read) == b""
    assert await worker.run(len, "abc", deadline_s=5, memory_mb=64) == 3


async def test_a_job_that_spins_does_not_keep_another_waiting(fifo):
    job = asyncio.create_task(worker.run(spin, fifo, deadline_s=60, memory_mb=64))
    with await heard(fifo):
        assert await worker.run(len, "abc", deadline_s=5, memory_mb=64) == 3
        assert not job.done()
    await ended(job)


async def test_a_job_that_grows_is_stopped_at_its_limit():
    with pytest.raises(worker.Overrun, match="takes more than 64 MB"):
        await worker.run(grow, deadline_s=5, memory_mb=64)


async def test_a_job_whose_process_dies_is_told_apart():
    with pytest.raises(worker.Overrun, match="made its reader crash"):
        await worker.run(os._exit, 1, deadline_s=5, memory_mb=64)


async def test_no_more_than_two_jobs_run_at_once():
    await asyncio.gather(*(worker.run(time.sleep, 0.05, deadline_s=5, memory_mb=64) for _ in range(6)))
    assert len(children()) <= worker.WORKERS


async def test_of_large_jobs_there_is_one_and_room_for_a_small_one_beside_it(fifo):
    job = asyncio.create_task(worker.run(spin, fifo, deadline_s=60, memory_mb=64, large=True))
    with await heard(fifo):
        another = asyncio.create_task(worker.run(len, "abc", deadline_s=5, memory_mb=64, large=True))
        assert await worker.run(len, "abc", deadline_s=5, memory_mb=64) == 3
        assert not another.done()
    await ended(job)
    assert await another == 3


async def test_a_cancelled_job_takes_its_process_with_it(fifo):
    job = asyncio.create_task(worker.run(spin, fifo, deadline_s=60, memory_mb=64))
    with await heard(fifo) as ear:
        busy = children()
        await ended(job)
        assert await asyncio.to_thread(ear.read) == b""
    assert len(children()) < len(busy)


PARENT = """
import asyncio, sys, time
from collector import worker
from tests.fakes.jobs import spin
worker.GRACE_S = 0.2
async def main():
    await worker.run(len, "abc", deadline_s=5, memory_mb=64)
    print("up", flush=True)
    if sys.argv[1] == "spin":
        await worker.run(spin, sys.argv[2], deadline_s=float(sys.argv[3]), memory_mb=64)
asyncio.run(main())
"""


async def test_an_idle_worker_ends_with_the_service():
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, "idle", stdout=asyncio.subprocess.PIPE)
    out, _ = await parent.communicate()  # also waits for the worker, which holds the other end
    assert (out, parent.returncode) == (b"up\n", 0)


async def test_a_busy_worker_outlives_a_killed_parent_only_by_its_deadline(fifo):
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, "spin", fifo, "1.0")
    with await heard(fifo) as ear:
        parent.kill()
        await parent.wait()
        assert await asyncio.to_thread(ear.read) == b""  # the end of the file is the end of the worker


def peak() -> int:
    """Bytes this process has had in memory at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def children() -> list[int]:
    """The living workers; other tests of this process may have children of their own, a browser say."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue  # ended while we looked
        if int(fields[1]) == os.getpid() and fields[0] != "Z" and b"anyio.to_process" in command:
            found.append(int(folder.name))
    return found
