"""Entries found again among what was shown: by what names they have left, else by what they say and when."""

from collections import defaultdict
from collections.abc import Sequence, Set
from itertools import product

from collector.feed import Entry
from collector.feedshown import Known, epoch

_EVIDENCE = 2  # entries that must agree before a feed's names count for nothing
_Parts = tuple[str, ...]
# What must agree, the surest first. Of "own" names those count that no other entry has.
_SURE: tuple[_Parts, ...] = (
    ("id", "link", "title", "date"), ("link", "title", "date"), ("id", "title", "date"), ("own id", "own link"),
    ("own id", "title"), ("own link", "title"),
)  # fmt: skip
# Only where neither another entry nor anything else that was shown agrees as well.
_ALONE: tuple[_Parts, ...] = (
    ("title", "date"), ("words", "date"), ("own link", "date"), ("own id", "date"), ("own id",),
    ("title", "words", "no date"),
)  # fmt: skip


# Where ``Known`` has what a part of a key is compared with.
_KEPT = {
    "id": "ids", "own id": "ids", "link": "links", "own link": "links", "tail": "tails", "title": "titles",
    "words": "words", "date": "dates",
}  # fmt: skip


class Search:
    """Finds what was shown before among what is shown now: ``found``, by an entry's number."""

    def __init__(self, entries: Sequence[Entry], shown: Sequence[Known], shared: Set[str], unchanged: Set[str]) -> None:
        self.found: dict[int, Known] = {}
        self._entries = entries
        self._shown = shown
        self._shared = shared
        self._taken = set(unchanged)
        for parts in _SURE:
            self._match(parts)
        for parts in _ALONE:
            self._match(parts, alone=True)
        if self._renamed() >= _EVIDENCE:  # its ids are worth nothing: the address will do, or what it says
            for parts in (("own link",), ("title", "words")):
                self._match(parts, alone=True)
        if not unchanged and not any(self._by_name(number) for number in self.found):
            self._look_for_a_move()

    def _match(self, parts: _Parts, *, alone: bool = False) -> None:
        if len(self.found) == len(self._entries) or len(self._taken) == len(self._shown):
            return
        wanted: dict[_Key, list[int]] = defaultdict(list)
        for number, entry in enumerate(self._entries):
            if (alone or number not in self.found) and (key := self._key(entry, parts)):
                wanted[key].append(number)
        known: dict[_Key, list[Known]] = defaultdict(list)
        for one in self._shown:
            if alone or one.uri not in self._taken:
                for key in self._keys(one, parts):
                    if key in wanted:
                        known[key].append(one)
        for key, numbers in wanted.items():
            if alone and (len(numbers) > 1 or len(known[key]) > 1):
                continue
            for number in numbers:
                free = next((one for one in known[key] if one.uri not in self._taken), None)
                if free is not None and number not in self.found and not self._is_another(number, free, parts):
                    self.found[number] = free
                    self._taken.add(free.uri)

    def _is_another(self, number: int, known: Known, parts: _Parts) -> bool:
        """Whether nothing but its id speaks for it: some feeds number what they list from 1."""
        marks = self._entries[number].marks
        rest = (
            (marks.link, known.links), (marks.title, known.titles), (marks.words, known.words),
            (epoch(self._entries[number].published), known.dates),
        )  # fmt: skip
        return parts == ("own id",) and all(one and many and one not in many for one, many in rest)

    def _look_for_a_move(self) -> None:
        """A blog in another place, and perhaps with its dates cut to days: several entries must agree."""
        before, taken = dict(self.found), set(self._taken)
        for parts in (("title", "words"), ("title", "tail")):
            self._match(parts, alone=True)
        if len(self.found) < _EVIDENCE:
            self.found, self._taken = before, taken

    def _key(self, entry: Entry, parts: _Parts) -> "_Key | None":
        values = tuple(self._value(entry, part) for part in parts)
        return values if all(values) else None

    def _value(self, entry: Entry, part: str) -> str:
        marks = entry.marks
        match part:
            case "date":
                return epoch(entry.published)
            case "no date":
                return "" if entry.published else "none"
            case "own id":
                return "" if f"id {marks.id}" in self._shared else marks.id
            case "own link":
                return "" if f"link {marks.link}" in self._shared else marks.link
        value: str = getattr(marks, part)
        return value

    def _keys(self, known: Known, parts: _Parts) -> "set[_Key]":
        """Whatever it was called and said, first or last, in every combination."""
        return set(product(*(getattr(known, _KEPT[part]) if part in _KEPT else _undated(known) for part in parts)))

    def _renamed(self) -> int:
        return sum(called_otherwise(self._entries[number], known) for number, known in self.found.items())

    def _by_name(self, number: int) -> bool:
        marks, known = self._entries[number].marks, self.found[number]
        return marks.id in known.ids or marks.link in known.links


_Key = tuple[str, ...]


def called_otherwise(entry: Entry, known: Known) -> bool:
    """Whether its own words would make another post of it."""
    if entry.marks.id and known.ids:
        return entry.marks.id not in known.ids
    return bool(entry.marks.link and known.links) and entry.marks.link not in known.links


def _undated(known: Known) -> list[str]:
    return [] if known.dates else ["none"]
