"""Entries known again when a feed gives them other names.

Blogs move, permalinks change, and some feeds make up new GUIDs with every title or every
answer: taken at its word, such a feed would say everything again. So what a feed showed is
remembered (``Shown``, kept in a cursor), and an entry that agrees with it in what names
cannot change keeps the name it had first.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime

from collector.feed import Entry, Feed
from collector.feedknown import SIZE
from collector.feedsearch import Search, called_otherwise
from collector.feedshown import Known, Missing, Shown, epoch, mark, packed
from timeline.link import same_page
from timeline.tidy import MAX_URI

REMEMBERED = 500  # entries of a feed, or as many as it shows
_SHARED = 200  # names that several entries had
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An entry under the name that is its own for good; ``since`` where it was shown before, its first date."""

    entry: Entry
    uri: str
    link: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A feed's entries named, what to remember, and how many were known under other names."""

    entries: tuple[Named, ...]
    shown: Shown
    renamed: int


def recognise(feed: Feed, shown: Shown, address: str, *, now: datetime, whole: bool = True) -> Recognised:
    """Name the entries of the feed at ``address``: as before where they were shown before, else anew.

    Only from the ``whole`` feed an entry can be missing.
    """
    entries = _each_once(feed.entries)
    shared = _shared(entries, shown, home=same_page(feed.link))
    unchanged = _unchanged(feed, shown)
    found = Search(entries, shown.entries, shared, {known.uri for known in unchanged}).found if shown.entries else {}
    taken = {known.uri for known in shown.entries}
    renamed, named, current = 0, [], []
    for number, entry in enumerate(entries):
        known = found.get(number)
        if known is None:
            uri = _new_name(entry, address, shared, taken)
            taken.add(uri)
            since = min(entry.published or now, now)
            known = Known(uri=uri, link="", since=int(since.timestamp()))
            link = entry.link
            named.append(Named(entry=entry, uri=uri, link=link, since=None))
        else:
            before = known.link or known.uri
            link = before if entry.link and same_page(before) == same_page(entry.link) else entry.link
            renamed += called_otherwise(entry, known)
            first = datetime.fromtimestamp(known.since, UTC)
            named.append(Named(entry=entry, uri=known.uri, link=link, since=first))
        known.told(entry, link)
        current.append(known)
    current += unchanged
    still = {known.uri for known in current}
    older = [known for known in shown.entries if known.uri not in still]
    if whole and current:
        _note_missing(current, older)
    kept = (current + older)[: max(REMEMBERED, len(current))]
    names = list(dict.fromkeys([*shown.shared, *sorted(shared)]))[-_SHARED:]
    after = Shown(entries=kept, shared=names, restless=renamed > 0)
    return Recognised(entries=tuple(named), shown=after, renamed=renamed)


def _note_missing(current: Sequence[Known], older: Sequence[Known]) -> None:
    oldest = min(known.since for known in current)
    for known in current:
        known.missing = Missing.NOT
    for known in older:
        if known.missing == Missing.NOT and known.since > oldest:
            known.missing = Missing.NOTICED


def own_name(entry: Entry, address: str) -> str:
    """The entry's id where that is a URI; a bare id within its feed; else the link; else what it says and when."""
    return next(_names(entry, address, frozenset()))


def _names(entry: Entry, address: str, shared: Set[str]) -> Iterator[str]:
    by_id = entry.id if _URI.fullmatch(entry.id) else entry.id and f"{address}#{entry.id}"
    named = ((by_id, f"id {entry.marks.id}"), (entry.link, f"link {entry.marks.link}"))
    yield from (name for name, kind in named if name and len(name) <= MAX_URI and kind not in shared)
    said = f"{entry.title or entry.html}\n{entry.published.isoformat() if entry.published else ''}"
    for told in (said, f"{said}\n{entry.html}", f"{said}\n{entry.html}\n{entry.id}\n{entry.link}"):
        yield f"{address}#{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def _new_name(entry: Entry, address: str, shared: Set[str], taken: Set[str]) -> str:
    return next((name for name in _names(entry, address, shared) if name not in taken), own_name(entry, address))


def _each_once(entries: Iterable[Entry]) -> list[Entry]:
    """Without what the feed lists again: the same id and address, or the same address, title and date."""
    seen: set[tuple[object, ...]] = set()
    once = []
    for entry in entries:
        marks, at = entry.marks, epoch(entry.published)
        said = ("said", marks.link, marks.title, at, marks.words if marks.link == "" or not at else "")
        bare = marks.link in ("", marks.id)  # an id without an address beside it tells less
        called = ("called", marks.id, marks.link, marks.title if bare else "") if marks.id else said
        if said not in seen and called not in seen:
            once.append(entry)
        seen |= {said, called}
    return once


def _unchanged(feed: Feed, shown: Shown) -> list[Known]:
    """What the feed still says word for word, so that its entry is not among those given."""
    told = {packed(feed.known[at : at + SIZE]) for at in range(0, len(feed.known), SIZE)}
    told -= {packed(entry.digest) for entry in feed.entries}
    return [known for known in shown.entries if known.digest in told]


def _shared(entries: Sequence[Entry], shown: Shown, *, home: str) -> Set[str]:
    """Names that tell nothing, because several entries have them, or because they are the feed's own."""
    counted = Counter(f"id {entry.marks.id}" for entry in entries if entry.marks.id)
    counted.update(f"link {entry.marks.link}" for entry in entries if entry.marks.link)
    return {name for name, times in counted.items() if times > 1} | set(shown.shared) | {f"link {mark(home)}"}
