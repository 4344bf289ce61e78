"""The signal: posts a minute as bars, in numbers and as a table. Pure: counts in, drawing out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from dashboard import strokes
from dashboard.filters import last_moment, weekday
from dashboard.strokes import Bars
from timeline.event import Event
from timeline.item import Place

MINUTE = timedelta(minutes=1)
_MAX_DAYS = 14  # of a longer event: the last, or those up to today
_STEPS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)  # minutes a bar may stand for, else an hour
_MOST_BARS = 150  # 5 px a bar on the usual column
_CLOSE = (30, 60, 120, 180)  # minutes shown while a day is young; then the day
_BEFORE_NOW = 3  # minutes of room a young day has at its end at least
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which minutes to count: ``minutes`` of them from ``start``."""

    start: datetime
    minutes: int

    @property
    def end(self) -> datetime:
        return self.start + self.minutes * MINUTE

    def minute(self, at: datetime) -> int:
        """Which minute of the span ``at`` is in; outside it below 0 or past the end."""
        return (at - self.start) // MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A word under the bars, ``at`` so many per cent of the width: a time where the event is, or a day."""

    at: float
    when: date

    @property
    def text(self) -> str:
        """14:30 or Mon 12, in the language of who looks."""
        return f"{self.when:%H:%M}" if isinstance(self.when, datetime) else weekday(self.when)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the event: its fingerprint, and the position (``before``) from which its posts are read."""

    day: date
    posts: int
    bars: str
    now: bool
    ahead: bool
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What is said and drawn about the pace of an event: today while it is on, else ``whole``.

    A young day is drawn close up, from its first post; after three hours the day is drawn.

    ``rate`` is how many posts the last full minute had, which began at ``rate_at``; None while
    the event is not on. ``values`` are the posts of each bar, ``step_s`` seconds from one to the
    next (0 where nights are left out).
    """

    rate: int | None
    rate_at: datetime
    peak: int
    peak_at: datetime | None
    total: int
    whole: bool
    bars: Bars
    small: Bars
    ticks: tuple[Tick, ...]
    now_at: float | None
    days: tuple[Day, ...]
    rows: tuple[tuple[datetime, int], ...]
    row_minutes: int
    values: tuple[int, ...]
    starts: datetime
    step_s: int


def span_of(event: Event, now: datetime) -> Span:
    """The local days worth counting: the event's own, or the last week while it is still to come."""
    first, last = _local(event.starts_at, event), _local(max(event.starts_at, event.ends_at - _MOMENT), event)
    today = _local(now, event)
    match event.phase(now):
        case "coming":
            last = today
            first = min(last, max(_local(event.collect_from, event), last - timedelta(days=6)))
        case "live":
            last = max(today, min(_local(last_moment(event), event), first + timedelta(days=_MAX_DAYS - 1)))
    first = max(first, last - timedelta(days=_MAX_DAYS - 1))
    start = _midnight(first, event)
    return Span(start=start, minutes=(_midnight(last + timedelta(days=1), event) - start) // MINUTE)


def draw(event: Event, span: Span, counts: Sequence[int], now: datetime) -> Signal:
    """The signal of ``event`` at ``now`` from posts counted by the minute over ``span``."""
    days = _named(_days(event, span), event, span, counts, now)
    live = event.phase(now) == "live"
    chosen = [day for day in days if day == _local(now, event)] if live else days
    parts = [_minutes_of(day, event, span) for day in chosen]
    here = span.minute(now) if live else None
    close = _close_up(parts[0], counts, here) if here is not None else None
    hours = _busy_hours(parts, counts, now=here)
    shown = [close] if close else [_hours_of(part, hours) for part in parts]
    step = next((step for step in _STEPS if sum(map(len, shown)) / step <= _MOST_BARS), 60)
    fresh = here - (step * 12 if close is None else 10) if here is not None else None
    edges = [(at, min(at + step, part.stop)) for part in shown for at in range(part.start, part.stop, step)]
    counted = range(parts[0].start, parts[-1].stop)
    row = 10 if len(chosen) == 1 else 60
    peak_minute = max(counted, key=lambda at: (counts[at], -at))
    return Signal(
        rate=sum(counts[max(0, here - 1) : here]) if here is not None else None,
        rate_at=span.start + (span.minute(now) - 1) * MINUTE,
        peak=counts[peak_minute],
        peak_at=span.start + peak_minute * MINUTE if counts[peak_minute] else None,
        total=sum(counts[counted.start : counted.stop]),
        whole=not live,
        bars=strokes.bars(edges, counts, span.minute(now), fresh),
        small=strokes.bars(strokes.small(shown), counts, span.minute(now), fresh),
        ticks=_ticks(shown[0], event, span) if len(chosen) == 1 else _day_ticks(shown, chosen),
        now_at=_now_at(shown[0], span, now) if live else None,
        days=_cells(days, event, span, counts, now) if len(days) > 1 else (),
        rows=_table(event, span, counts, counted, row),
        row_minutes=row,
        values=tuple(sum(counts[left:right]) for left, right in edges),
        starts=span.start + edges[0][0] * MINUTE,
        step_s=step * 60 if len(chosen) == 1 else 0,
    )


def _local(at: datetime, event: Event) -> date:
    return at.astimezone(event.zone).date()


def _midnight(day: date, event: Event) -> datetime:
    return datetime.combine(day, time(), tzinfo=event.zone).astimezone(UTC)


def _days(event: Event, span: Span) -> list[date]:
    first, last = _local(span.start, event), _local(span.end - _MOMENT, event)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _named(days: list[date], event: Event, span: Span, counts: Sequence[int], now: datetime) -> list[date]:
    """Without the morning after a night's end, if nothing was said in it."""
    part = _minutes_of(days[-1], event, span)
    extra = event.phase(now) == "past" and days[-1] > _local(last_moment(event), event)
    return days[:-1] if extra and not any(counts[part.start : part.stop]) else days


def _minutes_of(day: date, event: Event, span: Span) -> range:
    return range(span.minute(_midnight(day, event)), span.minute(_midnight(day + timedelta(days=1), event)))


def _busy_hours(parts: Sequence[range], counts: Sequence[int], *, now: int | None) -> range:
    """The hours of a day worth drawing: those with a hundredth of the posts, the present one, and nine to five."""
    by_hour = [0] * 25
    for part in parts:
        for at in part:
            by_hour[(at - part.start) // 60] += counts[at]
    busy = [hour for hour, posts in enumerate(by_hour) if posts * 100 > sum(by_hour)]
    if now is not None:
        busy.append((now - parts[0].start) // 60)
    return range(min([9, *busy]), min(24, max([17, *(hour + 1 for hour in busy)])))


def _hours_of(part: range, hours: range) -> range:
    return range(part.start + hours.start * 60, min(part.start + hours.stop * 60, part.stop))


def _close_up(part: range, counts: Sequence[int], here: int) -> range | None:
    """The minutes of a young day worth drawing: from its first post on. None once it has lasted three hours."""
    first = next((at for at in part if counts[at]), here)
    start = max(part.start, min(first, here) // 5 * 5)
    wide = next((wide for wide in _CLOSE if here + _BEFORE_NOW <= start + wide), None)
    return range(start, start + wide) if wide is not None and start + wide <= part.stop else None


def _ticks(part: range, event: Event, span: Span) -> tuple[Tick, ...]:
    """Full hours; of a young day also round minutes."""
    every = (
        5 if len(part) <= 30 else next(every for every in (10, 20, 30, 60, 120, 180, 240) if len(part) / every <= 12)
    )
    local = (span.start + part.start * MINUTE).astimezone(event.zone)
    first = part.start + -(local.hour * 60 + local.minute) % min(every, 60)
    return tuple(
        Tick(
            at=round(100 * (at - part.start) / len(part), 2),
            when=(span.start + at * MINUTE).astimezone(event.zone),
        )
        for at in range(first, part.stop, every)
    )


def _day_ticks(shown: Sequence[range], days: Sequence[date]) -> tuple[Tick, ...]:
    every = 1 if len(days) <= 7 else 2
    whole = sum(map(len, shown))
    return tuple(
        Tick(at=round(100 * sum(map(len, shown[:n])) / whole, 2), when=day)
        for n, day in enumerate(days)
        if n % every == 0
    )


def _now_at(part: range, span: Span, now: datetime) -> float:
    share = ((now - span.start) / MINUTE - part.start) / len(part)
    return round(100 * min(max(share, 0), 1), 2)


def _cells(days: Sequence[date], event: Event, span: Span, counts: Sequence[int], now: datetime) -> tuple[Day, ...]:
    """The same hours of every day, all to one scale."""
    today = _local(now, event)
    parts = [_minutes_of(day, event, span) for day in days]
    hours = _busy_hours(parts, counts, now=None)
    prints = [[sum(counts[left:right]) for left, right in strokes.small([_hours_of(part, hours)])] for part in parts]
    return tuple(
        Day(
            day=day,
            posts=sum(counts[part.start : part.stop]),
            bars=strokes.path(values, max(map(max, prints))),
            now=event.phase(now) == "live" and day == today,
            ahead=day > today,
            before=Place(published_at=_midnight(day + timedelta(days=1), event), id=0).encode() if day < today else "",
        )
        for day, part, values in zip(days, parts, prints, strict=True)
    )


def _table(
    event: Event, span: Span, counts: Sequence[int], counted: range, row: int
) -> tuple[tuple[datetime, int], ...]:
    rows = [(at, sum(counts[at : min(at + row, counted.stop)])) for at in range(counted.start, counted.stop, row)]
    return tuple(((span.start + at * MINUTE).astimezone(event.zone), posts) for at, posts in rows if posts)
