"""What a wall card says of a post: words short enough to be read from the back of a foyer. Pure."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from timeline.event import Event
from timeline.item import Item
from timeline.text import fold_hashtag

MOST = 180  # characters; a longer post comes only through its marked phrase
_SHORT, _MEDIUM = 70, 120
_ADDRESS = re.compile(r"https?://[^\s<>]+")
_TAG = re.compile(r"(?<![\w&/])[#＃](\w*[^\W\d_]\w*)")
_GAP = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def words(item: Item, *, guarded: bool) -> str:
    """The words of a card: the phrase where one is marked, else the post; of an article its title.

    A ``guarded`` network's post is never cut or changed. Addresses are named by their host, and
    line breaks are kept as one each.
    """
    post = item.post
    if guarded:
        return post.text
    if item.highlighted_at and item.phrase:
        return f"“{' '.join(item.phrase.split())}”"
    said = post.title if post.title and post.network == "feed" else post.text
    said = _ADDRESS.sub(lambda found: _host(found[0]), said)
    said = _GAP.sub(" ", _LINES.sub("\n", said)).strip()
    return said if len(said) <= MOST else said[: MOST - 1].rsplit(maxsplit=1)[0].rstrip(",;:–-") + "…"


def markup(said: str, event: Event) -> Markup:
    """``said`` with the event's own hashtags quietened: everybody here knows them."""
    own = {fold_hashtag(tag) for tag in event.hashtags}
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
    return "long" if len(said) <= MOST + 2 else "whole"


def _tag(found: re.Match[str], own: Collection[str]) -> Markup:
    said = escape(found[0])
    return Markup('<span class="own">{}</span>').format(said) if fold_hashtag(found[1]) in own else said


def _host(address: str) -> str:
    host = (urlsplit(address).hostname or address).removeprefix("www.")
    return host + "".join(re.findall(r"[.,;:!?)]+\Z", address))
