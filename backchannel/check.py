"""``backchannel check``: read the configuration, then try the database and every source once."""

import asyncio
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from backchannel.opening import networks, opened, settings_of
from backchannel.plan import Lent, Networks, name_of, planned
from backchannel.terminal import is_watched, say, tell, tell_json, with_hint
from backchannel.version import version
from collector import registry
from collector.adapter import require_words
from collector.http import Http
from config.load import Settings
from storage import events, schema, sources, spending
from storage.store import Store
from timeline.errors import SourceUnavailable
from timeline.network import Budget, Source

PATIENCE_S = 60.0  # a source that has not answered by then will not


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one try came to; ``hint`` is the next step, ``terms`` what using the network asks of whoever does.

    ``budget`` is what may be read today and has been, where reading is charged for and a database tells.
    """

    event: str
    kind: str
    source: str
    ok: bool
    found: str
    hint: str = ""
    terms: tuple[str, ...] = ()
    budget: Budget | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A source to be tried, and its event."""

    event: str
    source: Source
    budget: Budget | None = None


def check(file: Path, *, as_json: bool) -> int:
    """The exit status: 0 all is well, 3 some sources are not, 1 nothing works. Raises ConfigError."""
    settings = settings_of(file)
    for key in _without_effect(settings):
        say(f"{key} is kept for a later version of Backchannel, and has no effect yet")
    findings = asyncio.run(_tried(settings))
    if as_json:
        tell_json([msgspec.to_builtins(asdict(finding)) for finding in findings])
    else:
        for finding in findings:
            tell(_line(finding))
        for kind, terms in {finding.kind: finding.terms for finding in findings}.items():
            for term in terms:
                say(f"{networks()[kind].label} asks: {term}")
    if not findings:
        say("The configuration is well; it names no sources yet.")
        return 0
    well = [finding.ok for finding in findings]
    return 0 if all(well) else 3 if any(well) else 1


def _without_effect(settings: Settings) -> list[str]:
    """What is set, and is read by nothing in this version (docs/configuration.md, Kept for later)."""
    return [f"event[{event.slug}].schedule" for event in settings.events if event.schedule is not None]


async def _tried(settings: Settings) -> list[Finding]:
    wanted = await _sources(settings)
    if is_watched():
        say(f"Trying {len(wanted)} sources …" if len(wanted) != 1 else "Trying one source …")
    async with Http(
        contact=settings.site.contact or "",
        version=version(),
        base_url=settings.site.base_url or "",
        allow_private_addresses=settings.network.allow_private_addresses,
    ) as http:
        return await asyncio.gather(*(_try(one, http) for one in wanted))


async def _sources(settings: Settings) -> list[Wanted]:
    """The file's sources, and those that were added by command to a database that is there already."""
    now, known, lent = datetime.now(UTC), networks(), Lent()
    plans = [planned(told, known, zone=settings.site.timezone, began=now) for told in settings.events]
    found = []
    for plan in plans:
        for source in plan.sources:
            lent.note(source.event_id, source)
            found.append(Wanted(event=plan.event.slug, source=Lent().lend(source)))  # with the secrets it has itself
    if await asyncio.to_thread(schema.state, settings.storage.url) == "current":
        async with opened(settings) as store:
            slugs = {event.id: event.slug for event in await store.read(events.all_events)}
            active = await store.read(sources.active, now, known)
            kept = [Wanted(event=slugs[source.event_id], source=lent.lend(source)) for source in active]
            told = {event.slug for event in settings.events}
            found += [one for one in kept if one.event not in told]
            found = [replace(one, budget=await _budget(store, one.source, known, now)) for one in found]
    return found


async def _budget(store: Store, source: Source, known: Networks, now: datetime) -> Budget | None:
    """None also for a source that no service has begun to collect."""
    budget = await store.read(spending.budget, source, known, at=now)
    return budget if budget is not None and budget.limit else None


async def _try(wanted: Wanted, http: Http) -> Finding:
    source, adapter = wanted.source, registry.adapters()[wanted.source.kind]
    ok, hint = False, ""
    try:
        require_words(source, adapter.INFO)
        async with asyncio.timeout(PATIENCE_S):
            found, ok = await adapter.check(source, http), True
    except SourceUnavailable as error:
        found, hint = error.reason, error.hint
    except TimeoutError:
        found, hint = f"it has not answered in {PATIENCE_S:g} seconds", "Try again later."
    return Finding(
        event=wanted.event,
        kind=source.kind,
        source=name_of(source),
        ok=ok,
        found=found,
        hint=hint,
        terms=adapter.INFO.terms,
        budget=wanted.budget,
    )


def _line(finding: Finding) -> str:
    found = finding.found
    if budget := finding.budget:
        found += f"; {budget.spent:,} of {budget.limit:,} posts read today"
    return f"{'ok' if finding.ok else 'failing'}\t{finding.event}\t{finding.source}: {with_hint(found, finding.hint)}"
