"""What a feed says, whatever it is written in.

Nobody can see a feed reader's screen, nor draw a button there: what a person has to ask to see on our pages is left
out here, and stands behind a link.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard import filters
from dashboard.feeds.words import markup, title
from dashboard.languages import gettext
from dashboard.site import Site
from timeline.item import Item
from timeline.link import web_address
from timeline.tidy import fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Our copy of a picture, ``length`` bytes of WebP."""

    url: str
    alt: str
    length: int
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Who said it."""

    name: str
    url: str | None
    avatar: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One post. ``id`` is its permanent page, ``original`` where it was said; ``html`` is empty and ``author`` None
    where only its identifiers may leave us."""

    id: str
    link: str
    original: str | None
    title: str
    html: str
    published: datetime
    updated: datetime
    author: Voice | None
    language: str
    tags: tuple[str, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed: ``address`` is its own, ``page`` what people look at.

    ``withdrawn`` are the ids of entries that are gone, and since when.
    """

    title: str
    subtitle: str
    address: str
    page: str
    publisher: str
    home: str
    icon: str
    updated: datetime
    hubs: tuple[str, ...]
    entries: tuple[Entry, ...]
    withdrawn: Mapping[str, datetime]


def entry(item: Item, site: Site, *, dehydrated: str = "", lengths: Mapping[str, int], picked: bool = False) -> Entry:
    """``item`` as an entry. ``dehydrated`` is what people call its network where that forbids more than identifiers;
    ``lengths`` are the bytes of kept pictures by key; ``picked`` dates it by when it became a highlight."""
    page, original = site.absolute(f"/p/{item.id}"), web_address(item.post.url)
    if dehydrated:
        return Entry(
            id=page, link=original or page, original=original, html="",
            title=gettext("A post on %(network)s", network=dehydrated),
            published=item.published_at, updated=item.published_at, author=None, language="", tags=(), pictures=(),
        )  # fmt: skip
    post, author = item.post, item.post.author
    moments = (item.published_at, post.edited_at, item.highlighted_at if picked else None)
    return Entry(
        id=page,
        link=page,
        original=original,
        title=fit(title(item), 200),
        html=fit(markup(item, site), 80_000),
        published=item.published_at,
        updated=max(at for at in moments if at is not None),
        author=Voice(
            name=fit(author.name, 200),
            url=web_address(author.url),
            avatar=site.absolute(f"/media/{author.avatar_key}") if author.avatar_key else None,
        ),
        language=filters.language(post.language),
        tags=tuple(fit(tag, 200) for tag in post.hashtags),
        pictures=tuple(_pictures(item, site, lengths)),
    )


def _pictures(item: Item, site: Site, lengths: Mapping[str, int]) -> list[Picture]:
    if item.post.sensitive or item.post.content_warning:
        return []
    return [
        Picture(
            url=site.absolute(f"/media/{one.key}"), alt=fit(one.alt, 5_000), length=lengths.get(one.key, 0),
            width=one.width, height=one.height,
        )
        for one in item.post.media
        if one.key and one.kind == "image"
    ]  # fmt: skip
