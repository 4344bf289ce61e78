"""Where a post stands in its events: judged when new, and again when it or its author changes.

What a person decided (an item out of sight without a reason) no rule undoes.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, select, text, update

from storage import authors, events, posts, sources
from storage import items as items_of
from storage.tables import VOUCHED, items, sightings
from storage.tables import posts as posts_table
from storage.tables import sources as source_rows
from storage.telling import newest_of_author, tell
from storage.writing import Writing
from timeline import consent, discussion, moderation
from timeline.change import ChangeKind
from timeline.event import Event
from timeline.item import State
from timeline.moderation import Verdict
from timeline.network import NetworkInfo, Source
from timeline.post import Post
from timeline.view import belongs

LATE = timedelta(minutes=10)
LEFT = Verdict(state=State.HIDDEN, reason="no longer mentions the event")

Networks = Mapping[str, NetworkInfo]
Parents = Mapping[int, int] | None
"""The item, by event, under which a comment was said; None for what is no comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When a post came to us, and whether it was fetched afterwards."""

    at: datetime
    backfill: bool


def claims(
    reading: Connection, post: Post, about: str | None, among: Sequence[Source], networks: Networks
) -> tuple[list[Source], Parents]:
    """The sources in whose events a post belongs; a comment (``about`` an entry) where its entry is."""
    if about is None:
        return [source for source in among if belongs(post, source, networks[source.kind])], None
    parents = items_of.of_uri(reading, post.network, about)
    return [source for source in among if source.event_id in parents], parents


def place(
    writing: Writing,
    post_id: int,
    post: Post,
    claims: Sequence[Source],
    known: Mapping[int, Event],
    arrival: Arrival,
    parents: Parents = None,
) -> None:
    """Put a post into the events of ``claims``, all among ``known``, that do not have it yet.

    ``parents`` are the items, by event, under which a comment was said: no source answers for it.
    """
    by_event: dict[int, list[Source]] = defaultdict(list)
    for source in claims:
        by_event[source.event_id].append(source)
    published_at = post.published_at or arrival.at
    for event_id, claiming in sorted(by_event.items()):
        parent_id = (parents or {}).get(event_id)
        verdict = judge(post, _answering(claiming, parent_id), known[event_id])
        values = {
            "event_id": event_id, "post_id": post_id, "network": post.network, "published_at": published_at,
            "first_seen_at": arrival.at, "late": not arrival.backfill and arrival.at - published_at > LATE, "seq": 0,
        }  # fmt: skip
        if parent_id is not None:
            values["parent_id"] = parent_id
        if verdict.state == State.SHOWN:
            values["shown_at"] = arrival.at
        item_id = writing.add(items, values | _decided(verdict), items.c.id)
        if item_id is not None:
            kind: ChangeKind = "item.added" if verdict.state == State.SHOWN else "item.held"
            writing.record(kind, event_id, item_id, arrival.at)


def judge(post: Post, claiming: Sequence[Source], event: Event) -> Verdict:
    """Decide on a post that ``claiming`` brought: the one that answers for its posts speaks for all."""
    if reason := consent.withheld(post.author):
        return Verdict(state=State.HELD, reason=reason)
    return moderation.judge(post, max(claiming, key=lambda source: source.trusted), event)


def rejudge(writing: Writing, post_id: int, post: Post, networks: Networks, *, edited: bool, at: datetime) -> bool:
    """Judge a post again in all its events; whether it came into sight or left it in any.

    Where it was ``edited`` everything is looked at anew, its hashtags included. Otherwise only
    who the author is, or who brings the post, has changed: what is in sight stays there while
    the author's consent does, and what waits may come out.
    """
    rows = writing.execute(select(items).where(items.c.post_id == post_id, items.c.state != State.REMOVED.value)).all()
    brought = _brought_by(writing.connection, post_id)
    known = events.by_ids(writing.connection, {row.event_id for row in rows})
    moved = False
    for row in rows:
        claiming = _answering(brought.get(row.event_id, []), row.parent_id)
        if row.parent_id is None and (edited or row.reason == LEFT.reason):
            claiming = [one for one in claiming if one.kind in networks and belongs(post, one, networks[one.kind])]
        verdict = judge(post, claiming, known[row.event_id]) if claiming else LEFT
        if edited or row.state != State.SHOWN or consent.withheld(post.author):
            moved |= _apply(writing, row, verdict, edited=edited, at=at)
    return moved


def author_changed(writing: Writing, kept: authors.Kept, networks: Networks, *, at: datetime) -> None:
    """Show an author's new name and picture, and heed a consent that was taken back or has become known."""
    if kept.before is None:
        return
    reading = writing.connection
    if consent.withheld(kept.before) != consent.withheld(kept.author) or kept.before.known != kept.author.known:
        for post_id, post in posts.by_author_id(reading, kept.id):
            rejudge(writing, post_id, post, networks, edited=False, at=at)
    if kept.new_face:
        _nobody_answers_for(writing, kept.id, at=at)
    tell(writing, newest_of_author(reading, kept.id), at)


def _nobody_answers_for(writing: Writing, author_id: int, *, at: datetime) -> None:
    """Whom a person approved or picked under another name or picture is not vouched for under the new one.

    It stays in the timeline, and leaves the walls until somebody has looked again. Sources that
    answer for their posts answer for who says them.
    """
    of_author = select(posts_table.c.id).where(posts_table.c.author_id == author_id)
    vouched = items.c.post_id.in_(of_author) & text(f"({VOUCHED})") & ~_brought_by_trusted()
    withdrawn = update(items).where(vouched).values(checked=False, altered_at=at)
    rows = writing.execute(withdrawn.returning(items.c.id, items.c.event_id, items.c.state)).all()
    tell(writing, rows, at)


def _brought_by_trusted() -> ColumnElement[bool]:
    return exists().where(
        sightings.c.post_id == items.c.post_id,
        sightings.c.source_id == source_rows.c.id,
        source_rows.c.event_id == items.c.event_id,
        source_rows.c.trusted,
    )


def _apply(writing: Writing, row: Row[Any], verdict: Verdict, *, edited: bool, at: datetime) -> bool:
    if edited and not verdict.checked:
        writing.execute(update(items).where(items.c.id == row.id).values(altered_at=at))
    was_shown: bool = row.state == State.SHOWN
    decided_by_a_person = not was_shown and row.reason is None
    if decided_by_a_person:
        if edited:
            writing.record("item.held", row.event_id, row.id, at)
        return False
    is_shown = verdict.state == State.SHOWN
    differs = (row.state, row.reason, row.checked) != (verdict.state, verdict.reason, verdict.checked)
    if differs:
        shown_at = {"shown_at": row.shown_at or at} if is_shown else {}
        writing.execute(update(items).where(items.c.id == row.id).values(**_decided(verdict), **shown_at))
    elif not edited:
        return False
    if was_shown and not is_shown:
        writing.record("item.removed", row.event_id, row.id, at)
    elif is_shown:
        writing.record("item.changed" if was_shown else "item.added", row.event_id, row.id, at)
    else:
        writing.record("item.held", row.event_id, row.id, at)
    return was_shown != is_shown


def _answering(claiming: Sequence[Source], parent_id: int | None) -> list[Source]:
    return [discussion.as_brought_by(one) if parent_id is not None else one for one in claiming]


def _decided(verdict: Verdict) -> dict[str, Any]:
    return {"state": verdict.state.value, "reason": verdict.reason, "checked": verdict.checked}


def _brought_by(reading: Connection, post_id: int) -> dict[int, list[Source]]:
    """The sources that have shown the post, by event."""
    source_ids = list(reading.scalars(select(sightings.c.source_id).where(sightings.c.post_id == post_id)))
    brought: dict[int, list[Source]] = defaultdict(list)
    for source in sources.by_ids(reading, source_ids).values():
        brought[source.event_id].append(source)
    return brought
