"""The words of a text as search compares them: case, accents and width folded, whatever the script.

Both databases are given words that were parted and folded here, so that they find the same. Scripts
that set no spaces between words are parted into single letters; what is looked for in them is a run of these.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from timeline.text import fold_hashtag

MAX_WORD = 64  # characters; what is longer is no word, and is found by its beginning
# Han, kana, Thai, Lao, Myanmar, Khmer
_UNSPACED = "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u109f\u1780-\u17d3\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff" \
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af"  # fmt: skip
# Marks that belong to the letter before them, which Python's \w leaves out: Latin, Cyrillic, Hebrew, Arabic, Indic.
_MARKS = "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed" \
    "\u0900-\u0963\u0981-\u09e3\u0a01-\u0a75\u0a81-\u0ae3\u0b01-\u0b63\u0b82-\u0bcd\u0c00-\u0c63\u0c81-\u0ce3" \
    "\u0d00-\u0d63\u0d81-\u0df3\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"  # fmt: skip
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_]|[{_MARKS}])+")
_ALONE = re.compile(rf"[{_UNSPACED}]")
_ASCII = re.compile(r"[a-z0-9]+")


class Word(NamedTuple):
    """A word folded, and where it stands in the text."""

    folded: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """The words of ``text``, folded, in order."""
    if text.isascii():
        return [word[:MAX_WORD] for word in _ASCII.findall(text.lower())]
    return [word.folded for word in placed(text)]


def placed(text: str) -> Iterator[Word]:
    """The words of ``text`` with their places in it."""
    for found in _WORD.finditer(text):
        for folded in _fold(found[0]):
            yield Word(folded, found.start(), found.end())


def joined(text: str) -> str:
    """All of ``text`` as one word, as hashtags are."""
    return "".join(words(text))[:MAX_WORD]


def _fold(word: str) -> list[str]:
    """One word, as a rule; several where a letter that stands alone is made of several."""
    if word.isascii():
        return [word.lower()[:MAX_WORD]]
    whole: list[str] = []
    for part in _WORD.findall(fold_hashtag(word)):
        if whole and not _ALONE.match(part) and not _ALONE.match(whole[-1]):
            whole[-1] += part
        else:
            whole.append(part)
    return [part[:MAX_WORD] for part in whole]
