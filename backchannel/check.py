"""``backchannel check``: read the configuration, then try the database and every source once."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from backchannel.opening import networks, opened, settings_of
from backchannel.plan import Lent, name_of, planned
from backchannel.terminal import is_watched, say, tell, tell_json, with_hint
from backchannel.version import version
from collector import registry
from collector.adapter import require_words
from collector.http import Http
from config.load import Settings
from storage import events, schema, sources
from timeline.errors import SourceUnavailable
from timeline.network import Source

PATIENCE_S = 60.0  # a source that has not answered by then will not


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one try came to; ``hint`` is the next step."""

    event: str
    kind: str
    source: str
    ok: bool
    found: str
    hint: str = ""


def check(file: Path, *, as_json: bool) -> int:
    """The exit status: 0 all is well, 3 some sources are not, 1 nothing works. Raises ConfigError."""
    settings = settings_of(file)
    for key in _without_effect(settings):
        say(f"{key} is kept for a later version of Backchannel, and has no effect yet")
    findings = asyncio.run(_tried(settings))
    if as_json:
        tell_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            tell(_line(finding))
    if not findings:
        say("The configuration is well; it names no sources yet.")
        return 0
    well = [finding.ok for finding in findings]
    return 0 if all(well) else 3 if any(well) else 1


def _without_effect(settings: Settings) -> list[str]:
    """What is set, and is read by nothing in this version (docs/configuration.md, Kept for later)."""
    found = ["site.secret"] if settings.site.secret is not None else []
    return found + [f"event[{event.slug}].schedule" for event in settings.events if event.schedule is not None]


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
        return await asyncio.gather(*(_try(slug, source, http) for slug, source in wanted))


async def _sources(settings: Settings) -> list[tuple[str, Source]]:
    """The file's sources, and those that were added by command to a database that is there already."""
    now, known, lent = datetime.now(UTC), networks(), Lent()
    plans = [planned(told, known, zone=settings.site.timezone, began=now) for told in settings.events]
    found = [(plan.event.slug, source) for plan in plans for source in plan.sources]
    for _, source in found:
        lent.note(source.event_id, source)
    if await asyncio.to_thread(schema.state, settings.storage.url) == "current":
        async with opened(settings) as store:
            slugs = {event.id: event.slug for event in await store.read(events.all_events)}
            active = await store.read(sources.active, now, known)
            kept = [(slugs[source.event_id], source) for source in active]
        told = {event.slug for event in settings.events}
        found += [(slug, source) for slug, source in kept if slug not in told]
    return [(slug, lent.lend(source)) for slug, source in found]


async def _try(slug: str, source: Source, http: Http) -> Finding:
    name, adapter = name_of(source), registry.adapters()[source.kind]
    try:
        require_words(source, adapter.INFO)
        async with asyncio.timeout(PATIENCE_S):
            found = await adapter.check(source, http)
    except SourceUnavailable as error:
        return Finding(event=slug, kind=source.kind, source=name, ok=False, found=error.reason, hint=error.hint)
    except TimeoutError:
        found = f"it has not answered in {PATIENCE_S:g} seconds"
        return Finding(event=slug, kind=source.kind, source=name, ok=False, found=found, hint="Try again later.")
    return Finding(event=slug, kind=source.kind, source=name, ok=True, found=found)


def _line(finding: Finding) -> str:
    found = with_hint(finding.found, finding.hint)
    return f"{'ok' if finding.ok else 'failing'}\t{finding.event}\t{finding.source}: {found}"
