"""X's filtered stream, read through our own door: https://docs.x.com/x-api/posts/filtered-stream (read 2026-11).

One JSON object a line and a blank line every 20 seconds. Each post is a batch of its own, so that the day's budget
stops us at the very post that spends it.
"""

from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from collector.adapter import Batch
from collector.http import Http
from collector.x_posts import FIELDS, read
from timeline.errors import SourceUnavailable
from timeline.network import Secret
from timeline.post import Unreadable

PATH = "/2/tweets/search/stream"
SILENCE_S = 25.0  # a sign of life comes every 20 s; X says to take 21 s and more without one for a dead line
LINE_BYTES = 1024 * 1024  # the longest seen is some 20 KB
CONNECTIONS, WINDOW = 50, timedelta(minutes=15)
_UNREADABLE = Batch(heard=(Unreadable(reason="x: not a line of the stream"),))


class Connections:
    """How often each line was connected; X admits so many connections in a window, and says 429 past them."""

    def __init__(self) -> None:
        self._at: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def note(self, line: str, now: datetime) -> None:
        """Another connection. Raises SourceUnavailable where X would refuse it."""
        before = self._at[line]
        while before and before[0] <= now - WINDOW:
            before.popleft()
        if len(before) >= CONNECTIONS:
            raise SourceUnavailable(
                f"X allows {CONNECTIONS} connections in {WINDOW // timedelta(minutes=1)} minutes, and we have had them",
                hint="It goes on by itself; until then X is asked instead.",
                retry_after_s=(before[0] + WINDOW - now).total_seconds(),
            )
        before.append(now)


async def batches(base: str, token: Secret, http: Http) -> AsyncGenerator[Batch, None]:
    """What the stream says until X ends it; the first batch, empty, says that it stands. Raises SourceUnavailable."""
    params = {name: ",".join(values) for name, values in FIELDS.items()}
    headers = {"Authorization": f"Bearer {token.reveal()}"}
    async with http.lines(
        base + PATH, params=params, headers=headers, limit_bytes=LINE_BYTES, silence_s=SILENCE_S
    ) as lines:
        yield Batch()
        async for handful in lines:
            for line in handful:
                batch = hear(line)
                if batch is None:
                    return
                yield batch


def hear(line: bytes) -> Batch | None:
    """What one line says; None where it says that X ends the stream."""
    if not line.strip():
        return Batch()  # a sign of life
    try:
        told = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _UNREADABLE
    if not isinstance(told, Mapping):
        return _UNREADABLE
    tweet, includes = told.get("data"), told.get("includes")
    if not isinstance(tweet, Mapping):
        return None if _ends(told) else _UNREADABLE
    heard = read(tweet, includes if isinstance(includes, Mapping) else {})
    return Batch(heard=[heard] if heard else (), read=[str(tweet["id"])] if tweet.get("id") else ())


def _ends(told: Mapping[str, Any]) -> bool:
    faults = told.get("errors")
    return any(
        "disconnect" in f"{fault.get('title')} {fault.get('type')}".lower() or "connection_issue" in fault
        for fault in [*(faults if isinstance(faults, list) else ()), told]
        if isinstance(fault, Mapping)
    )
