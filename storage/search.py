"""Shown posts found by what readers ask for (timeline/query.py), newest first."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text

from storage.indexing import ID_BITS, WEIGHTS, item_of, key, keys_of, mark
from storage.tables import items
from timeline.item import Place
from timeline.query import Query, Span, Term
from timeline.view import Filter

COUNTED = 1_000  # posts found; beyond it is only said that there are more
_COLUMNS = {"words": "{said author}", "author": "author", "tags": "tags"}
_WEIGHTS = {"words": WEIGHTS["said"] + WEIGHTS["author"], "author": WEIGHTS["author"], "tags": WEIGHTS["tags"]}
_PLACED = select(items.c.published_at, items.c.id).where(items.c.id.in_(bindparam("ids", expanding=True)))


def find(reading: Connection, event_id: int, where: Filter, *, before: Place | None, limit: int) -> list[int]:
    """The newest items older than ``before`` that are asked for, newest first, ``limit`` at most."""
    if where.query is None or not where.query.answerable:
        return []
    if reading.dialect.name == "postgresql":
        return _find_items(reading, event_id, where, before=before, limit=limit)
    return _find_rows(reading, event_id, where, before=before, limit=limit)


def count(reading: Connection, event_id: int, where: Filter, *, upto: int = COUNTED + 1) -> int:
    """How many posts are asked for, counted no further than ``upto``."""
    if where.query is None or not where.query.answerable:
        return 0
    asked = (_items if reading.dialect.name == "postgresql" else _rows)(event_id, where)
    query = f"SELECT count(*) FROM (SELECT 1 FROM search WHERE {asked.condition} LIMIT :upto) AS found"  # noqa: S608
    found: int = reading.execute(text(query), asked.values | {"upto": upto}).scalar_one()
    return found


def _find_rows(reading: Connection, event_id: int, where: Filter, *, before: Place | None, limit: int) -> list[int]:
    """On SQLite. Rows are numbered by second: what was said in one is put in order here."""
    asked = _rows(event_id, where)
    found = f"SELECT rowid FROM search WHERE {asked.condition} AND rowid BETWEEN :low AND :high ORDER BY rowid DESC"  # noqa: S608
    in_full, in_part = text(found), text(f"{found} LIMIT :upto")

    def whole_second(last: int) -> list[int]:
        bounds = {"low": max(last >> ID_BITS << ID_BITS, asked.low), "high": min(last, asked.high)}
        return list(reading.scalars(in_full, asked.values | bounds))

    rows, high = [], asked.high
    if before is not None:
        last = key(before.published_at, -1)
        rows, high = whole_second(last), min((last >> ID_BITS << ID_BITS) - 1, asked.high)
    more = list(reading.scalars(in_part, asked.values | {"low": asked.low, "high": high, "upto": limit}))
    if len(more) == limit and (more[-1] - 1) >> ID_BITS == more[-1] >> ID_BITS:
        more += whole_second(more[-1] - 1)
    ids = [item_of(row) for row in [*rows, *more]]
    places = [Place(published_at=row.published_at, id=row.id) for row in reading.execute(_PLACED, {"ids": ids})]
    older = [place for place in places if before is None or _order(place) < _order(before)]
    return [place.id for place in sorted(older, key=_order, reverse=True)[:limit]]


def _order(place: Place) -> tuple[datetime, int]:
    return place.published_at, place.id


def _find_items(reading: Connection, event_id: int, where: Filter, *, before: Place | None, limit: int) -> list[int]:
    """On PostgreSQL, which chooses between the index by words and the one by time."""
    asked = _items(event_id, where)
    condition, values = asked.condition, {**asked.values, "upto": limit}
    if before is not None:
        condition += " AND (published_at, item_id) < (:published_at, :id)"
        values |= {"published_at": before.published_at, "id": before.id}
    query = f"SELECT item_id FROM search WHERE {condition} ORDER BY published_at DESC, item_id DESC LIMIT :upto"  # noqa: S608
    return list(reading.scalars(text(query), values))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A condition in SQL; on SQLite beside it between which row numbers to look."""

    condition: str
    values: dict[str, Any]
    low: int = -(2**63)
    high: int = 2**63 - 1


def _rows(event_id: int, where: Filter) -> _Asked:
    """What SQLite is asked, in SQL and in the words of FTS5; every word of the query is quoted."""
    query = where.query or Query()
    wanted, unwanted = _parts(where, _phrase, _marked, " OR ")
    match = f"({' AND '.join([_marked('event', event_id), *wanted])})"
    if unwanted:
        match += f" NOT ({' OR '.join(unwanted)})"
    conditions = ["search MATCH :match"]
    days, other_days = ([keys_of(*span) for span in spans] for spans in (query.days, query.without_days))
    if days:
        conditions.append(f"({' OR '.join(f'rowid BETWEEN {first} AND {last}' for first, last in days)})")
    conditions += [f"rowid NOT BETWEEN {first} AND {last}" for first, last in other_days]
    asked = _Asked(" AND ".join(conditions), {"match": match})
    return replace(asked, low=min(days)[0], high=max(last for _, last in days)) if days else asked


def _items(event_id: int, where: Filter) -> _Asked:
    """What PostgreSQL is asked, in SQL and as a tsquery; every word of the query is quoted."""
    query = where.query or Query()
    wanted, unwanted = _parts(where, _followed, _weighed, " | ")
    values: dict[str, Any] = {"event": event_id}
    conditions = ["event_id = :event"]
    if match := " & ".join([*wanted, *(f"!{one}" for one in unwanted)]):
        conditions.append("words @@ CAST(:match AS tsquery)")
        values["match"] = match
    if query.days:
        conditions.append(f"({' OR '.join(_within(values, span) for span in query.days)})")
    conditions += [f"NOT {_within(values, span)}" for span in query.without_days]
    return _Asked(" AND ".join(conditions), values)


def _parts(
    where: Filter, said: Callable[[Term], str], marked: Callable[[str, str], str], either: str
) -> tuple[list[str], list[str]]:
    """What has to be there and what must not, as a database writes it."""
    query = where.query or Query()
    wanted = [*map(said, query.terms), *(marked("has", one) for one in query.has)]
    any_of = ([*map(said, query.authors)], [marked("network", one) for one in query.networks])
    wanted += [f"({either.join(some)})" for some in any_of if some]
    unwanted = [*map(said, query.without), *(marked("has", one) for one in query.without_has)]
    unwanted += [marked("network", one) for one in (*query.without_networks, *sorted(where.without))]
    if where.network is not None:
        wanted.append(marked("network", where.network))
    if where.media:
        wanted.append(marked("has", "media"))
    if where.highlighted is not None:
        (wanted if where.highlighted else unwanted).append(marked("has", "highlight"))
    return wanted, unwanted


def _phrase(term: Term) -> str:
    asked = f'{_COLUMNS[term.place]} : "{" ".join(term.words)}"{" *" if term.prefix else ""}'
    return f"({asked} OR {_phrase(tag)})" if (tag := _as_tag(term)) else asked


def _marked(kind: str, value: object) -> str:
    return f'marks : "{mark(kind, value)}"'


def _followed(term: Term) -> str:
    last = len(term.words) - 1
    weights = _WEIGHTS[term.place]
    said = [f"'{word}':{'*' if term.prefix and n == last else ''}{weights}" for n, word in enumerate(term.words)]
    asked = f"({' <-> '.join(said)})"
    return f"({asked} | {_followed(tag)})" if (tag := _as_tag(term)) else asked


def _as_tag(term: Term) -> Term | None:
    """A single word is found as a hashtag, too, where it is the whole of it."""
    return Term(term.words, "tags") if term.place == "words" and len(term.words) == 1 else None


def _weighed(kind: str, value: object) -> str:
    return f"'{mark(kind, value)}':{WEIGHTS['marks']}"


def _within(values: dict[str, Any], span: Span) -> str:
    n = len(values)
    values |= {f"since{n}": span.since, f"until{n}": span.until}
    return f"(published_at >= :since{n} AND published_at < :until{n})"
