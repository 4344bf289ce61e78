"""X, for whoever pays for reading it: https://docs.x.com/x-api (read 2026-11).

One filtered stream a token, whatever events it serves; the recent search for what was missed; look-ups to learn what
was deleted, which X does not announce. tweepy writes the requests (decision 7), and is imported only where a source
of this kind is collected.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from collector import x_posts, x_rules, x_search, x_stream, x_text
from collector.adapter import Ask, Batch
from collector.http import Http
from collector.ledger import Key
from collector.x_trouble import paced
from timeline.errors import SourceUnavailable
from timeline.network import Field, NetworkInfo, Secret, Source
from timeline.post import Cursor, Heard, Removal, Sighting

if TYPE_CHECKING:
    from collector.x_client import Client

API = "https://api.x.com"
BUDGET = 3_000
PRICE = 0.005  # dollars a post, by X's list of August 2026
RECALLED = 100
_GONE = ("resource-not-found", "not-authorized-for-resource")  # deleted; protected, suspended

INFO = NetworkInfo(
    key="x",
    label="X",
    fields=(
        Field(
            name="bearer_token",
            label="Bearer token",
            kind="secret",
            required=True,
            help="Of an app in X's developer console; name it as { env = … } to rotate it freely",
        ),
        Field(name="api", label="Address of the API", kind="url", default=API, help="Another only for tests"),
        Field(
            name="budget_posts_per_day",
            label="Posts a day at most",
            kind="number",
            default=BUDGET,
            help="A hard stop: X charges for every post read, once a UTC day",
        ),
        Field(name="accounts", label="Accounts", kind="list", help="Followed beside the hashtags: @name"),
    ),
    address=("bearer_token",),
    deletes="none",
    default_every_s=60.0,
    beside_s=900.0,
    dehydrated=True,
    budget="budget_posts_per_day",
    terms=(
        "X charges for every post that is read, once a UTC day; budget_posts_per_day is where we stop.",
        "Showing X's posts to people who act for a government or public body needs X's Enterprise plan, whatever "
        "the number of posts.",
        "X's posts may stand in no frame of another site: embeds, feeds, exports and the JSON API carry their "
        "identifiers alone.",
        "They are shown as X asks: unaltered, with author, name, picture, time and X's mark, all linking to X.",
        "What is deleted or changed at X has to go or change here within 24 hours: shown posts are looked up again "
        "once a day, which counts in the budget.",
        "People on X may not be matched with other accounts of theirs unless they agreed, and protests may not be "
        "watched.",
        "When you stop using X's API, everything collected from it has to be deleted.",
        "This is our reading of X's terms of 2026, and no legal advice.",
    ),
)

_connections = x_stream.Connections()  # of this process: X counts them by token


def line(source: Source) -> str | None:
    token = source["bearer_token"]
    return f"{_base(source)} {token.fingerprint}" if isinstance(token, Secret) else None


async def listen(
    sources: Sequence[Source],
    cursors: Mapping[Key, Cursor],  # noqa: ARG001 a stream cannot be taken up where it was: fetch fills the gap
    http: Http,
    *,
    now: datetime,
) -> AsyncIterator[Batch]:
    """Bring the rules up to date, then what the stream says.

    An event that does not collect yet has no rule: its posts would be charged and not kept. When its time
    comes, the stream is taken up anew.
    """
    base, token = _door(sources[0], http)
    clock = asyncio.get_running_loop().time
    begin = [source.collect_from for source in sources if source.collect_from > now]
    next_s = (min(begin) - now).total_seconds() if begin else None
    anew_at = None if next_s is None else clock() + next_s
    try:
        if len(begin) == len(sources):
            hint = "Nothing to do: it begins by itself at the event's collect_from."
            raise SourceUnavailable("no event of this token collects yet", hint=hint, retry_after_s=next_s)
        wanted = x_rules.wanted_rules([source for source in sources if source.collect_from <= now])
        _connections.note(f"{base} {token.fingerprint}", now)
        await _bring_rules(_client(sources[0], http), wanted)
        async with aclosing(x_stream.batches(base, token, http)) as batches:  # X allows one connection: end it at once
            async for batch in batches:
                yield batch
                if anew_at is not None and clock() >= anew_at:
                    return
    except SourceUnavailable as error:
        raise paced(error) from error


async def _bring_rules(client: "Client", wanted: Mapping[str, str]) -> None:
    """The new before the old go, so that nothing is missed; the other way round where there is no room."""
    kept = await client.rules()
    change = x_rules.change(kept, wanted)
    room = len(kept) + len(change.add) <= x_rules.MOST_RULES
    if not room:
        await client.delete_rules(change.delete)
    await client.add_rules(change.add)
    if room:
        await client.delete_rules(change.delete)


async def fetch(ask: Ask, http: Http) -> AsyncIterator[Batch]:
    """What the search has since the cursors."""
    async for batch in x_search.fetch(ask, _client(ask.source, http)):
        yield batch


async def recall(refs: Sequence[str], source: Source, http: Http) -> list[Heard]:
    """These posts as they are now, each in its newest version; one that may not be shown any more counts as gone."""
    client = _client(source, http)
    answer = await client.posts(refs)
    found, lost = _found(answer), [ref for ref in refs if ref in gone(answer)]
    newer = {newest: this for this in found if (newest := x_posts.newest_id(found[this][0])) != this}
    if newer:
        again = await client.posts(list(newer))
        lost += [newer[newest] for newest in gone(again) if newest in newer]
        found = {this: each for this, each in found.items() if this not in newer.values()} | _found(again)
    heard: list[Heard] = [Removal(ref=ref) for ref in lost]
    for tweet, includes in found.values():
        told = x_posts.read(tweet, includes)
        if x_posts.is_withheld(tweet, includes):
            heard.append(Removal(ref=x_posts.first_id(tweet)))
        elif isinstance(told, Sighting):
            heard.append(told)
    return heard


def uri_at(url: str) -> str | None:
    """Under which name a post of X is kept, unless an edit gave it this address."""
    post_id = x_text.status_in(url)
    return x_posts.address(post_id) if post_id else None


async def look_up(url: str, source: Source, http: Http) -> Sighting | Removal | None:  # noqa: ARG001 nothing is asked
    """Never asked: reading a post is charged for. Raises SourceUnavailable for an address of X."""
    if uri_at(url) is None:
        return None
    raise SourceUnavailable(
        "X charges for looking at a post, so it is not asked",
        hint="It has not come in: see on X whether it has one of the hashtags, and whether the budget was spent then.",
    )


async def check(source: Source, http: Http) -> str:
    """Whether X takes the token and our rules; reads no posts. Raises SourceUnavailable."""
    wanted = x_rules.wanted_rules([source])
    client = _client(source, http)
    kept = await client.rules()
    await client.add_rules(x_rules.change(kept, wanted).add, dry_run=True)
    others = sum(not str(rule.get("tag") or "").startswith(x_rules.OURS) for rule in kept)
    budget = int(source["budget_posts_per_day"] or BUDGET)
    said = f"{urlsplit(_base(source)).hostname} takes the token and {_rules(len(wanted))} for "
    said += " ".join(x_rules.terms(source).values())
    beside = f"; {_rules(others)} of other programs stay as they are" if others else ""
    cost = budget * PRICE
    return f"{said}; {budget:,} posts a day at most, about ${cost:,.{0 if cost >= 10 else 2}f}{beside}"


def _rules(number: int) -> str:
    return "one rule" if number == 1 else f"{number} rules"


def _found(answer: Mapping[str, Any]) -> dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each post of an answer by its own id, with what came along."""
    includes = answer.get("includes") or {}
    posts = [tweet for tweet in answer.get("data") or () if isinstance(tweet, Mapping)]
    return {str(tweet["id"]): (tweet, includes) for tweet in posts if str(tweet.get("id") or "").isdigit()}


def gone(answer: Mapping[str, Any]) -> list[str]:
    """The posts of which X says that they are not there, or not for us."""
    faults = [fault for fault in answer.get("errors") or () if isinstance(fault, Mapping)]
    return [
        str(fault.get("resource_id") or fault.get("value") or "")
        for fault in faults
        if fault.get("resource_type") == "tweet"
        and fault.get("parameter") in ("ids", "id")
        and str(fault.get("type") or "").rpartition("/")[2] in _GONE
    ]


def _client(source: Source, http: Http) -> "Client":
    from collector.x_client import Client  # a second and 30 MB: for those alone who collect from X

    return Client(http, *_door(source, http))


def _door(source: Source, http: Http) -> tuple[str, Secret]:
    """Where X is, and the token that opens it. Raises SourceUnavailable."""
    base, token = _base(source), source["bearer_token"]
    if not isinstance(token, Secret):
        raise SourceUnavailable(
            "the bearer token is missing", hint="A source of the file has it there; secrets are not kept elsewhere."
        )
    if base.startswith("http://") and not http.allow_private_addresses:
        raise SourceUnavailable(f"{base} is not encrypted", hint="Write https:// in its place.")
    return base, token


def _base(source: Source) -> str:
    return str(source["api"] or API).rstrip("/")
