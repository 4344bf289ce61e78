"""The one way in: what sources heard is cleaned, judged, kept and recorded, in one transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row
from sqlalchemy.exc import InternalError, OperationalError

from storage import authors, events, inbox, items, judging, posts, rechecks, sightings, sources, speaking, spending
from storage.telling import naming, of_post, quoting, tell
from storage.writing import TransactionLost, Writing
from timeline.errors import UnreadablePost
from timeline.network import Gap, NetworkInfo, Source
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
from timeline.recheck import CONFIRMED_FOR
from timeline.tidy import MAX_URI, fit, identifier, tidy, tidy_author

log = structlog.get_logger(__name__)

ASKED_AT_ONCE = 5_000  # refs in one question; the databases take some 30,000 parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of a batch: posts new to the database, edits, removals, the rest by reason.

    ``left`` is how many posts may still be read today; None where reading costs nothing.
    """

    added: int
    changed: int
    removed: int
    dropped: Mapping[str, int]
    left: int | None = None


def accept(
    writing: Writing,
    heard: Sequence[Heard],
    *,
    source_ids: Sequence[int],
    networks: Mapping[str, NetworkInfo],
    cursors: Mapping[sources.Key, Cursor] | None = None,
    backfill: bool = False,
    read: Sequence[str] = (),
    gaps: Mapping[int, Gap] | None = None,
    pushes: Sequence[int] = (),
    at: datetime,
) -> Accepted:
    """Take in, in order, what a line of sources heard, and move its cursors with it.

    Each post goes to the event of every source in ``source_ids`` that it belongs to. What one
    post has wrong is counted and costs the others nothing; what the database has wrong raises.
    ``read`` are refs whose reading is charged for; ``gaps``, by source id, is what is lost;
    ``pushes`` are those of the inbox that are taken in with this.
    """
    intake = _Intake(writing, source_ids, networks, judging.Arrival(at=at, backfill=backfill))
    intake.look_ahead(heard)
    for one in heard:
        intake.hear(one)
    rechecks.confirm(writing, intake.confirmed, at=at)
    sources.count(writing, intake.arrived)
    sources.move(writing, cursors or {})
    sources.note_gaps(writing, gaps or {})
    if pushes:
        inbox.take(writing, pushes)
    if read and intake.sources:
        spending.charge(writing, intake.sources[0], read, at=at)
    budget = spending.budget(intake.reading, intake.sources[0], networks, at=at) if intake.sources else None
    return Accepted(
        added=intake.done["added"],
        changed=intake.done["changed"],
        removed=intake.done["removed"],
        dropped=dict(intake.dropped),
        left=budget.left if budget else None,
    )


def allowance(
    reading: Connection, source_ids: Sequence[int], networks: Mapping[str, NetworkInfo], at: datetime
) -> int | None:
    """How many posts these sources may still read today; None where reading costs nothing."""
    for source in sources.by_ids(reading, source_ids).values():
        budget = spending.budget(reading, source, networks, at=at)
        return budget.left if budget else None
    return None


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
        self.confirmed: set[int] = set()  # posts seen again, and not noted as seen for some time
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
        claims, parents = judging.claims(self.reading, post, sighting.about, self.sources, self.networks)
        new = (post.network, post.uri) in self.new
        self.new.discard((post.network, post.uri))
        row = None if new else posts.find(self.reading, post.network, post.uri)
        if row is None:
            self._new(sighting, post, claims, parents, surely=new)
        else:
            self._known(ref, post, claims, parents, row)

    def _new(self, said: Sighting, post: Post, claims: list[Source], parents: judging.Parents, *, surely: bool) -> None:
        ref, digest = identifier(said.ref), posts.digest(post)
        if not claims:
            raise _Dropped("elsewhere" if parents is None else "its entry is not here")
        published_at = post.published_at or self.at
        claims = [source for source in claims if self._wanted(published_at, source)]
        if not claims:
            raise _Dropped("outside the event's time")
        if not surely:
            self._refuse_buried(ref, post)
        told_by = claims[0].id
        author = self._author(post.author, told_by=told_by)
        answered = post.in_reply_to or sightings.uri_of(self.reading, fit(said.answers or "", MAX_URI), self.source_ids)
        post = replace(post, author=author.author, in_reply_to=answered)
        post_id = posts.keep(self.writing, post, author_id=author.id, told_by=told_by, at=self.at)
        if self.writing.dialect == "postgresql":
            self._refuse_buried(ref, post)  # our insert may have waited for the removal to be committed
        if post_id is None:  # another process was first
            row = posts.find(self.reading, post.network, post.uri)
            return self._known(ref, post, claims, parents, row) if row is not None else None
        sightings.see(self.writing, [source.id for source in claims], ref, post_id, digest)
        judging.place(self.writing, post_id, post, claims, self.events, self.arrival, parents)
        if parents is None:  # comments are not what a source is asked for
            for source in claims:
                self.arrived[source.id].append(published_at)
        self.done["added"] += 1
        return None

    def _known(self, ref: str, post: Post, claims: list[Source], parents: judging.Parents, row: Row[Any]) -> None:
        """A post seen before: a repeat, an edit, new counts, or a further source that shows it."""
        if row.looked_at is None or self.at - row.looked_at > CONFIRMED_FOR:
            self.confirmed.add(row.id)
        if parents is not None and items.of_uri(self.reading, post.network, post.uri):
            raise _Dropped("a comment in the name of a post")
        said = posts.digest(post)
        seen = sightings.last_said(self.reading, ref, self.source_ids)
        if not seen and sightings.buried(self.reading, post.network, post.uri, ref, self.source_ids):
            self._remove([row.id])  # removed there before it was shown there; another server showed it meanwhile
            return
        stale = row.edited_at is not None and (post.edited_at or row.published_at) < row.edited_at
        newer = post.edited_at is not None and (row.edited_at is None or post.edited_at > row.edited_at)
        differs = any(digest != said for digest in seen.values())
        edited = newer and (differs or not seen) and self._speaks(row, dated=True)
        edited = edited or (differs and not stale and self._speaks(row))
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
            judging.place(self.writing, row.id, post, arriving, self.events, self.arrival, parents)
            tell(self.writing, naming(self.reading, row.network, row.uri), self.at)

    def _edit(self, post: Post, row: Row[Any]) -> None:
        author = self._author(post.author, told_by=self.source_ids[0]).author
        post = replace(post, author=author, in_reply_to=post.in_reply_to or row.in_reply_to)
        posts.replace_words(self.writing, row.id, post, told_by=self.source_ids[0], at=self.at)
        moved = judging.rejudge(self.writing, row.id, post, self.networks, edited=True, at=self.at)
        tell(self.writing, (naming if moved else quoting)(self.reading, row.network, row.uri), self.at)
        posts.drop_unnamed(self.writing, row.network, row.quotes, row.in_reply_to)
        self.done["changed"] += 1

    def _removal(self, ref: str) -> None:
        ref = identifier(ref)
        known = list(sightings.by_refs(self.reading, [ref], self.source_ids).values())
        if known:
            self._remove(speaking.removable(self.reading, known, self.sources, self.networks, at=self.at))
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

    def _speaks(self, row: Row[Any], *, dated: bool = False) -> bool:
        return speaking.speak(self.reading, row.told_by, self.sources, self.networks, dated=dated, at=self.at)

    def _wanted(self, published_at: datetime, source: Source) -> bool:
        return published_at >= source.collect_from and self.at <= source.collect_until

    def _refuse_buried(self, ref: str, post: Post) -> None:
        if sightings.buried(self.reading, post.network, post.uri, ref, self.source_ids):
            raise _Dropped("removed before")
