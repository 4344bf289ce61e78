"""How each source of an event stands, in the words of the desk. Pure: what was read in, words and drawings out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from dashboard import strokes
from dashboard.filters import grouped
from dashboard.languages import gettext, message, ngettext
from timeline import forecast
from timeline.event import Event
from timeline.network import NetworkInfo, SourceStatus

Mood = Literal["fault", "slow", "new", "up", "off"]
_ORDER: tuple[Mood, ...] = ("fault", "slow", "new", "up", "off")
BARS = 20  # of the last hour: three minutes each
_RECENT = 10  # minutes by which the rate is told
_SLOW_S = 120.0
_OVERDUE = timedelta(minutes=2)  # a poll that has not begun by then waits for a collector that is not there


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """What is known of the last hour, by source id: seconds from published to seen, and posts in ``BARS`` parts."""

    lags: Mapping[int, float] = field(default_factory=dict)
    arrivals: Mapping[int, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """A day's budget as a bar: ``spent`` and ``forecast`` are per cent of its width."""

    words: str
    spent: int
    forecast: int
    short: bool  # it is spent, or will be before it is set back


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One source as the desk shows it; times stay times, because each page writes them in its own zone."""

    status: SourceStatus
    name: str
    what: str
    mood: Mood
    how: str
    lag_s: float | None
    lag: str
    hour: int
    rate: str
    spark: str
    spend: Spend | None
    forecast: int | None
    terms: tuple[str, ...]
    error: str | None
    hint: str | None
    overdue: bool

    @property
    def id(self) -> int:
        return self.status.source.id


def standings(
    event: Event,
    statuses: Sequence[SourceStatus],
    networks: Sequence[NetworkInfo],
    paces: Paces,
    now: datetime,
) -> list[Standing]:
    """Every source of ``event``, those that need a look first, else in the order they were added."""
    infos = {info.key: info for info in networks}
    told = [_standing(event, status, infos.get(status.source.kind), paces, now) for status in statuses]
    return sorted(told, key=lambda one: _ORDER.index(one.mood))


def summary(told: Sequence[Standing]) -> str:
    """All of them in one line."""
    wanted = [one for one in told if one.mood != "off"]
    faults = [one.name for one in wanted if one.mood == "fault"]
    slow = [one.name for one in wanted if one.mood == "slow"]
    if not wanted:
        return gettext("Nothing is being collected.") if told else gettext("No sources yet.")
    if faults and len(wanted) == 1:
        return gettext("1 of 1 source needs a look: %(name)s.", name=faults[0])
    if faults:
        return ngettext(
            "%(num)s of %(all)s sources needs a look: %(names)s.",
            "%(num)s of %(all)s sources need a look: %(names)s.",
            len(faults), all=len(wanted), names=_some(faults),
        )  # fmt: skip
    if slow and len(wanted) == 1:
        return gettext("%(name)s waits.", name=slow[0])
    if slow:
        return gettext("All %(all)s answer, not all in full: %(names)s.", all=len(wanted), names=_some(slow))
    return gettext("All %(all)s sources are up.", all=len(wanted)) if len(wanted) > 1 else gettext("The source is up.")


def _standing(event: Event, status: SourceStatus, info: NetworkInfo | None, paces: Paces, now: datetime) -> Standing:
    bars = paces.arrivals.get(status.source.id, ())
    hour = sum(bars)
    lag_s = paces.lags.get(status.source.id)
    overdue = status.state != "stopped" and status.next_poll_at is not None and now - status.next_poll_at > _OVERDUE
    mood = _mood(event, status, lag_s, overdue, now)
    return Standing(
        status=status,
        name=name(status, info),
        what=_what(status, info),
        mood=mood,
        how=_how(status, info),
        lag_s=lag_s,
        lag=_span(lag_s) if lag_s is not None else "",
        hour=hour,
        rate=_rate(bars, hour) if mood != "off" else "",
        spark=strokes.path(bars, max(bars)) if hour else "",
        spend=_spend(status, hour, now),
        forecast=forecast.by_midnight(status.budget, last_hour=hour, at=now) if status.budget else None,
        terms=info.terms if info else (),
        error=status.error if mood != "off" else None,
        hint=status.hint if mood != "off" else None,
        overdue=overdue,
    )


def name(status: SourceStatus, info: NetworkInfo | None) -> str:
    """What people call a source: its label, or its network and where on it."""
    source = status.source
    label = message(info.label if info else source.kind.capitalize())
    place = _place(status)
    if source.label:
        return source.label
    if place and info is not None and not info.tagged:
        return place
    return gettext("%(network)s on %(place)s", network=label, place=place) if place else label


def _mood(event: Event, status: SourceStatus, lag_s: float | None, overdue: bool, now: datetime) -> Mood:
    if status.state == "stopped" or not event.collects(now):
        return "off"
    if status.state == "failing":
        return "fault"
    if overdue or status.error or (lag_s or 0) > _SLOW_S:
        return "slow"
    return "new" if status.state == "waiting" else "up"


def _how(status: SourceStatus, info: NetworkInfo | None) -> str:
    """By what is due next: what is not asked is heard by a line, and so is what could be and is asked seldom."""
    last, due = status.last_success_at, status.next_poll_at
    if status.state == "waiting" and status.error:
        return ""  # what it waits for is told, and until then it is not asked
    if due is None:
        return gettext("listening live")
    usual_s = status.source.every_s or (info.default_every_s if info else 0.0)
    rhythm_s = (due - last).total_seconds() if last and status.state == "ok" and not status.error else usual_s
    if rhythm_s <= 1.5 * usual_s or status.source.every_s:
        return gettext("asked every %(span)s", span=_span(usual_s))
    if info is not None and info.beside_s:
        return gettext("listening live")
    return gettext("asked every %(span)s", span=_span(rhythm_s))


def _what(status: SourceStatus, info: NetworkInfo | None) -> str:
    source = status.source
    words = [f"#{tag}" for tag in source.spellings] if info is None or info.tagged or source.keep == "tagged" else []
    words += source.accounts
    if words:
        return _some(words)
    url = urlsplit(str(source["url"] or ""))  # a site may have several feeds; what follows "?" may be a key
    return f"{url.hostname or ''}{url.path.rstrip('/')}"


def _place(status: SourceStatus) -> str:
    address = status.source["server"] or status.source["url"] or ""
    return (urlsplit(str(address)).hostname or "").removeprefix("www.")


def _rate(bars: Sequence[int], hour: int) -> str:
    recent = sum(bars[-_RECENT * len(bars) // 60 :]) if bars else 0
    if recent >= _RECENT:
        return gettext("%(num)s a minute", num=grouped(round(recent / _RECENT)))
    return gettext("%(num)s this hour", num=grouped(hour)) if hour else gettext("none this hour")


def _spend(status: SourceStatus, hour: int, now: datetime) -> Spend | None:
    budget = status.budget
    if budget is None:
        return None
    ahead = forecast.by_midnight(budget, last_hour=hour, at=now)
    out_at = forecast.runs_out_at(budget, last_hour=hour, at=now)
    read = {"read": grouped(budget.spent), "limit": grouped(budget.limit)}
    if not budget.left:
        words = gettext("%(read)s of %(limit)s posts read today, none left until midnight UTC", **read)
    elif out_at is not None:
        words = gettext(
            "%(read)s of %(limit)s posts read today, spent by about %(time)s UTC at this pace",
            **read, time=f"{out_at:%H:%M}",
        )  # fmt: skip
    elif ahead is not None:
        words = gettext(
            "%(read)s of %(limit)s posts read today, about %(ahead)s by midnight UTC", **read, ahead=grouped(ahead)
        )
    else:
        words = gettext("%(read)s of %(limit)s posts read today", **read)
    return Spend(
        words=words,
        spent=_share(budget.spent, budget.limit),
        forecast=_share(ahead or budget.spent, budget.limit),
        short=not budget.left or out_at is not None,
    )


def _share(part: int, whole: int) -> int:
    return min(100, round(100 * part / whole)) if whole else 100


def _span(seconds: float) -> str:
    """4 s, 3 min, 2 h"""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3600:.0f} h"


def _some(names: Sequence[str]) -> str:
    if len(names) <= 3:
        return ", ".join(names)
    return ngettext(
        "%(names)s and %(num)s more", "%(names)s and %(num)s more", len(names) - 2, names=", ".join(names[:2])
    )
