"""Who said it: kept once per network and uri, with the profile we were last told."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from storage import media
from storage.tables import authors
from storage.writing import Writing
from timeline import consent
from timeline.post import Author

STALE = timedelta(days=1)  # a profile is asked for again, and another source's copy of it believed
FRESH = timedelta(hours=1)  # how often a repeated profile is noted as still right
_PROFILE = ("name", "handle", "url", "avatar", "labels", "known", "organisation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An author as we have it now; ``before`` as we had it, where that was different."""

    id: int
    author: Author
    before: Author | None = None


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
        return Kept(id=row.id, author=_author(row))
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
    known = _author(row)
    labels = (*(each for each in known.labels if each not in consent.AWAY), *([label] if label else ()))
    if labels == known.labels:
        return Kept(id=row.id, author=known)
    told = replace(known, labels=labels)
    writing.execute(update(authors).where(authors.c.id == row.id).values(labels=_profile(told)["labels"]))
    return Kept(id=row.id, author=told, before=known)


def by_id(reading: Connection, author_id: int) -> Author:
    """The author of a post we hold."""
    return _author(reading.execute(select(authors).where(authors.c.id == author_id)).one())


def unknown(reading: Connection, network: str, limit: int, at: datetime) -> list[str]:
    """Identifiers of authors whose profile is still to come or over a day old: who came last is first."""
    ours = select(authors.c.uri).where(authors.c.network == network).limit(limit)
    bare = list(reading.scalars(ours.where(authors.c.known.is_(False)).order_by(authors.c.profile_at.desc())))
    stale = ours.where(authors.c.known.is_(True), authors.c.profile_at < at - STALE).order_by(authors.c.profile_at)
    return [*bare, *reading.scalars(stale)][:limit]


def _believe(writing: Writing, row: Row[Any], author: Author, *, told_by: int | None, at: datetime) -> Kept:
    known = _author(row)
    told = replace(author, avatar_key=known.avatar_key)
    values: dict[str, Any] = {"profile_at": at, "told_by": told_by}
    if told != known:
        values |= _profile(told)
    elif at - row.profile_at < FRESH:
        return Kept(id=row.id, author=known)
    writing.execute(update(authors).where(authors.c.id == row.id).values(**values))
    if told.avatar != known.avatar:
        media.want_avatar(writing, row.id, told, at=at)
    return Kept(id=row.id, author=told, before=known if told != known else None)


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


def _author(row: Row[Any]) -> Author:
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
