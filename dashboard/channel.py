"""One event's live stream: readers who are level share one frame, the same bytes for every connection.

A queue and a task for each reader cost four times as much (docs/decisions/0005-live-delivery.md).
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import structlog

from dashboard import frames, recent
from dashboard.fragments import Form, Fragments
from dashboard.frames import Wire
from dashboard.metrics import Metrics
from dashboard.public import event_by_slug
from dashboard.recent import Recent
from storage import changes
from storage.store import Store
from storage.tail import Tail
from timeline.change import Window
from timeline.errors import NoSuchEvent
from timeline.event import Event

STEPS = 50  # changes read and written at a time: about 150 KB of cards, which a slow line still takes in
SLICE = 500  # connections written to before others have their turn: about 4 ms
BUFFER_BYTES = 256 * 1024  # a reader that far behind is cut off, and resumes by its last number

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Every delay of the live streams, so that tests can shorten them."""

    coalesce_s: float = 0.1  # after a frame, what follows within this goes out together
    busy_coalesce_s: float = 0.25
    busy_per_s: int = 20  # changes a second from which the longer delay holds
    beat_s: float = 12.0  # the contract says 15 at most
    stall_s: float = 30.0  # a reader who takes nothing for this long while catching up is cut off
    again_s: float = 1.0  # after the database did not answer
    retry_ms: tuple[int, int] = (2_000, 5_000)  # spread, so that a restart does not bring everybody back at once


Seats = dict[asyncio.Transport, asyncio.Future[None]]
"""Readers of one form on one wire, and what is done when they are let go."""


class Channel:
    """One event's live stream. ``position`` is the number at which every seated reader stands.

    A reader at ``position`` joins without an ``await`` in between: from then on every frame
    reaches it, and none that it has already had.
    """

    def __init__(
        self,
        event: Event,
        *,
        store: Store,
        tail: Tail,
        fragments: Fragments,
        metrics: Metrics,
        pace: Pace,
        ended: Callable[["Channel"], None],
    ) -> None:
        self.event = event
        self.position = 0
        self.fragments = fragments
        self.recent = Recent(0)
        self.ended = False
        self.guests = 0
        self._store = store
        self._tail = tail
        self._metrics = metrics
        self._pace = pace
        self._on_end = ended
        self._seats: dict[tuple[Form, Wire], Seats] = {}
        self._moved = asyncio.Event()
        self._open = asyncio.Event()
        self._rate: deque[tuple[float, int]] = deque()
        self._task = asyncio.create_task(self._run(), name=f"live {event.slug}")

    @contextlib.contextmanager
    def seat(self, form: Form, wire: Wire, transport: asyncio.Transport) -> Iterator[asyncio.Future[None]]:
        """Take part from ``position`` on; the future is done when the channel lets go of the reader."""
        seats = self._seats.setdefault((form, wire), {})
        gone = seats[transport] = asyncio.get_running_loop().create_future()
        readers = self._metrics.readers.labels(form.kind)
        readers.inc()
        try:
            yield gone
        finally:
            readers.dec()
            del seats[transport]
            if not seats:
                self._seats.pop((form, wire), None)

    async def opened(self) -> None:
        """Return once the channel stands somewhere."""
        await self._open.wait()

    async def moves(self) -> None:
        """Return once ``position`` is another."""
        await self._moved.wait()

    def end(self) -> None:
        """Let everybody go; they come back, here or elsewhere, and resume."""
        self.ended = True
        self._on_end(self)
        self._task.cancel()
        self._open.set()
        self._moved.set()
        for seats in self._seats.values():
            for gone in seats.values():
                _let_go(gone)

    async def beat(self) -> None:
        """Write a comment to every reader, so that nothing between us closes a quiet connection."""
        await self._write(dict.fromkeys(self._forms(), frames.BEAT))

    async def _run(self) -> None:
        troubled = False
        while not self.ended:
            try:
                if self._open.is_set():
                    await self._tail.wait(self.event.id, self.position)
                    delay = await self._tell()
                else:
                    delay = await self._begin()
                troubled = False
            except NoSuchEvent:
                self.end()  # made a draft, or gone
                return
            except Exception:
                if not troubled:
                    _log.exception("the change log cannot be told", slug=self.event.slug)
                troubled, delay = True, self._pace.again_s
            await asyncio.sleep(delay)

    async def _begin(self) -> float:
        """Stand at the end of the log, knowing its last steps."""
        floor = max(0, self.event.seq - recent.STEPS)
        window = await self._store.read(changes.window, self.event.id, after=floor, limit=recent.STEPS)
        self.recent.clear(max(floor, window.floor))
        self.recent.add(window)
        self.position = window.upto
        self._open.set()
        return 0

    async def _tell(self) -> float:
        """Tell every reader what follows ``position``; how long to collect before the next frame.

        Rendered once for each form, and ``position`` moved, before the first byte is written.
        """
        began, before = asyncio.get_running_loop().time(), self.position
        window = await self._store.read(changes.window, self.event.id, after=before, limit=STEPS)
        if any(step.change.kind == "event.changed" for step in window.steps):
            self.event = await event_by_slug(self._store, self.event.slug)
        gone = await self._gone(window)
        if before < window.floor:  # an emptied event: nobody can be told step by step what is missing
            self.fragments.forget_all()
            self.recent.clear(window.latest)
            told = dict.fromkeys(self._forms(), frames.reset(window.latest))
            self.position = window.latest
        else:
            self.fragments.forget(window.steps)
            self.recent.add(window)
            told = {form: self.fragments.messages(window.steps, self.event, form) for form in self._forms()}
            for form in (form for form in told if form.is_wall and window.upto < window.latest):
                told[form] += self.fragments.ahead(gone, self.event)
            self.position = window.upto
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        self._metrics.changes.inc(len(window.steps))
        self._metrics.frames.inc(sum(1 for form, _ in self._seats if told.get(form)))
        await self._write(told)
        return self._delay(self.position - before, began)

    async def _gone(self, window: Window) -> set[int]:
        """What walls have to hear of before all the rest of a burst of news: what has gone out of sight since.

        Fifty changes go out together, four times a second: behind the 2,000 posts of a new source a removal would
        wait for ten seconds. What becomes of the event is known at once, too: whether its walls were cleared.
        """
        if window.upto >= window.latest or not any(form.is_wall for form in self._forms()):
            return set()
        gone, changed = await self._store.read(changes.gone_since, self.event.id, after=window.upto)
        if changed:
            self.event = await event_by_slug(self._store, self.event.slug)
        return gone

    def _forms(self) -> set[Form]:
        return {form for form, _ in self._seats}

    async def _write(self, told: Mapping[Form, bytes]) -> None:
        """Write to those who are seated now; whoever sits down meanwhile is past this already.

        A list of transports alone: fifty thousand pairs a second would keep the garbage collector walking
        through every connection.
        """
        rows = [(form, wire, seats, list(seats)) for (form, wire), seats in self._seats.items()]
        for form, wire, seats, seated in rows:
            if words := told.get(form):
                frame = wire.encode(words)
                for start in range(0, len(seated), SLICE):
                    self._deliver(frame, seated[start : start + SLICE], seats)
                    await asyncio.sleep(0)

    def _deliver(self, frame: bytes, seated: Iterable[asyncio.Transport], seats: Seats) -> None:
        delivered = 0
        for transport in seated:
            gone = seats.get(transport)
            if gone is None:
                continue  # left while others were written to
            try:
                if transport.is_closing():
                    _let_go(gone)
                elif transport.get_write_buffer_size() > BUFFER_BYTES:
                    transport.abort()
                    _let_go(gone)
                    self._metrics.cut_off.inc()
                else:
                    transport.write(frame)
                    delivered += 1
            except (RuntimeError, OSError):  # uvloop raises on a handle that has just closed
                _let_go(gone)
        self._metrics.deliveries.inc(delivered)

    def _delay(self, numbers: int, began: float) -> float:
        now = asyncio.get_running_loop().time()
        self._rate.append((now, numbers))
        while self._rate[0][0] < now - 1:
            self._rate.popleft()
        busy = sum(count for _, count in self._rate) > self._pace.busy_per_s
        return max(0, began + (self._pace.busy_coalesce_s if busy else self._pace.coalesce_s) - now)


def _let_go(gone: asyncio.Future[None]) -> None:
    if not gone.done():
        gone.set_result(None)
