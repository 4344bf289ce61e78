"""What a query may say; everything else is a BadParameter that names the fix."""

from datetime import UTC, datetime

from aiohttp import web

from dashboard.keys import NETWORKS
from dashboard.problems import BadParameter
from timeline.errors import BadCursor
from timeline.event import Event
from timeline.item import Place
from timeline.query import MAX_QUERY, Query, network_names, parse

MAX_WORDS = MAX_QUERY


def number(request: web.Request, name: str, *, default: int, least: int, most: int) -> int:
    """A whole number within bounds."""
    word = request.query.get(name)
    if word is None:
        return default
    if not (word.isascii() and word.isdecimal() and len(word) < 10 and least <= int(word) <= most):
        raise BadParameter(name, f"takes a whole number from {least} to {most}")
    return int(word)


def place(request: web.Request, name: str) -> Place | None:
    """A position that an earlier answer gave as ``next``."""
    word = request.query.get(name)
    try:
        return Place.decode(word) if word else None
    except BadCursor as error:
        raise BadParameter(name, 'takes the "next" of an earlier answer') from error


def choice(request: web.Request, name: str) -> bool | None:
    """``true`` or ``false``."""
    word = request.query.get(name)
    if word is None:
        return None
    if word not in ("true", "false"):
        raise BadParameter(name, "takes true or false")
    return word == "true"


def words(request: web.Request, name: str) -> str | None:
    """Words as somebody typed them; blank ones are as good as none."""
    said = request.query.get(name, "").strip()
    if len(said) > MAX_WORDS:
        raise BadParameter(name, f"takes up to {MAX_WORDS} characters")
    return said or None


def query(request: web.Request, name: str, event: Event) -> Query | None:
    """What to search for, in the words and operators of the search page; blank ones are as good as none."""
    said = words(request, name)
    if said is None:
        return None
    known = request.app[NETWORKS]
    found = parse(said, event=event, networks=network_names(known), now=datetime.now(UTC))
    if found.mistakes:
        operator, value = found.mistakes[0]
        raise BadParameter(name, f'does not take "{operator}:{value}"')
    return found
