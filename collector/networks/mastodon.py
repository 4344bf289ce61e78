"""Mastodon and what speaks its API: https://docs.joinmastodon.org/methods/timelines/#tag (read 2026-11).

With a token a source is listened to, and asked for what may have been missed; without one it is
only asked. One server shows what its people and their contacts said; name several servers as several
sources and the uri makes one post of what comes twice. A reply tells its parent only by a
number of this one server: intake finds the post among those that the same source has shown.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from urllib.parse import quote

from collector import mastodon_recall
from collector.adapter import Ask, Batch
from collector.http import Http
from collector.ledger import Key
from collector.mastodon_events import streams_of
from collector.mastodon_pages import LINE, collect
from collector.mastodon_recall import RECALLED as RECALLED
from collector.mastodon_server import PAGE, Server, Timeline, address
from collector.mastodon_stream import Ear
from collector.refusals import Refused
from timeline.errors import SourceUnavailable
from timeline.network import Field, NetworkInfo, Source
from timeline.post import Cursor, Heard, Removal, Sighting
from timeline.view import belongs

INFO = NetworkInfo(
    key="mastodon",
    label="Mastodon",
    fields=(
        Field(name="server", label="Server", kind="url", required=True, help="https://mastodon.social"),
        Field(name="token", label="Access token", kind="secret", help="Of an account there: posts then come at once"),
        Field(name="accounts", label="Accounts", kind="list", help="Followed beside the hashtags: @name@server"),
    ),
    address=("server",),
    deletes="scoped",
    beside_s=600.0,
)


def line(source: Source) -> str | None:
    """One connection a server and token; None without a token, which every stream asks for."""
    token = source["token"]
    return f"{address(source)} {token.fingerprint}" if token else None


async def listen(
    sources: Sequence[Source],
    cursors: Mapping[Key, Cursor],  # noqa: ARG001 a stream repeats nothing: what was missed is fetched
    http: Http,
    *,
    now: datetime,
) -> AsyncIterator[Batch]:
    """Yield what is said under the hashtags, and by whom the token's account follows. Raises SourceUnavailable."""
    stood: Mapping[Key, Cursor] = {(source.id, LINE): {"stood_at": now.isoformat()} for source in sources}
    async with aclosing(_ear(sources, http).listen()) as handfuls:
        async for heard in handfuls:
            yield Batch(heard=heard, cursors=stood)
            stood = {}


def _ear(sources: Sequence[Source], http: Http) -> Ear:
    def wanted(sighting: Sighting) -> bool:
        return any(belongs(sighting.post, source, INFO) for source in sources)

    return Ear(Server.of(sources[0], http), streams_of(sources), wanted)


async def fetch(ask: Ask, http: Http) -> AsyncIterator[Batch]:
    """Each hashtag, then each account: what is new, what came late, what lies further back.

    Every page is a batch with the cursor that follows it, so a poll may end anywhere.
    """
    server = Server.of(ask.source, http)
    for hashtag, timeline in _hashtags(ask.source, server):
        async for batch in collect(ask, timeline, hashtag, {}):
            yield batch
    gone: SourceUnavailable | None = None
    for account in ask.source.accounts:
        try:
            async for batch in _said_by(account, ask, server):
                yield batch
        except SourceUnavailable as error:  # one that is gone keeps nothing of the others back
            if not (isinstance(error.__cause__, Refused) and error.__cause__.status in (404, 410)):
                raise
            gone = gone or _no_account(server, account)
    if gone is not None:
        raise gone


async def _said_by(account: str, ask: Ask, server: Server) -> AsyncIterator[Batch]:
    kept = dict(ask.cursors.get((ask.source.id, account)) or {})
    if "account" not in kept:
        kept["account"] = await server.account_id(account)
    path = f"/api/v1/accounts/{quote(kept['account'], safe='')}/statuses"
    async for batch in collect(ask, Timeline(server, path), account, {"account": kept["account"]}):
        yield batch


def _no_account(server: Server, account: str) -> SourceUnavailable:
    return SourceUnavailable(
        f"{server.host} knows no account {account}", hint="Is the name right? Take it out of accounts if it is gone."
    )


async def check(source: Source, http: Http) -> str:
    """How much each hashtag shows. Raises SourceUnavailable."""
    server = Server.of(source, http)
    said = []
    limits = await server.limits()
    for hashtag, timeline in _hashtags(source, server):
        page = (await timeline.page()).content
        said.append(f"#{hashtag} {len(page)}{'+' if len(page) == PAGE else ''} {'post' if len(page) == 1 else 'posts'}")
    for account in source.accounts:
        await server.account_id(account)
        said.append(f"{account} is there")
    said += [limits] if limits else []
    if source["token"]:
        said.append(await _ear([source], http).tried())
    return f"{server.host}: {', '.join(said)}"


async def recall(refs: Sequence[str], source: Source, http: Http) -> list[Heard]:
    """These posts as they are now; a Removal says that the server has one no longer, which ``gone_at_home`` weighs.

    Raises SourceUnavailable.
    """
    return await mastodon_recall.recall(refs, Server.of(source, http))


async def gone_at_home(uris: Sequence[str], source: Source, http: Http) -> set[str]:
    """Which of these posts, that the source's server no longer has, are gone where they were written."""
    return await mastodon_recall.gone_at_home(uris, Server.of(source, http))


async def look_up(url: str, source: Source, http: Http) -> Sighting | Removal | None:
    """The post at an address of this server, and with a token any that it knows. Raises SourceUnavailable."""
    return await mastodon_recall.look_up(url, Server.of(source, http))


def _hashtags(source: Source, server: Server) -> list[tuple[str, Timeline]]:
    """Each hashtag, folded as it names a cursor, and its timeline, asked for as it is written."""
    written = [spelt.strip().lstrip("#") for spelt in source.spellings or source.hashtags]
    return [
        (hashtag, Timeline(server, f"/api/v1/timelines/tag/{quote(spelt, safe='')}", spelt))
        for hashtag, spelt in zip(source.hashtags, written, strict=True)
    ]
