"""What a reader asks the search: words, phrases, and operators such as ``from:`` and ``day:``.

Anything that can be typed is a query. An operator that we do not know is words like any other; one that we
know with a value that we do not is a mistake, to be told to the reader.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

from timeline.event import Event
from timeline.network import NetworkInfo
from timeline.words import joined, words

MAX_QUERY = 200  # characters
PREFIX_FROM = 2  # letters: of one alone nearly everything is found
_MOST_DAYS = 366  # around the beginning of an event that are looked through for a weekday

In = Literal["words", "author", "tags"]
HAS = {
    "media": "media", "picture": "media", "pictures": "media", "image": "media", "images": "media", "photo": "media",
    "photos": "media", "video": "media", "link": "link", "links": "link", "poll": "poll", "polls": "poll",
    "highlight": "highlight", "highlights": "highlight",
}  # fmt: skip
_CHUNK = re.compile(
    r'(?P<minus>-)?(?:(?P<operator>[a-z]+):(?=\S))?(?P<tag>[#＃])?(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))',
    re.IGNORECASE,
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other; ``prefix`` where the last may go on."""

    words: tuple[str, ...]
    place: In = "words"
    prefix: bool = False


class Span(NamedTuple):
    """From ``since`` to ``until``, which is not in it."""

    since: datetime
    until: datetime


class Mistake(NamedTuple):
    """An operator that was given what it does not take."""

    operator: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked: all of ``terms`` and ``has``, and of ``authors``, ``networks`` and ``days`` one of each."""

    terms: tuple[Term, ...] = ()
    authors: tuple[Term, ...] = ()
    networks: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    days: tuple[Span, ...] = ()
    without: tuple[Term, ...] = ()
    without_networks: tuple[str, ...] = ()
    without_has: tuple[str, ...] = ()
    without_days: tuple[Span, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether there is anything to look for, and nothing in it that we did not understand."""
        asked = (
            self.terms, self.authors, self.networks, self.has, self.days, self.without, self.without_networks,
            self.without_has, self.without_days,
        )  # fmt: skip
        return any(asked) and not self.mistakes


def parse(text: str, *, event: Event, networks: Mapping[str, str], now: datetime) -> Query:
    """Read a query as it was typed. ``networks`` gives the key of each network by its folded name. Never raises."""
    text = text.translate(_QUOTES)[:MAX_QUERY]
    made: dict[str, dict[object, None]] = {}  # each once, in order

    def add(kind: str, *values: object) -> None:
        made.setdefault(kind, {}).update(dict.fromkeys(values))

    for chunk in _CHUNK.finditer(text):
        out = "without" if chunk["minus"] else ""
        value = chunk["bare"] if chunk["quoted"] is None else chunk["quoted"]
        last = chunk.end() == len(text) and (chunk["quoted"] is None or chunk[0].count('"') == 1)  # still being typed
        match (chunk["operator"] or "").lower():
            case "from":
                if term := _term(value, "author", prefix=last and not out):
                    add("without" if out else "authors", term)
            case "network":
                key = networks.get(" ".join(words(value)))
                add(
                    *(
                        (f"{out}_networks" if out else "networks", key)
                        if key
                        else ("mistakes", Mistake("network", value))
                    )
                )
            case "has":
                kind = HAS.get(value.lower())
                add(*((f"{out}_has" if out else "has", kind) if kind else ("mistakes", Mistake("has", value))))
            case "day":
                spans = [_span(day, event) for day in _days(value, event, now)]
                add(f"{out}_days" if out else "days", *spans)
                if not spans:
                    add("mistakes", Mistake("day", value))
            case operator:
                if chunk["tag"] and not operator:
                    term = _tag(value, prefix=last and not out)
                else:
                    term = _term(f"{operator} {value}", "words", prefix=last and not out)
                if term:
                    add(out or "terms", term)
    return Query(**{kind: tuple(values) for kind, values in made.items()})  # type: ignore[arg-type]


def network_names(infos: Iterable[NetworkInfo]) -> dict[str, str]:
    """What readers may call each network, by its key and by its label, for ``parse``."""
    return {" ".join(words(name)): info.key for info in infos for name in (info.key, info.label)}


def _term(value: str, place: In, *, prefix: bool) -> Term | None:
    said = tuple(words(value))
    return Term(said, place, prefix and len(said[-1]) >= PREFIX_FROM and value[-1].isalnum()) if said else None


def _tag(value: str, *, prefix: bool) -> Term | None:
    tag = joined(value)
    return Term((tag,), "tags", prefix and len(tag) >= PREFIX_FROM) if tag else None


def _days(value: str, event: Event, now: datetime) -> list[date]:
    """The days that are meant: those of the event itself before any other in which it collects."""
    value, today = value.lower(), now.astimezone(event.zone).date()
    if value in ("today", "yesterday"):
        return [today - timedelta(days=value == "yesterday")]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        try:
            return [date.fromisoformat(value)]
        except ValueError:
            return []
    if re.fullmatch(r"\d{1,2}", value, re.ASCII):
        return _nearest([day for day in _collected(event) if day.day == int(value)], event)
    if len(value) >= 3 and (named := [n for n, name in enumerate(_WEEKDAYS) if name.startswith(value)]):
        return _nearest([day for day in _collected(event) if day.weekday() == named[0]], event)
    return []


def _collected(event: Event) -> Iterator[date]:
    """The days on which the event collects, a year before and after its beginning at most."""
    first, begins, last = (
        at.astimezone(event.zone).toordinal() for at in (event.collect_from, event.starts_at, event.collect_until)
    )
    return map(date.fromordinal, range(max(first, begins - _MOST_DAYS), min(last, begins + _MOST_DAYS) + 1))


def _nearest(days: list[date], event: Event) -> list[date]:
    """Those of the event; where it has none, the one nearest to it."""
    first, last = (at.astimezone(event.zone).date() for at in (event.starts_at, event.ends_at))
    if own := [day for day in days if first <= day <= last]:
        return own
    return sorted(days, key=lambda day: max(first - day, day - last))[:1]


def _span(day: date, event: Event) -> Span:
    """A day where the event is."""

    def midnight(on: date) -> datetime:
        return datetime.combine(on, time(), tzinfo=event.zone).astimezone(UTC)

    try:
        return Span(midnight(day), midnight(day + timedelta(days=1)))
    except OverflowError:  # the first and last days of the calendar
        at = datetime.combine(day, time(), tzinfo=UTC)
        return Span(at, at)
