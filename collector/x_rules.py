"""What X is asked for: an event's hashtags and accounts as rules of its filtered stream and queries of its search.

Rules belong to a token, and other programs may keep some on it too. Ours carry a tag that begins with ``OURS`` and
names the source; a rule without it is never touched.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from timeline.errors import SourceUnavailable
from timeline.network import Source

OURS = "backchannel:"
RULE_LENGTH, QUERY_LENGTH = 1_024, 512  # characters, as the self-serve plan admits
MOST_RULES = 1_000
_ENDING = " -is:retweet"
_ACCOUNT = re.compile(r"@?([A-Za-z0-9_]{1,15})")


class Query(NamedTuple):
    """What is asked together: the hashtags and accounts it stands for, and in X's words."""

    keys: Sequence[str]
    value: str


class Change(NamedTuple):
    """What makes X's rules the wanted ones: values with their tags to add, ids to delete."""

    add: Sequence[tuple[str, str]]
    delete: Sequence[str]


def terms(source: Source) -> dict[str, str]:
    """What to ask for, by the hashtag or account that it stands for. Raises SourceUnavailable.

    A hashtag that X would not read as one (with punctuation, or of digits alone) cannot be asked for and is left out.
    """
    spelt = source.spellings or source.hashtags
    found = {
        tag: f"#{written.strip().lstrip('#＃')}"
        for tag, written in zip(source.hashtags, spelt, strict=True)
        if is_hashtag(written.strip().lstrip("#＃"))
    }
    for account in source.accounts:
        name = _ACCOUNT.fullmatch(account.strip())
        if name is None:
            raise SourceUnavailable(
                f"{account[:100]!r} is no account name at X", hint='Write it like "@name": letters, digits and _.'
            )
        found[account] = f"from:{name[1]}"
    if not found:
        raise SourceUnavailable(
            "none of the event's hashtags can be one at X", hint="X knows letters, digits and _ in a hashtag."
        )
    return found


def is_hashtag(word: str) -> bool:
    """Whether X reads ``#word`` whole: letters and their marks, digits and _, not digits alone."""
    kinds = [unicodedata.category(letter) for letter in word]
    joined = all(kind[0] in "LMN" or letter in "_\u200c\u200d·" for letter, kind in zip(word, kinds, strict=True))
    return joined and any(kind[0] == "L" for kind in kinds)


def packed(wanted: Mapping[str, str], most: int) -> list[Query]:
    """Queries of ``most`` characters at most that together ask for all terms of ``wanted``; reposts are left out."""
    packs: list[dict[str, str]] = []
    for key, term in wanted.items():
        if not packs or len(_query([*packs[-1].values(), term])) > most:
            packs.append({})
        packs[-1][key] = term
    return [Query(tuple(pack), _query(list(pack.values()))) for pack in packs]


def _query(asked: Sequence[str]) -> str:
    return f"({' OR '.join(asked)}){_ENDING}"


def wanted_rules(sources: Sequence[Source]) -> dict[str, str]:
    """The tag of every rule that these sources need, by what the rule says. Raises SourceUnavailable.

    What one source asks for already, another does not ask for again; one that asks for nothing X could know is
    passed over while there are others.
    """
    rules: dict[str, str] = {}
    asked: set[str] = set()
    wrong: SourceUnavailable | None = None
    for source in sources:
        try:
            new = {term: term for term in terms(source).values() if term.casefold() not in asked}
        except SourceUnavailable as error:
            wrong = wrong or error
            continue
        asked |= {term.casefold() for term in new}
        rules |= {query.value: f"{OURS}{source.id}" for query in packed(new, RULE_LENGTH)}
    if wrong is not None and not rules:
        raise wrong
    if len(rules) > MOST_RULES:
        raise SourceUnavailable(
            f"X keeps {MOST_RULES} rules, and these events need {len(rules)}", hint="Stop the sources of past events."
        )
    return rules


def change(kept: Iterable[Mapping[str, Any]], wanted: Mapping[str, str]) -> Change:
    """What to do to the rules that X keeps. Somebody else's that says just what we want serves us too."""
    served: set[str] = set()
    others: set[str] = set()
    delete: list[str] = []
    for rule in kept:
        value = str(rule.get("value") or "")
        if not str(rule.get("tag") or "").startswith(OURS):
            others.add(value)
        elif value in wanted and value not in served:
            served.add(value)
        else:
            delete.append(str(rule["id"]))
    return Change([(value, tag) for value, tag in wanted.items() if value not in served | others], delete)
