"""The one way in: what sources heard is cleaned, judged, kept and recorded, in one transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row
from sqlalchemy.exc import InternalError, OperationalError

from storage import authors, events, judging, posts, sightings, sources
from storage.telling import of_post, tell
from storage.writing import TransactionLost, Writing
from timeline.errors import UnreadablePost
from timeline.network import NetworkInfo, Source
from timeline.post import (
    Author,
    AuthorAway,
    AuthorGone,
    AuthorUpdate,
    Cursor,
    Heard,
    Post,
    Removal,
    Sighting,
    Unreadable,
)
from timeline.tidy import MAX_URI, fit, identifier, tidy, tidy_author
from timeline.view import belongs

log = structlog.get_logger(__name__)

ASKED_AT_ONCE = 5_000  # refs in one question; the databases take some 30,000 parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of a batch: posts new to the database, edits, removals, the rest by reason."""

    added: int
    changed: int
    removed: int
    dropped: Mapping[str, int]


def accept(
    writing: Writing,
    heard: Sequence[Heard],
    *,
    source_ids: Sequence[int],
    networks: Mapping[str, NetworkInfo],
    cursors: Mapping[sources.Key, Cursor] | None = None,
    backfill: bool = False,
    at: datetime,
) -> Accepted:
    """Take in, in order, what a line of sources heard, and move its cursors with it.

    Each post goes to the event of every source in ``source_ids`` that it belongs to. What one
    post has wrong is counted and costs the others nothing; what the database has wrong raises.
    """
    intake = _Intake(writing, source_ids, networks, judging.Arrival(at=at, backfill=backfill))
    intake.look_ahead(heard)
    for one in heard:
        intake.hear(one)
    sources.count(writing, intake.arrived)
    sources.move(writing, cursors or {})
    return Accepted(
        added=intake.done["added"],
        changed=intake.done["changed"],
        removed=intake.done["removed"],
        dropped=dict(intake.dropped),
    )


def knows(reading: Connection, refs: Sequence[str], source_ids: Sequence[int]) -> set[str]:
    """Which of ``refs`` these sources have shown us before."""
    as_kept = {ref: fit(ref, MAX_URI).strip() for ref in refs}
    names = sorted(set(as_kept.values()))
    known: set[str] = set()
    for start in range(0, len(names), ASKED_AT_ONCE):
        known |= sightings.by_refs(reading, names[start : start + ASKED_AT_ONCE], source_ids).keys()
    return {ref for ref, name in as_kept.items() if name in known}


class _Dropped(Exception):
    """A post that is not for us; what was written of it is undone."""


class _Intake:
    """One batch on its way in."""

    def __init__(
        self, writing: Writing, source_ids: Sequence[int], networks: Mapping[str, NetworkInfo], arrival: judging.Arrival
    ) -> None:
        self.writing = writing
        self.reading = writing.connection
        self.networks = networks
        self.arrival = arrival
        self.at = arrival.at
        known = sources.by_ids(self.reading, source_ids)
        self.sources = [source for source in known.values() if source.kind in networks]
        self.source_ids = [source.id for source in self.sources]
        self.events = events.by_ids(self.reading, {source.event_id for source in self.sources})
        self.new: set[tuple[str, str]] = set()  # certainly neither held nor removed
        self.authors: dict[Author, authors.Kept] = {}  # as this batch has kept them
        self.done: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.arrived: dict[int, list[datetime]] = defaultdict(list)

    def look_ahead(self, heard: Sequence[Heard]) -> None:
        """Find out together which posts nobody has heard of: one question for a batch, not three a post."""
        shown = [one for one in heard if isinstance(one, Sighting)]
        for start in range(0, len(shown), ASKED_AT_ONCE):
            asked = shown[start : start + ASKED_AT_ONCE]
            named = {(one.post.network, fit(one.post.uri, MAX_URI)): fit(one.ref, MAX_URI) for one in asked}
            self.new |= sightings.unheard_of(self.reading, named, self.source_ids)

    def hear(self, one: Heard) -> None:
        """Take in one of the batch, or count why not."""
        try:
            with self.writing.savepoint():
                self._take(one)
            return
        except _Dropped as reason:
            self.dropped[str(reason)] += 1
        except UnreadablePost:
            self.dropped["unreadable"] += 1
        except (TransactionLost, OperationalError, InternalError):
            raise  # the database is ill, not the post
        except Exception as error:
            if not self.dropped["error"]:
                log.warning("a post could not be kept", error=type(error).__name__, sources=self.source_ids)
            self.dropped["error"] += 1
        self.authors.clear()  # what was kept of them may just have been undone

    def _take(self, one: Heard) -> None:
        match one:
            case Sighting():
                self._sighting(one)
            case Removal(ref=ref):
                self._removal(ref)
            case AuthorUpdate(author=author):
                self.authors.clear()
                if kept := authors.update_profile(self.writing, tidy_author(author), at=self.at):
                    judging.author_changed(self.writing, kept, self.networks, at=self.at)
            case AuthorAway(network=network, uri=uri, label=label):
                self.authors.clear()
                if kept := authors.away(self.writing, network, uri, label):
                    judging.author_changed(self.writing, kept, self.networks, at=self.at)
            case AuthorGone(network=network, uri=uri):
                self._remove(posts.by_author(self.reading, network, uri))
            case Unreadable(reason=reason):
                raise _Dropped(reason)

    def _sighting(self, sighting: Sighting) -> None:
        ref = identifier(sighting.ref)
        post = tidy(sighting.post, at=self.at)
        claims = [source for source in self.sources if belongs(post, source, self.networks[source.kind])]
        new = (post.network, post.uri) in self.new
        self.new.discard((post.network, post.uri))
        row = None if new else posts.find(self.reading, post.network, post.uri)
        if row is None:
            self._new(ref, post, claims, surely=new)
        else:
            self._known(ref, post, claims, row)

    def _new(self, ref: str, post: Post, claims: list[Source], *, surely: bool) -> None:
        if not claims:
            raise _Dropped("elsewhere")
        published_at = post.published_at or self.at
        claims = [source for source in claims if self._wanted(published_at, source)]
        if not claims:
            raise _Dropped("outside the event's time")
        if not surely:
            self._refuse_buried(ref, post)
        told_by = claims[0].id
        author = self._author(post.author, told_by=told_by)
        post = replace(post, author=author.author)
        post_id = posts.keep(self.writing, post, author_id=author.id, told_by=told_by, at=self.at)
        if self.writing.dialect == "postgresql":
            self._refuse_buried(ref, post)  # our insert may have waited for the removal to be committed
        if post_id is None:  # another process was first
            row = posts.find(self.reading, post.network, post.uri)
            return self._known(ref, post, claims, row) if row is not None else None
        sightings.see(self.writing, [source.id for source in claims], ref, post_id, posts.digest(post))
        judging.place(self.writing, post_id, post, claims, self.events, self.arrival)
        for source in claims:
            self.arrived[source.id].append(published_at)
        self.done["added"] += 1
        return None

    def _known(self, ref: str, post: Post, claims: list[Source], row: Row[Any]) -> None:
        """A post seen before: a repeat, an edit, new counts, or a further source that shows it."""
        said = posts.digest(post)
        seen = sightings.last_said(self.reading, ref, self.source_ids)
        stale = row.edited_at is not None and (post.edited_at or row.published_at) < row.edited_at
        newer = post.edited_at is not None and (row.edited_at is None or post.edited_at > row.edited_at)
        differs = any(digest != said for digest in seen.values())
        edited = (newer and (differs or not seen)) or (differs and not stale and self._speaks(row))
        post = replace(post, published_at=row.published_at)

        arriving = [source for source in claims if source.id not in seen and self._wanted(row.published_at, source)]
        retold = [source_id for source_id, digest in seen.items() if digest != said and not stale]
        if retold:
            sightings.see_again(self.writing, retold, ref, row.id, said)
        if arriving:
            sightings.see(self.writing, [source.id for source in arriving], ref, row.id, said)

        if edited:
            self._edit(post, row)
        elif not stale and posts.tallies(post) != posts.tallies_in(row) and self._speaks(row):
            posts.replace_tallies(self.writing, row.id, post)
            tell(self.writing, of_post(self.reading, row.id), self.at)
        if arriving:
            post = replace(post, author=authors.by_id(self.reading, row.author_id))
            judging.rejudge(self.writing, row.id, post, self.networks, edited=False, at=self.at)
            judging.place(self.writing, row.id, post, arriving, self.events, self.arrival)

    def _edit(self, post: Post, row: Row[Any]) -> None:
        post = replace(post, author=self._author(post.author, told_by=self.source_ids[0]).author)
        posts.replace_words(self.writing, row.id, post, told_by=self.source_ids[0], at=self.at)
        judging.rejudge(self.writing, row.id, post, self.networks, edited=True, at=self.at)
        self.done["changed"] += 1

    def _removal(self, ref: str) -> None:
        ref = identifier(ref)
        known = sightings.by_refs(self.reading, [ref], self.source_ids)
        if known:
            self._remove(known.values())
            return
        self.new.clear()  # it may be one of these
        scoped = [source.id for source in self.sources if self.networks[source.kind].deletes == "scoped"]
        sightings.bury_unseen(self.writing, ref, scoped, at=self.at)

    def _author(self, author: Author, *, told_by: int) -> authors.Kept:
        """The author as kept; written once a batch for each form of a profile."""
        if author not in self.authors:
            kept = authors.keep(self.writing, author, told_by=told_by, at=self.at)
            judging.author_changed(self.writing, kept, self.networks, at=self.at)
            self.authors[author] = kept
        return self.authors[author]

    def _remove(self, post_ids: Iterable[int]) -> None:
        self.authors.clear()  # one without posts is removed too
        self.done["removed"] += posts.remove(self.writing, post_ids, at=self.at)

    def _speaks(self, row: Row[Any]) -> bool:
        """Whether a post's words are ours to change without a date of edit.

        Servers render one post differently and count different likes: the source whose words
        we hold is believed while it is collected, so that two of them do not take turns.
        """
        return row.told_by in self.source_ids or not sources.collected(
            self.reading, row.told_by, self.at, self.networks
        )

    def _wanted(self, published_at: datetime, source: Source) -> bool:
        return published_at >= source.collect_from and self.at <= source.collect_until

    def _refuse_buried(self, ref: str, post: Post) -> None:
        if sightings.buried(self.reading, post.network, post.uri, ref, self.source_ids):
            raise _Dropped("removed before")
