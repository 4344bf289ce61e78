"""What a wall card says of a post: words short enough to be read from the back of a foyer. Pure."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from timeline.event import Event
from timeline.item import Item
from timeline.text import fold_hashtag

_SHORT, _MEDIUM, _LONG = 70, 120, 182  # characters, quotation marks included
_QUOTES = tuple('"“”„«»')
_ADDRESS = re.compile(r"https?://[^\s<>]+")
_TAG = re.compile(r"(?<![\w&/])[#＃](\w*[^\W\d_]\w*)")
_LAST_TAG = re.compile(r"(?<!\S)[#＃](\w*[^\W\d_]\w*)\Z")
_GAP = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def words(item: Item, event: Event, kind: str, *, guarded: bool) -> str:
    """The words of a card: its marked ``phrase``, the ``title`` of an article, or the ``whole`` of it.

    A ``guarded`` network's post is never cut or changed. Of the others addresses are named by
    their host, lines stand close, and the event's own hashtags go from the end: they stand beside it.
    """
    post = item.post
    if guarded:
        return post.text
    if kind == "phrase" and item.phrase:
        phrase = " ".join(item.phrase.split())
        return phrase if phrase.startswith(_QUOTES) or phrase.endswith(_QUOTES) else f"“{phrase}”"
    said = post.title or "" if kind == "title" else "\n".join(filter(None, (post.title, post.text)))
    said = _ADDRESS.sub(lambda found: _host(found[0]), said)
    return _without_own(_GAP.sub(" ", _LINES.sub("\n", said)).strip(), _own(event))


def markup(said: str, event: Event) -> Markup:
    """``said`` with the event's own hashtags quietened: everybody here knows them."""
    own = _own(event)
    pieces, at = [], 0
    for tag in _TAG.finditer(said):
        pieces += [escape(said[at : tag.start()]), _tag(tag, own)]
        at = tag.end()
    return Markup("").join([*pieces, escape(said[at:])])


def size(said: str) -> str:
    """How much there is to read: ``none``, ``signs`` (emoji alone), ``short``, ``medium``, ``long`` or ``whole``."""
    plain = _TAG.sub("", said).strip()
    if not plain:
        return "short" if said.strip() else "none"
    if not any(sign.isalnum() for sign in plain):
        return "signs" if len(plain) <= 12 else "short"
    if len(said) <= _SHORT:
        return "short"
    if len(said) <= _MEDIUM:
        return "medium"
    return "long" if len(said) <= _LONG else "whole"


def _own(event: Event) -> frozenset[str]:
    return frozenset(fold_hashtag(tag) for tag in event.hashtags)


def _without_own(said: str, own: Collection[str]) -> str:
    rest = said
    while (last := _LAST_TAG.search(rest)) and fold_hashtag(last[1]) in own:
        rest = rest[: last.start()].rstrip()
    return rest or said


def _tag(found: re.Match[str], own: Collection[str]) -> Markup:
    said = escape(found[0])
    return Markup('<span class="own">{}</span>').format(said) if fold_hashtag(found[1]) in own else said


def _host(address: str) -> str:
    try:
        host = (urlsplit(address).hostname or address).removeprefix("www.")
    except ValueError:  # looks like one, and is none
        return address
    return host + "".join(re.findall(r"[.,;:!?)]+\Z", address))
