"""Where a card says what was searched for: those words are marked, in other people's words alone."""

import re
from collections.abc import Collection, Iterator, Sequence
from html import escape, unescape
from typing import NamedTuple

from markupsafe import Markup

from timeline.query import Query, Term
from timeline.words import placed

_TAG = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>)""")
_SAID = (' dir="auto"', '"card__handle"')  # people's own words: their direction is left to them; and their handles
_NAME = re.compile(r"</?([a-z][a-z0-9]*)", re.IGNORECASE)


class _Word(NamedTuple):
    folded: str
    part: int
    start: int
    end: int


def mark(card: str, query: Query, own: Collection[str] = ()) -> Markup:
    """``card`` with ``<span class="hit">`` around what ``query`` found there.

    Nothing else is touched. A span and no ``<b>``, to which link cards and polls give a form of their own. The
    event's ``own`` hashtags are found by who asks for them, and do not count as words that begin so.
    """
    everywhere = query.terms
    parts = _TAG.split(card)
    for opening, inside in _regions(parts):
        named = any(name in parts[opening] for name in ("card__name", "card__handle"))
        terms = (*everywhere, *query.authors) if named else everywhere
        _mark(parts, inside, terms, own)
    return Markup("".join(parts))  # noqa: S704  every piece was markup before, or is escaped


def _regions(parts: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
    """The numbers of each tag that opens people's words, and of the pieces of text inside."""
    opening, name, depth = 0, "", 0
    inside: list[int] = []
    for n, part in enumerate(parts):
        if n % 2 == 0:
            if depth:
                inside.append(n)
            continue
        tag = _NAME.match(part)
        if tag is None:
            continue
        if not depth:
            if any(sign in part for sign in _SAID):
                opening, name, depth, inside = n, tag[1], 1, []
        elif tag[1] == name:
            depth += -1 if part.startswith("</") else 1
            if not depth:
                yield opening, inside


def _mark(parts: list[str], inside: Sequence[int], terms: Sequence[Term], own: Collection[str]) -> None:
    texts = {n: unescape(parts[n]) for n in inside}
    words = [_Word(word.folded, n, word.start, word.end) for n, text in texts.items() for word in placed(text)]
    hits: dict[int, set[tuple[int, int]]] = {}
    begin, open_ended = _by_beginning(terms)
    for first, word in enumerate(words):
        for term in (*begin.get(word.folded, ()), *open_ended):
            found = words[first : first + len(term.words)]
            if _is(term, found, own):
                for n in {word.part for word in found}:
                    here = [word for word in found if word.part == n]
                    hits.setdefault(n, set()).add((here[0].start, here[-1].end))
    for n, spans in hits.items():
        parts[n] = _marked(texts[n], sorted(spans))


def _by_beginning(terms: Sequence[Term]) -> tuple[dict[str, list[Term]], list[Term]]:
    """Terms by their first word, and those of which it is but a beginning: an article has thousands of words."""
    begin: dict[str, list[Term]] = {}
    for term in terms:
        begin.setdefault(term.words[0], []).append(term)
    return begin, [term for term in terms if term.prefix and len(term.words) == 1]


def _is(term: Term, found: Sequence[_Word], own: Collection[str]) -> bool:
    said = tuple(word.folded for word in found)
    if said == term.words:
        return True
    begins = term.prefix and len(said) == len(term.words) and said[-1].startswith(term.words[-1])
    return begins and said[:-1] == term.words[:-1] and (term.place == "tags" or said[-1] not in own)


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    made, at = [], 0
    for start, end in spans:
        if end > at:
            begin = max(start, at)
            said = escape(text[begin:end], quote=False)
            made += [escape(text[at:begin], quote=False), f'<span class="hit">{said}</span>']
            at = end
    return "".join([*made, escape(text[at:], quote=False)])
