"""``backchannel check --post URL``: why a post is on the timeline, or is not."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from backchannel.following import Followed, of_the_database, of_the_file
from backchannel.opening import networks, opened, settings_of
from backchannel.plan import name_of
from backchannel.terminal import Refused, tell, tell_json, with_hint
from backchannel.version import version
from collector import registry
from collector.adapter import Finding, Naming
from collector.http import Http
from config.load import Settings
from storage import events, schema, whereabouts
from storage.store import Store
from timeline import why
from timeline.errors import SourceUnavailable
from timeline.event import Event
from timeline.network import Source
from timeline.post import Post, Removal, Sighting
from timeline.tidy import tidy
from timeline.view import belongs
from timeline.why import Why

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One answer, for one event or (None) for all of them. ``page`` is the post's own, once it has one."""

    event: str | None
    answer: why.Answer
    why: str
    do: str = ""
    id: str | None = None
    page: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the networks said of an address: the post or that it is gone, through which source; else why not."""

    found: Sighting | Removal | None = None
    through: Followed | None = None
    trouble: tuple[tuple[Followed, SourceUnavailable], ...] = ()


def check_post(file: Path, address: str, *, as_json: bool) -> int:
    """The exit status: 0 the post is on a timeline, 3 it is not. Raises ConfigError, Refused."""
    parts = urlsplit(address.strip())
    if parts.scheme not in ("http", "https", "at") or not parts.netloc:
        raise Refused(f"{address!r} is no address of a post: copy it whole, as https://… or at://…")
    settings = settings_of(file)
    told = asyncio.run(_asked(settings, address.strip()))
    if as_json:
        tell_json([asdict(one) for one in told])
    else:
        for one in told:
            tell(_line(one))
    return 0 if any(one.answer == "shown" for one in told) else 3


async def _asked(settings: Settings, address: str) -> list[Told]:
    now = datetime.now(UTC)
    if await asyncio.to_thread(schema.state, settings.storage.url) != "current":
        return await _by_asking(settings, address, of_the_file(settings, now), None, now)
    async with opened(settings) as store:
        adapters = [adapter for adapter in registry.adapters().values() if isinstance(adapter, Naming)]
        named = [uri for adapter in adapters if (uri := adapter.uri_at(address)) is not None]
        if known := await _known(settings, store, [*whereabouts.spellings(address), *named]):
            return known
        return await _by_asking(settings, address, await of_the_database(settings, store, now), store, now)


async def _known(
    settings: Settings, store: Store, names: Sequence[str], *, ref: str | None = None, source_ids: Sequence[int] = ()
) -> list[Told]:
    """What the database says of a post by one of these names."""
    by_id = {event.id: event for event in await store.read(events.all_events)}
    found = await store.read(whereabouts.places, names)
    if found:
        return [
            _told(
                by_id[place.event_id],
                why.of_item(place.state, place.reason, by_id[place.event_id], seen_at=place.shown_at or place.seen_at),
                page=f"{settings.site.base_url or ''}/p/{place.item_id}",
                item_id=place.item_id,
            )
            for place in found
        ]
    at = await store.read(whereabouts.removed_at, names, ref=ref, source_ids=source_ids)
    return [_told(None, why.removed(at))] if at is not None else []


async def _by_asking(
    settings: Settings, address: str, followed: Sequence[Followed], store: Store | None, now: datetime
) -> list[Told]:
    """What the networks say of it, and our own rules."""
    if not followed:
        return [_told(None, Why(answer="unknown", why="no event follows any source", do="Give an event a source."))]
    looked = await _looked_up(settings, address, followed)
    match looked.found:
        case None:
            return [_told(None, _nowhere(address, followed, looked.trouble))]
        case Removal(ref=ref):
            ids = [one.source.id for one in followed]
            known = await _known(settings, store, [ref], ref=ref, source_ids=ids) if store is not None else []
            gone = Why(answer="missing", why=f"{_through(looked)} says that there is no such post, or none in public")
            return known or [_told(None, gone)]
        case Sighting(ref=ref, post=post):
            kept_as = tidy(post, at=now)
            if store is not None and (known := await _known(settings, store, [kept_as.uri], ref=ref)):
                return known
            if networks()[post.network].deletes == "firehose":  # chosen by the hashtags it carries, not by its words
                kept_as = replace(kept_as, hashtags=post.hashtags)
            return _by_rules(kept_as, followed, now)


def _by_rules(post: Post, followed: Sequence[Followed], now: datetime) -> list[Told]:
    """One answer for each event that follows the post's network: by a source that takes the post, if there is one."""
    info = networks()[post.network]
    able = [one for one in followed if one.source.kind == post.network]
    told: dict[str, Told] = {}
    for one in sorted(able, key=lambda one: not belongs(post, one.source, info)):
        said = why.of_post(post, one.source, info, one.event, now, status=one.status)
        told.setdefault(one.event.slug, _told(one.event, said))
    return list(told.values())


async def _looked_up(settings: Settings, address: str, followed: Sequence[Followed]) -> Looked:
    """Ask through each place once until one knows the post."""
    adapters = registry.adapters()
    places: dict[tuple[str, str], Followed] = {}
    for one in followed:
        if isinstance(adapters[one.source.kind], Finding):
            places.setdefault((one.source.kind, one.source.address), one)
    trouble: list[tuple[Followed, SourceUnavailable]] = []
    async with Http(
        contact=settings.site.contact or "",
        version=version(),
        base_url=settings.site.base_url or "",
        allow_private_addresses=settings.network.allow_private_addresses,
    ) as http:
        asked = {asyncio.create_task(_look_up(one, address, http)): one for one in places.values()}
        answers = await asyncio.gather(*asked, return_exceptions=True)
    removal = Looked()
    for one, answer in zip(asked.values(), answers, strict=True):
        if isinstance(answer, Sighting):
            return Looked(found=answer, through=one)
        if isinstance(answer, Removal):
            removal = Looked(found=answer, through=one)
        elif isinstance(answer, SourceUnavailable):
            trouble.append((one, answer))
        elif isinstance(answer, BaseException):
            raise answer
    return removal if removal.found else Looked(trouble=tuple(trouble))


async def _look_up(one: Followed, address: str, http: Http) -> Sighting | Removal | None:
    adapter = registry.adapters()[one.source.kind]
    assert isinstance(adapter, Finding)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await adapter.look_up(address, one.source, http)
    except TimeoutError as error:
        reason = f"{name_of(one.source)} has not answered in {PATIENCE_S:g} seconds"
        raise SourceUnavailable(reason, hint="Try again later.") from error


def _nowhere(address: str, followed: Sequence[Followed], trouble: Sequence[tuple[Followed, SourceUnavailable]]) -> Why:
    """What stopped those who could have known it; what stopped others, such as another site's feed, is said beside."""
    host = urlsplit(address).hostname or ""
    for one, error in trouble:
        if not (hosts := _hosts(one.source)) or host in hosts:
            return Why(answer="missing", why=error.reason, do=error.hint)
    beside = "".join(f"; {name_of(one.source)} could not be asked: {error.reason}" for one, error in trouble)
    ours = [one for one in followed if host in _hosts(one.source)]
    if ours:
        return Why(
            answer="unknown",
            why=f"it has not come in, and {name_of(ours[0].source)} cannot be asked for single posts{beside}",
            do="See whether the feed lists it: feeds tell of their newest entries only.",
        )
    return Why(
        answer="unknown",
        why=f"no source of ours knows this address, and {host} is not among them{beside}",
        do=f"Add {host} as a source; or give a Mastodon source a token, so that it can look further.",
    )


def _hosts(source: Source) -> set[str]:
    found = set()
    for key in ("server", "url"):
        with suppress(ValueError):
            found.add(urlsplit(str(source[key] or "")).hostname or "")
    return found - {""}


def _through(looked: Looked) -> str:
    return name_of(looked.through.source) if looked.through is not None else "the network"


def _told(event: Event | None, said: Why, *, page: str | None = None, item_id: int | None = None) -> Told:
    return Told(
        event=event.slug if event else None,
        answer=said.answer,
        why=said.why,
        do=said.do,
        id=str(item_id) if item_id is not None else None,
        page=page,
    )


def _line(told: Told) -> str:
    where = f", as {told.page}" if told.page and told.answer == "shown" else f" ({told.page})" if told.page else ""
    return f"{told.answer}\t{told.event or '-'}\t{with_hint(told.why + where, told.do)}"
