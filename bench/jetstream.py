"""The Bluesky firehose through our filter for 50 hashtags, against decoding every message with the standard library.

In memory: from a frame to the decision whether it is ours. By socket: from a host in a process
of its own through the door, the line and the decision, on one core; with how much memory is
held after 100,000 messages and at the end.
"""

import asyncio
import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import firehose
from collector import bluesky_line, jetstream
from collector.http import Http
from collector.networks import bluesky
from timeline.network import Source
from timeline.text import fold_hashtag

MESSAGES = 1_000_000
HANDFUL = 250
EARLY = 100_000


async def main(count: int = MESSAGES) -> None:
    """Both wires in memory, then v2 by socket to the end, v1 plain and packed for a fifth of it."""
    bluesky_line.LAG_S = float("inf")  # the frames come round again, and their time with them
    for wire in ("v2", "v1"):
        _in_memory(wire)
    await _by_socket("v2", count)
    await _by_socket("v1", count // 5)
    await _by_socket("v1", count // 5, packed=True)


def _in_memory(wire: str) -> None:
    frames = firehose.frames(wire)
    handfuls = [frames[start : start + HANDFUL] for start in range(0, len(frames), HANDFUL)]
    hits = {"ours": 0, "json": 0}

    def ours() -> None:
        heard = (jetstream.hear(handful, "h", firehose.WANTED, wire=wire).heard for handful in handfuls)
        hits["ours"] = sum(map(len, heard))

    def theirs() -> None:
        hits["json"] = sum(_wanted(json.loads(frame)) for frame in frames)

    ours_s, json_s = _best(ours), _best(theirs)
    assert hits["ours"] == hits["json"] == len(frames) // firehose.HIT_EVERY, hits
    mean = sum(map(len, frames)) / len(frames)
    print(
        f"jetstream {wire}, in memory, {mean:.0f} bytes a message: {len(frames) / ours_s:,.0f} messages/s,"
        f" standard library json {len(frames) / json_s:,.0f}, ratio {json_s / ours_s:.1f}"
    )


def _wanted(frame: dict[str, Any]) -> bool:
    """The same decision, on everything decoded."""
    commit = frame["payload"] if "payload" in frame else frame["commit"]
    if commit["operation"] != "create":
        return False
    features = (feature for facet in commit["record"].get("facets", ()) for feature in facet["features"])
    tags = [feature["tag"] for feature in features if "tag" in feature] + commit["record"].get("tags", [])
    return any(fold_hashtag(tag) in firehose.WANTED for tag in tags)


def _best(work: Callable[[], None]) -> float:
    """CPU seconds of the best of five."""
    took = []
    for _ in range(5):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


async def _by_socket(wire: str, count: int, *, packed: bool = False) -> None:
    async with (
        _host(wire, count, packed=packed) as url,
        Http(contact="", version="0", base_url="", allow_private_addresses=True) as http,
    ):
        source = _source(url, wire)
        now = firehose.START  # the stream's own time, so that nothing has to be reached back for
        batches = bluesky.listen([source], {}, http, now=now)
        seen = hits = early_kb = 0
        began, spent = time.perf_counter(), time.process_time()
        async for batch in batches:
            hits += len(batch.heard)
            if hits * firehose.HIT_EVERY >= EARLY and not early_kb:
                early_kb = _held_kb()
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - spent
        seen = hits * firehose.HIT_EVERY
        assert seen == count, f"{seen:,} of {count:,} messages were decided on"
        form = "zstd" if packed else "text"
        print(
            f"jetstream {wire}, by socket, {form}, {count:,} messages: {count / cpu_s:,.0f} messages/s of CPU time,"
            f" {count / took_s:,.0f} by the clock; memory {early_kb / 1024:.1f} MB after {EARLY:,},"
            f" {_held_kb() / 1024:.1f} MB at the end"
        )


@asynccontextmanager
async def _host(wire: str, count: int, *, packed: bool) -> Any:
    form = ["packed"] if packed else []
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.firehose", wire, str(count), *form, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


def _source(url: str, wire: str) -> Source:
    return Source(
        id=1,
        event_id=1,
        kind="bluesky",
        address=url,
        settings={"jetstream": (url,), "wire": wire},
        hashtags=tuple(sorted(firehose.WANTED)),
        collect_from=firehose.START,
        collect_until=datetime.now(UTC) + timedelta(days=1),
    )


def _held_kb() -> int:
    """What this process holds now, not the most it ever did."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES))
