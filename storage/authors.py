"""Who said it: kept once per network and uri, with the profile we were last told.

A new name or picture of somebody whose posts are in sight only because a person approved them
waits for a person, too: it is ``offered``, and its picture is not fetched. What the network
says of an author beside that (labels, above all) is believed at once.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, select, update

from storage import media
from storage.tables import authors, events, items, posts, sightings, sources
from storage.telling import newest_of_author, tell
from storage.writing import Writing
from timeline import consent, moderation
from timeline.item import State
from timeline.post import Author

STALE = timedelta(days=1)  # a profile is asked for again, and another source's copy of it believed
FRESH = timedelta(hours=1)  # how often a repeated profile is noted as still right
_FACE = ("name", "handle", "url", "avatar")  # what a reader sees of it
_PROFILE = ("name", "handle", "url", "avatar", "labels", "known", "organisation")
OF_ROW = tuple(authors.c[name] for name in ("network", "uri", "avatar_key", *_PROFILE))  # what ``of_row`` reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An author as we have it now; ``before`` as we had it, where that was different.

    ``new_face``: a reader sees another name or picture. Servers have each their own address for one picture:
    another address counts where it comes from who told the last.
    """

    id: int
    author: Author
    before: Author | None = None
    new_face: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A name and picture that wait for approval, beside those on the cards."""

    author_id: int
    author: Author
    offered: Author
    at: datetime


# Statements are made once: building one costs more than running it. The lock (PostgreSQL) keeps
# another process from deleting the author, whose last post it removes, while we write a new one.
_FIND = (
    select(authors)
    .where(authors.c.network == bindparam("network"), authors.c.uri == bindparam("uri"))
    .with_for_update(read=True, key_share=True)
)


def keep(writing: Writing, author: Author, *, told_by: int, at: datetime) -> Kept:
    """Write a post's author down, or believe what is new about one.

    Servers hold different copies of one profile: while the source that told it still does, the
    others are not believed, or name and picture would change to and fro.
    """
    row = _row(writing.connection, author.network, author.uri)
    if row is None:
        made = _insert(writing, author, told_by=told_by, at=at)
        if made is not None:
            return made
        row = _row(writing.connection, author.network, author.uri)
        assert row is not None, "an author that could not be inserted is there"
    believed = row.told_by == told_by or not row.known or at - row.profile_at >= STALE
    if not author.known or not believed:
        return Kept(id=row.id, author=of_row(row))
    return _believe(writing, row, author, told_by=told_by, at=at)


def update_profile(writing: Writing, author: Author, *, at: datetime) -> Kept | None:
    """Believe what the network itself tells of an author; None where we know nothing of them (any more)."""
    row = _row(writing.connection, author.network, author.uri)
    if row is None or not author.known:
        return None
    return _believe(writing, row, author, told_by=None, at=at)


def away(writing: Writing, network: str, uri: str, label: str | None) -> Kept | None:
    """Note that an account is away, or with None that it is back; None where we know nothing of it."""
    row = _row(writing.connection, network, uri)
    if row is None:
        return None
    known = of_row(row)
    labels = (*(each for each in known.labels if each not in consent.AWAY), *([label] if label else ()))
    if labels == known.labels:
        return Kept(id=row.id, author=known)
    told = replace(known, labels=labels)
    writing.execute(update(authors).where(authors.c.id == row.id).values(labels=_profile(told)["labels"]))
    return Kept(id=row.id, author=told, before=known)


def by_id(reading: Connection, author_id: int) -> Author:
    """The author of a post we hold."""
    return of_row(reading.execute(select(authors).where(authors.c.id == author_id)).one())


def unknown(reading: Connection, network: str, limit: int, at: datetime) -> list[str]:
    """Identifiers of authors whose profile is still to come or over a day old: who came last is first."""
    ours = select(authors.c.uri).where(authors.c.network == network).limit(limit)
    bare = list(reading.scalars(ours.where(authors.c.known.is_(False)).order_by(authors.c.profile_at.desc())))
    stale = ours.where(authors.c.known.is_(True), authors.c.profile_at < at - STALE).order_by(authors.c.profile_at)
    return [*bare, *reading.scalars(stale)][:limit]


def offers(reading: Connection, *, limit: int) -> list[Offer]:
    """Names and pictures that wait for approval, the longest first."""
    waiting = select(authors).where(authors.c.offered_at.is_not(None)).order_by(authors.c.offered_at, authors.c.id)
    return [
        Offer(author_id=row.id, author=of_row(row), offered=replace(of_row(row), **row.offered), at=row.offered_at)
        for row in reading.execute(waiting.limit(limit))
    ]


def approve(writing: Writing, author_id: int, *, at: datetime) -> bool:
    """Let the cards show the name and picture that wait; False where none do."""
    row = writing.execute(_waiting(author_id)).one_or_none()
    if row is None:
        return False
    told = replace(of_row(row), **row.offered)
    values = {name: getattr(told, name) for name in _FACE} | {"offered": None, "offered_at": None}
    writing.execute(update(authors).where(authors.c.id == author_id).values(**values))
    writing.rename(author_id)
    if told.avatar != row.avatar:
        media.want_avatar(writing, author_id, told, at=at)
    tell(writing, newest_of_author(writing.connection, author_id), at)
    return True


def dismiss(writing: Writing, author_id: int) -> bool:
    """Keep the cards as they are; the same name and picture are not offered again. False where none wait."""
    row = writing.execute(_waiting(author_id)).one_or_none()
    if row is not None:
        writing.execute(update(authors).where(authors.c.id == author_id).values(offered_at=None))
    return row is not None


def _waiting(author_id: int) -> Select[Any]:
    here = (authors.c.id == author_id) & authors.c.offered_at.is_not(None)
    return select(authors).where(here).with_for_update()


def _believe(writing: Writing, row: Row[Any], author: Author, *, told_by: int | None, at: datetime) -> Kept:
    known = of_row(row)
    told = replace(author, avatar_key=known.avatar_key)
    offered: dict[str, Any] = {"offered": None, "offered_at": None} if row.offered is not None else {}
    if _face(told) != _face(known) and _must_wait(writing.connection, row.id):
        offered = {"offered": _face(told), "offered_at": at} if row.offered != _face(told) else {}
        told = replace(told, **_face(known))
    values: dict[str, Any] = {"profile_at": at, "told_by": told_by} | offered
    if told != known:
        values |= _profile(told)
    elif not offered and at - row.profile_at < FRESH:
        return Kept(id=row.id, author=known)
    writing.execute(update(authors).where(authors.c.id == row.id).values(**values))
    renamed = (told.name, told.handle) != (known.name, known.handle)
    if renamed:
        writing.rename(row.id)
    if told.avatar != known.avatar:
        media.want_avatar(writing, row.id, told, at=at)
    new_face = renamed or (told.avatar != known.avatar and told_by == row.told_by)
    return Kept(id=row.id, author=told, before=known if told != known else None, new_face=new_face)


def _face(author: Author) -> dict[str, Any]:
    return {name: getattr(author, name) for name in _FACE}


def _must_wait(reading: Connection, author_id: int) -> bool:
    """Whether a new name or picture would come into sight somewhere where it has to be approved."""
    trusted = exists().where(
        sightings.c.post_id == posts.c.id,
        sightings.c.source_id == sources.c.id,
        sources.c.event_id == items.c.event_id,
        sources.c.trusted,
    )
    query = (
        select(events.c.moderation, trusted.label("trusted"))
        .join_from(items, posts)
        .join(events, items.c.event_id == events.c.id)
        .where(posts.c.author_id == author_id, items.c.state == State.SHOWN.value)
        .distinct()
    )
    return any(moderation.profile_waits(row.moderation, trusted=row.trusted) for row in reading.execute(query))


def _insert(writing: Writing, author: Author, *, told_by: int, at: datetime) -> Kept | None:
    values = {"network": author.network, "uri": author.uri, "profile_at": at, "told_by": told_by}
    author_id = writing.add(authors, values | _profile(author), authors.c.id)
    if author_id is None:
        return None
    if author.avatar:
        media.want_avatar(writing, author_id, author, at=at)
    return Kept(id=author_id, author=replace(author, avatar_key=None))


def _profile(author: Author) -> dict[str, Any]:
    return {name: getattr(author, name) for name in _PROFILE}


def _row(reading: Connection, network: str, uri: str) -> Row[Any] | None:
    return reading.execute(_FIND, {"network": network, "uri": uri}).one_or_none()


def of_row(row: Row[Any]) -> Author:
    """The author in a row that has the columns of the table."""
    return Author(
        network=row.network,
        uri=row.uri,
        name=row.name,
        handle=row.handle,
        url=row.url,
        avatar=row.avatar,
        avatar_key=row.avatar_key,
        labels=tuple(row.labels or ()),
        known=row.known,
        organisation=row.organisation,
    )
