"""What was said: kept once per network and uri, whatever events show it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, exists, select, union_all, update

from storage import media, sightings, telling
from storage.tables import authors, items, posts, tombstones
from storage.writing import Writing
from timeline.item import State
from timeline.post import Author, Card, Counts, Media, Poll, PollOption, Post

# In the order in which ``to_post`` takes them apart.
COLUMNS: tuple[ColumnElement[Any], ...] = (
    posts.c.network, posts.c.uri, posts.c.url, posts.c.published_at, posts.c.edited_at, posts.c.title, posts.c.html,
    posts.c.text, posts.c.language, posts.c.hashtags, posts.c.links, posts.c.in_reply_to, posts.c.quotes,
    posts.c.content_warning, posts.c.sensitive, posts.c.card, posts.c.poll, posts.c.replies, posts.c.boosts,
    posts.c.likes,
    authors.c.uri, authors.c.name, authors.c.handle, authors.c.url, authors.c.avatar, authors.c.avatar_key,
    authors.c.labels, authors.c.known, authors.c.organisation,
)  # fmt: skip


_FOUND: tuple[ColumnElement[Any], ...] = (
    posts.c.id, posts.c.network, posts.c.uri, posts.c.author_id, posts.c.published_at, posts.c.edited_at,
    posts.c.poll, posts.c.replies, posts.c.boosts, posts.c.likes, posts.c.told_by, posts.c.looked_at, posts.c.quotes,
    posts.c.in_reply_to,
)  # fmt: skip

# Statements are made once: building one costs more than running it.
_FIND = select(*_FOUND).where(posts.c.network == bindparam("network"), posts.c.uri == bindparam("uri"))
_AT = update(posts).where(posts.c.id == bindparam("post"))
_PHRASES = select(items.c.id, items.c.phrase).where(items.c.post_id == bindparam("post"), items.c.phrase.is_not(None))
_NAMED = union_all(
    *(
        select(items.c.id)
        .join_from(items, posts)
        .where(posts.c.network == bindparam("network"), link == bindparam("uri"))
        for link in (posts.c.quotes, posts.c.in_reply_to)
    )
).limit(1)


def to_post(values: Sequence[Any], pictures: media.Pictures) -> Post:
    """The post in the values of ``COLUMNS``."""
    (
        network, uri, url, published_at, edited_at, title, html, text, language, hashtags, links, in_reply_to, quotes,
        warning, sensitive, card, poll, replies, boosts, likes,
        author_uri, name, handle, author_url, avatar, avatar_key, labels, known, organisation,
    ) = values  # fmt: skip
    return Post(
        network=network,
        uri=uri,
        url=url,
        author=Author(
            network=network,
            uri=author_uri,
            name=name,
            handle=handle,
            url=author_url,
            avatar=avatar,
            avatar_key=avatar_key,
            labels=tuple(labels) if labels else (),
            known=known,
            organisation=organisation,
        ),
        published_at=published_at,
        edited_at=edited_at,
        title=title,
        html=html,
        text=text,
        language=language,
        hashtags=tuple(hashtags) if hashtags else (),
        links=tuple(links) if links else (),
        in_reply_to=in_reply_to,
        quotes=quotes,
        content_warning=warning,
        sensitive=sensitive,
        media=pictures.of_post,
        card=_to_card(card, pictures.of_card) if card else None,
        poll=_to_poll(poll) if poll else None,
        counts=Counts(replies=replies, boosts=boosts, likes=likes),
    )


def find(reading: Connection, network: str, uri: str) -> Row[Any] | None:
    """The row of a post as far as intake needs it to tell news from repeats."""
    return reading.execute(_FIND, {"network": network, "uri": uri}).one_or_none()


def keep(writing: Writing, post: Post, *, author_id: int, told_by: int, at: datetime) -> int | None:
    """Write a new post down; its id, or None where another writer was first."""
    values = {
        "network": post.network, "uri": post.uri, "author_id": author_id, "published_at": post.published_at,
        "looked_at": at,
    }  # fmt: skip
    post_id: int | None = writing.add(posts, values | _words(post) | tallies(post) | {"told_by": told_by}, posts.c.id)
    if post_id is not None and (post.media or post.card):
        media.want(writing, post_id, post, at=at)
    return post_id


def replace_words(writing: Writing, post_id: int, post: Post, *, told_by: int, at: datetime) -> None:
    """Put an edit in the place of what was said, phrases of it that staff chose included; when it was said stays."""
    values = _words(post) | tallies(post) | {"told_by": told_by}
    writing.execute(_AT, values | {"post": post_id})
    said = " ".join(post.text.split())
    for item in writing.execute(_PHRASES, {"post": post_id}).all():
        if " ".join(item.phrase.split()) not in said:
            writing.execute(update(items).where(items.c.id == item.id).values(phrase=None))
    media.want(writing, post_id, post, at=at)


def replace_tallies(writing: Writing, post_id: int, post: Post) -> None:
    """Bring the counts, and a poll's votes, up to date."""
    writing.execute(_AT, tallies(post) | {"post": post_id})


def tallies(post: Post) -> dict[str, Any]:
    """What changes without anybody editing."""
    return {
        "replies": post.counts.replies, "boosts": post.counts.boosts, "likes": post.counts.likes,
        "poll": _from_poll(post.poll),
    }  # fmt: skip


def tallies_in(row: Row[Any]) -> dict[str, Any]:
    """As ``tallies``, of a row that ``find`` gave."""
    return {"replies": row.replies, "boosts": row.boosts, "likes": row.likes, "poll": row.poll}


def digest(post: Post) -> int:
    """A number that differs where a reader would see a difference, counts and the author's profile apart.

    A picture counts by its path: servers sign the rest anew for every answer.
    """
    seen = (
        post.url, post.title, post.html or post.text, post.language, post.hashtags, post.links, post.in_reply_to,
        post.quotes, post.content_warning, post.sensitive,
        [(one.kind, one.alt, (one.source_url or "").partition("?")[0]) for one in post.media],
        post.card and (post.card.url, post.card.title, post.card.description, bool(post.card.image)),
        post.poll and ([option.text for option in post.poll.options], post.poll.multiple),
    )  # fmt: skip
    return int.from_bytes(blake2b(msgspec.json.encode(seen), digest_size=8).digest(), signed=True)


def remove(writing: Writing, post_ids: Iterable[int], *, at: datetime) -> int:
    """Take posts away for good: words and pictures go, tombstones stay so that they never come back."""
    removed = sum(_remove(writing, post_id, at) for post_id in sorted(post_ids))
    if removed:
        writing.erase(at)
    return removed


def by_author_id(reading: Connection, author_id: int) -> list[tuple[int, Post]]:
    """All an author's posts with their ids."""
    query = select(posts.c.id, *COLUMNS).join_from(posts, authors).where(posts.c.author_id == author_id)
    rows: list[tuple[Any, ...]] = [tuple(row) for row in reading.execute(query)]
    pictures = media.of_posts(reading, [row[0] for row in rows])
    return [(post_id, to_post(values, pictures.get(post_id, media.NOTHING))) for post_id, *values in rows]


def by_author(reading: Connection, network: str, uri: str) -> list[int]:
    """Ids of all an author's posts."""
    query = select(posts.c.id).join_from(posts, authors).where(authors.c.network == network, authors.c.uri == uri)
    return list(reading.scalars(query))


def _remove(writing: Writing, post_id: int, at: datetime) -> bool:
    wanted = select(posts.c.network, posts.c.uri, posts.c.author_id, posts.c.quotes, posts.c.in_reply_to)
    post = writing.execute(wanted.where(posts.c.id == post_id).with_for_update()).one_or_none()
    if post is None:
        return False
    for comment_id in _said_under(writing, post_id):
        _remove(writing, comment_id, at)
    _empty_items(writing, post_id, at)
    writing.add(tombstones, {"network": post.network, "uri": post.uri, "at": at}, tombstones.c.uri)
    sightings.bury(writing, post_id, at=at)
    writing.execute(delete(posts).where(posts.c.id == post_id))
    telling.tell(writing, telling.naming(writing.connection, post.network, post.uri), at)
    _drop_author(writing, post.author_id)
    drop_unnamed(writing, post.network, post.quotes, post.in_reply_to)
    return True


def drop_unnamed(writing: Writing, network: str, *uris: str | None) -> None:
    """Let go of posts that stand in no timeline, once no card quotes or answers them any more."""
    for uri in uris:
        if uri is None or named(writing.connection, network, uri):
            continue
        here = (posts.c.network == network) & (posts.c.uri == uri) & ~exists().where(items.c.post_id == posts.c.id)
        author_id = writing.execute(delete(posts).where(here).returning(posts.c.author_id)).scalar()
        if author_id is not None:
            _drop_author(writing, author_id)


def named(reading: Connection, network: str, uri: str) -> bool:
    """Whether a post that stands in a timeline quotes or answers this one."""
    return reading.execute(_NAMED, {"network": network, "uri": uri}).first() is not None


def _drop_author(writing: Writing, author_id: int) -> None:
    """Forget somebody of whom nothing is left."""
    # Whoever is writing a new post of this author holds the row: wait, then look whether it was the last.
    writing.execute(select(authors.c.id).where(authors.c.id == author_id).with_for_update())
    alone = ~exists().where(posts.c.author_id == author_id)
    writing.execute(delete(authors).where(authors.c.id == author_id, alone))


def _said_under(writing: Writing, post_id: int) -> list[int]:
    """Posts that are comments on this one: without it nobody knows what they are about."""
    here = select(items.c.id).where(items.c.post_id == post_id)
    said = select(items.c.post_id).where(items.c.parent_id.in_(here), items.c.post_id.is_not(None)).distinct()
    return list(writing.connection.scalars(said))


def _empty_items(writing: Writing, post_id: int, at: datetime) -> None:
    """Keep the ids that were public, and nothing that was said or written about them."""
    here = items.c.post_id == post_id
    for item in writing.execute(select(items.c.id, items.c.event_id, items.c.state).where(here)).all():
        writing.record("item.removed" if item.state == State.SHOWN else "item.held", item.event_id, item.id, at)
    writing.execute(delete(items).where(here, items.c.shown_at.is_(None), items.c.state != State.SHOWN.value))
    emptied: Mapping[str, Any] = {
        "post_id": None, "state": State.REMOVED.value, "reason": None, "checked": False, "highlighted_at": None,
        "phrase": None, "pinned_at": None, "note": None, "staff_note": None,
    }  # fmt: skip
    writing.execute(update(items).where(here).values(**emptied))


def _words(post: Post) -> dict[str, Any]:
    return {
        "url": post.url,
        "edited_at": post.edited_at,
        "title": post.title,
        "html": post.html,
        "text": post.text,
        "language": post.language,
        "hashtags": post.hashtags,
        "links": post.links,
        "in_reply_to": post.in_reply_to,
        "quotes": post.quotes,
        "content_warning": post.content_warning,
        "sensitive": post.sensitive,
        "card": post.card and {"url": post.card.url, "title": post.card.title, "description": post.card.description},
    }


def _to_card(card: Mapping[str, Any], image: Media | None) -> Card:
    return Card(url=card["url"], title=card["title"], description=card["description"], image=image)


def _from_poll(poll: Poll | None) -> dict[str, Any] | None:
    if poll is None:
        return None
    return {
        "options": [[option.text, option.votes] for option in poll.options],
        "closes_at": poll.closes_at.isoformat() if poll.closes_at else None,
        "multiple": poll.multiple,
    }


def _to_poll(poll: Mapping[str, Any]) -> Poll:
    return Poll(
        options=tuple(PollOption(text=text, votes=votes) for text, votes in poll["options"]),
        closes_at=datetime.fromisoformat(poll["closes_at"]) if poll["closes_at"] else None,
        multiple=poll["multiple"],
    )
