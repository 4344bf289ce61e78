"""``backchannel import opml``: the feeds of an OPML file as sources of an event."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from backchannel.events import ORIGIN
from backchannel.opening import networks, opened, settings_of
from backchannel.outlines import MAX_BYTES, Outline, read
from backchannel.plan import source_of
from backchannel.terminal import Refused, counted, is_watched, say, tell_json
from config.settings import Source as SourceSettings
from storage import events, sources
from storage.store import Store
from storage.writing import Writing
from timeline.event import Event
from timeline.link import same_page
from timeline.network import NetworkInfo

KIND = "feed"
TOGETHER = 50  # added in one commit


@dataclass(slots=True)
class Outcome:
    """What became of the feeds of a file."""

    added: list[Outline] = field(default_factory=list)
    present: list[Outline] = field(default_factory=list)
    refused: list[Outline] = field(default_factory=list)


def import_opml(file: Path, slug: str, opml: Path, *, as_json: bool) -> None:
    """Add the feeds of ``opml`` to an event; a running service picks them up within seconds."""
    settings = settings_of(file)
    with opml.open("rb") as opened_file:
        outlines = read(opened_file.read(MAX_BYTES + 1))
    if not outlines:
        raise Refused(f"{opml} lists no feeds: nothing was done")

    async def add() -> Outcome:
        async with opened(settings) as store:
            return await _import(store, slug, outlines, watched=is_watched() and not as_json)

    outcome = asyncio.run(add())
    if as_json:
        tell_json({name: [_told(one) for one in getattr(outcome, name)] for name in Outcome.__slots__})
    else:
        _summary(outcome, slug)
    if not (outcome.added or outcome.present):
        raise typer.Exit(1)


async def _import(store: Store, slug: str, outlines: Sequence[Outline], *, watched: bool) -> Outcome:
    network, outcome = networks()[KIND], Outcome()
    event = await store.read(events.by_slug, slug)
    for start in range(0, len(outlines), TOGETHER):
        await store.write(_add, event, outlines[start : start + TOGETHER], network, outcome)
        if watched and len(outlines) > TOGETHER:
            say(f"  {min(start + TOGETHER, len(outlines)):,} of {len(outlines):,}")
    return outcome


def _add(writing: Writing, event: Event, outlines: Sequence[Outline], network: NetworkInfo, outcome: Outcome) -> None:
    told = sources.of_event(writing.connection, event.id)
    known = {same_page(status.source["url"] or "") for status in told if status.source.kind == KIND}
    for one in outlines:
        if one.url is None:
            outcome.refused.append(one)
        elif same_page(one.url) in known:
            outcome.present.append(one)
        else:
            settings = SourceSettings(kind=KIND, label=one.title, settings={"url": one.url})
            sources.add(writing, event.id, source_of(settings, network, event), origin=ORIGIN)
            outcome.added.append(one)


def _summary(outcome: Outcome, slug: str) -> None:
    for one in outcome.present:
        say(f"  there already: {one.title} ({one.told})")
    for one in outcome.refused:
        say(f"  no web address: {one.title} ({one.told})")
    parts = [f"Added {counted(len(outcome.added), 'feed')} to {slug}"]
    parts += [f"{len(outcome.present):,} there already"] * bool(outcome.present)
    parts += [f"{len(outcome.refused):,} without a web address"] * bool(outcome.refused)
    say("; ".join(parts) + ".")


def _told(one: Outline) -> dict[str, Any]:
    return {"title": one.title, "url": one.url or one.told, "folder": one.folder}
