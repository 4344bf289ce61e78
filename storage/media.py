"""Pictures: which are wanted, which we have, and who may see them; the bytes are on a shelf (shelf.py)."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import structlog
from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, exists, insert, literal_column, select, update

from storage.events import pictures
from storage.shelf import GRACE_S, Shelf
from storage.store import Store
from storage.tables import authors, events, items, media, posts
from storage.telling import newest_of_author, of_post, tell
from storage.writing import Writing
from timeline.item import State
from timeline.post import Author, Media, Post


@dataclass(frozen=True, slots=True)
class Pictures:
    """What belongs to one post."""

    of_post: tuple[Media, ...] = ()
    of_card: Media | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMedia:
    """A picture to fetch; ``shape`` bounds what is kept of it."""

    key: str
    source_url: str
    shape: Literal["picture", "avatar"]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMedia:
    """A picture that is on the shelf."""

    key: str
    content_hash: str
    content_type: str
    size_bytes: int
    width: int | None
    height: int | None


log = structlog.get_logger(__name__)

NOTHING = Pictures()
_SHOWN: tuple[ColumnElement[Any], ...] = (
    media.c.post_id, media.c.role, media.c.kind, media.c.source_url, media.c.alt, media.c.width, media.c.height,
    media.c.size_bytes, media.c.kept_bytes, media.c.key, media.c.state,
)  # fmt: skip


# Statements are made once: building one costs more than running it.
_OF_POSTS = (
    select(*_SHOWN)
    .where(media.c.post_id.in_(bindparam("posts", expanding=True)))
    .order_by(media.c.post_id, media.c.position)
)
_OF_POST = select(media.c.id, media.c.role, media.c.source_url).where(media.c.post_id == bindparam("post"))
_WANT = insert(media)
_PENDING = media.c.state == literal_column("'pending'")  # as the index says it, or it is not used


def of_posts(reading: Connection, post_ids: Sequence[int]) -> dict[int, Pictures]:
    """The pictures of these posts, in order; a post without any is absent."""
    attached: dict[int, list[Media]] = defaultdict(list)
    carded: dict[int, Media] = {}
    for post_id, role, kind, source_url, alt, width, height, size_bytes, kept_bytes, key, state in map(
        tuple, reading.execute(_OF_POSTS, {"posts": post_ids}).all()
    ):
        one = Media(
            kind=kind,
            source_url=source_url,
            alt=alt,
            width=width,
            height=height,
            size_bytes=kept_bytes or size_bytes,  # of our copy where we have one
            key=key if state == "kept" else None,
            failed=state == "failed",
        )
        if role == "card":
            carded[post_id] = one
        else:
            attached[post_id].append(one)
    return {
        post_id: Pictures(tuple(attached.get(post_id, ())), carded.get(post_id))
        for post_id in attached.keys() | carded.keys()
    }


def want(writing: Writing, post_id: int, post: Post, *, at: datetime) -> None:
    """Make the pictures of a post those it has now; what we have of them already is kept."""
    told = [("post", position, one) for position, one in enumerate(post.media)]
    if post.card and post.card.image:
        told.append(("card", 0, post.card.image))
    known = writing.execute(_OF_POST, {"post": post_id}).all()
    if not told and not known:
        return
    left: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for row in known:
        left[row.role, row.source_url].append(row.id)
    for role, position, one in told:
        described = {"position": position, "kind": one.kind, "alt": one.alt}
        if same := left[role, one.source_url]:
            writing.execute(update(media).where(media.c.id == same.pop()).values(**described))
        else:
            values = _fresh(one, wanted_at=post.published_at or at) | {"post_id": post_id, "role": role}
            writing.execute(_WANT, values | described)
    if gone := [media_id for media_ids in left.values() for media_id in media_ids]:
        writing.execute(delete(media).where(media.c.id.in_(gone)))


def want_avatar(writing: Writing, author_id: int, author: Author, *, at: datetime) -> None:
    """Want an author's new picture; the one we have stays on the cards until it is here."""
    here = (media.c.author_id == author_id) & (media.c.state != "kept")
    writing.execute(delete(media).where(here))
    if author.avatar is None:
        writing.execute(delete(media).where(media.c.author_id == author_id))
        writing.execute(update(authors).where(authors.c.id == author_id).values(avatar_key=None))
        return
    picture = Media(kind="image", source_url=author.avatar)
    values = _fresh(picture, wanted_at=at) | {"author_id": author_id, "role": "avatar", "position": 0, "kind": "image"}
    writing.execute(_WANT, values | {"alt": ""})


def pending(reading: Connection, limit: int, at: datetime) -> list[PendingMedia]:
    """Pictures to be fetched now, newest posts first."""
    due = media.c.next_try_at.is_(None) | (media.c.next_try_at <= at)
    query = select(media.c.key, media.c.source_url, media.c.role, media.c.attempts).where(_PENDING, due)
    return [
        PendingMedia(
            key=key, source_url=source_url, shape="avatar" if role == "avatar" else "picture", attempts=attempts
        )
        for key, source_url, role, attempts in reading.execute(query.order_by(media.c.wanted_at.desc()).limit(limit))
    ]


def keep(
    writing: Writing,
    key: str,
    *,
    content_hash: str,
    content_type: str,
    width: int,
    height: int,
    size_bytes: int,
    at: datetime,
) -> bool:
    """Note that a picture is on the shelf, and tell readers; False where nobody wants it any more."""
    values = {
        "state": "kept", "content_hash": content_hash, "content_type": content_type, "width": width, "height": height,
        "kept_bytes": size_bytes, "kept_at": at, "next_try_at": None,
    }  # fmt: skip
    row = writing.execute(update(media).where(media.c.key == key).values(**values).returning(media)).one_or_none()
    if row is None:
        return False
    if row.author_id is not None:
        earlier = (media.c.author_id == row.author_id) & (media.c.id != row.id) & (media.c.state == "kept")
        writing.execute(delete(media).where(earlier))
        writing.execute(update(authors).where(authors.c.id == row.author_id).values(avatar_key=key))
    _tell(writing, row, at)
    return True


def fail(writing: Writing, key: str, *, retry_at: datetime | None, at: datetime) -> None:
    """Note that a picture could not be had: try again at ``retry_at``, or never where that is None."""
    values = {"attempts": media.c.attempts + 1, "next_try_at": retry_at, "state": "pending" if retry_at else "failed"}
    here = (media.c.key == key) & (media.c.state == "pending")
    row = writing.execute(update(media).where(here).values(**values).returning(media)).one_or_none()
    if row is not None and retry_at is None:
        _tell(writing, row, at)


def find(reading: Connection, key: str, *, staff: bool = False) -> KeptMedia | None:
    """The picture with this key, while a shown post of an event that readers may see uses it."""
    row = reading.execute(select(media).where(media.c.key == key, media.c.state == "kept")).one_or_none()
    if row is None or not (staff or _in_sight(reading, row)):
        return None
    return KeptMedia(
        key=row.key,
        content_hash=row.content_hash,
        content_type=row.content_type,
        size_bytes=row.kept_bytes,
        width=row.width,
        height=row.height,
    )


def lengths(reading: Connection, keys: Sequence[str]) -> dict[str, int]:
    """How many bytes our copies have, by key; those that are not kept are absent."""
    query = select(media.c.key, media.c.kept_bytes).where(media.c.key.in_(keys), media.c.state == "kept")
    return dict(tuple(row) for row in reading.execute(query))


def referenced(reading: Connection) -> set[str]:
    """Hashes of all that has to stay on the shelf: of posts, and of the events' own look."""
    of_media = reading.scalars(select(media.c.content_hash).where(media.c.content_hash.is_not(None)).distinct())
    return set(of_media) | pictures(reading)


def over_limit(reading: Connection, limit_bytes: int) -> list[str]:
    """Hashes to let go of so that the rest fits, oldest kept first."""
    kept = select(media.c.content_hash, media.c.kept_bytes, media.c.kept_at).where(media.c.state == "kept")
    newest: dict[str, tuple[datetime, int]] = {}
    for content_hash, size, kept_at in reading.execute(kept):
        newest[content_hash] = max((kept_at, size), newest.get(content_hash, (kept_at, size)))
    total, gone = sum(size for _, size in newest.values()), []
    for content_hash, (_, size) in sorted(newest.items(), key=lambda one: one[1]):
        if total <= limit_bytes:
            break
        gone.append(content_hash)
        total -= size
    return gone


def let_go(writing: Writing, content_hashes: Sequence[str], *, at: datetime) -> None:
    """Give pictures up for want of room: their posts go on without them."""
    emptied = {"state": "failed", "content_hash": None, "content_type": None, "kept_bytes": None}
    here = media.c.content_hash.in_(content_hashes)
    for row in writing.execute(update(media).where(here).values(**emptied).returning(media)).all():
        if row.author_id is not None:
            here_too = (authors.c.id == row.author_id) & (authors.c.avatar_key == row.key)
            writing.execute(update(authors).where(here_too).values(avatar_key=None))
        _tell(writing, row, at)


async def tidy(store: Store, shelf: Shelf, *, at: datetime, grace_s: float = GRACE_S) -> int:
    """Keep the shelf within its bounds and rid of what no post shows any more; how many files went."""
    copies = await asyncio.to_thread(shelf.copies_bytes)
    if copies > shelf.limit_bytes // 2:
        await asyncio.to_thread(shelf.drop_copies)
        copies = 0
    if over := await store.read(over_limit, shelf.limit_bytes - copies):
        log.info("the folder of pictures is full: the oldest go", pictures=len(over))
        await store.write(let_go, over, at=at)
    wanted = await store.read(referenced)
    return await asyncio.to_thread(shelf.sweep, wanted, grace_s=grace_s)


def _tell(writing: Writing, row: Row[Any], at: datetime) -> None:
    if row.author_id is not None:
        tell(writing, newest_of_author(writing.connection, row.author_id), at)
    else:
        tell(writing, of_post(writing.connection, row.post_id), at)


def _fresh(one: Media, *, wanted_at: datetime) -> dict[str, Any]:
    return {
        "key": secrets.token_urlsafe(15),
        "source_url": one.source_url,
        "width": one.width,
        "height": one.height,
        "size_bytes": one.size_bytes,
        "state": "pending" if one.source_url else "failed",
        "attempts": 0,
        "wanted_at": wanted_at,
    }


def _in_sight(reading: Connection, row: Row[Any]) -> bool:
    shown = (items.c.state == State.SHOWN) & (events.c.visibility != "draft")
    query = select(exists().where(items.c.event_id == events.c.id, items.c.post_id == posts.c.id, shown, (
        posts.c.id == row.post_id if row.post_id is not None else posts.c.author_id == row.author_id
    )))  # fmt: skip
    return bool(reading.scalar(query)) or (row.author_id is not None and _is_quoted(reading, row.author_id, shown))


def _is_quoted(reading: Connection, author_id: int, shown: ColumnElement[bool]) -> bool:
    """Whether a shown post quotes this author: the face stands in its card."""
    quoted = posts.alias("quoted")
    quotes = (posts.c.network == quoted.c.network) & (posts.c.quotes == quoted.c.uri)
    here = (items.c.event_id == events.c.id, items.c.post_id == posts.c.id, shown, events.c.moderation == "after")
    return bool(reading.scalar(select(exists().where(quoted.c.author_id == author_id, quotes, *here))))
