"""The public form of events and posts: what the JSON API and its streams carry.

Identifiers are strings, times end in Z, pictures are our own copies under ``/media/`` and
null until they are kept.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from timeline import event as timeline_event
from timeline import post as timeline_post
from timeline.item import Item

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Event(msgspec.Struct, kw_only=True):
    """A conference or meeting. ``seq`` is the number of its last change."""

    slug: str
    title: str
    timezone: str
    starts: Moment
    ends: Moment
    phase: timeline_event.Phase
    archived: bool
    hashtags: tuple[str, ...]
    visibility: timeline_event.Visibility
    moderation: timeline_event.Moderation
    seq: int
    url: str


class Wall(Event, kw_only=True):
    """What a projector wall is told of its event; what stood there by ``walls_cleared_at`` is off it."""

    walls_cleared_at: Moment | None


class Events(msgspec.Struct, kw_only=True):
    """Every public event, the latest to start first."""

    events: list[Event]


class Author(msgspec.Struct, kw_only=True):
    """Who said it."""

    name: str
    handle: str
    url: str | None
    avatar: str | None


class Media(msgspec.Struct, kw_only=True):
    """A picture, or the still of a video; ``url`` is null until our copy is kept."""

    kind: timeline_post.MediaKind
    url: str | None
    alt: str
    width: int | None
    height: int | None


class Card(msgspec.Struct, kw_only=True):
    """The preview of a link."""

    url: str
    title: str
    description: str
    image: str | None


class PollOption(msgspec.Struct, kw_only=True):
    """One answer; ``votes`` is null where the network does not tell."""

    text: str
    votes: int | None


class Poll(msgspec.Struct, kw_only=True):
    """A poll that came with the post."""

    options: list[PollOption]
    closes_at: Moment | None
    multiple: bool


class Counts(msgspec.Struct, kw_only=True):
    """Replies, boosts and likes at the source when we last looked."""

    replies: int
    boosts: int
    likes: int


class Copy(msgspec.Struct, kw_only=True):
    """The same words on another network."""

    network: str
    url: str
    uri: str


class Named(msgspec.Struct, kw_only=True):
    """What every post has, in either form. ``seq`` is the number of its last change."""

    id: str
    seq: int
    network: str
    uri: str
    url: str | None
    published_at: Moment


class Dehydrated(Named, kw_only=True):
    """A post of a network whose terms let its identifiers alone leave us: ask the network for the rest."""

    dehydrated: Literal[True] = True


class Post(Named, kw_only=True):
    """One thing somebody said."""

    author: Author
    edited_at: Moment | None
    title: str | None
    text: str
    html: str
    language: str | None
    hashtags: tuple[str, ...]
    links: tuple[str, ...]
    in_reply_to: str | None
    quotes: str | None
    content_warning: str | None
    media: list[Media]
    card: Card | None
    poll: Poll | None
    counts: Counts
    also_on: list[Copy]
    session: str | None
    highlighted: bool
    phrase: str | None
    pinned: bool
    note: str | None
    first_seen_at: Moment
    late: bool


class Page(msgspec.Struct, kw_only=True):
    """Posts newest first. A stream opened with ``after=seq`` goes on exactly from here."""

    posts: list[Named]  # each a Post or Dehydrated
    next: str | None
    seq: int


def event(told: timeline_event.Event, *, base_url: str, now: datetime) -> Event:
    return Event(
        slug=told.slug,
        title=told.title,
        timezone=told.timezone,
        starts=_utc(told.starts_at),
        ends=_utc(told.ends_at),
        phase=told.phase(now),
        archived=told.archived_at is not None,
        hashtags=told.hashtags,
        visibility=told.visibility,
        moderation=told.moderation,
        seq=told.seq,
        url=f"{base_url.rstrip('/')}/e/{told.slug}",
    )


def wall(told: timeline_event.Event, *, base_url: str, now: datetime) -> Wall:
    cleared_at = told.walls_cleared_at
    public = event(told, base_url=base_url, now=now)
    return Wall(**msgspec.structs.asdict(public), walls_cleared_at=_utc(cleared_at) if cleared_at else None)


def post(item: Item, dehydrated: Collection[str]) -> Post | Dehydrated:
    """``item`` as anybody may have it; of the networks in ``dehydrated``, its identifiers alone."""
    said = item.post
    if said.network in dehydrated:
        return Dehydrated(
            id=str(item.id),
            seq=item.seq,
            network=said.network,
            uri=said.uri,
            url=said.url,
            published_at=_utc(item.published_at),
        )
    return Post(
        id=str(item.id),
        seq=item.seq,
        network=said.network,
        uri=said.uri,
        url=said.url,
        author=Author(
            name=said.author.name,
            handle=said.author.handle,
            url=said.author.url,
            avatar=media_address(said.author.avatar_key),
        ),
        published_at=_utc(item.published_at),
        edited_at=_utc(said.edited_at) if said.edited_at else None,
        title=said.title,
        text=said.text,
        html=said.html,
        language=said.language,
        hashtags=said.hashtags,
        links=said.links,
        in_reply_to=said.in_reply_to,
        quotes=said.quotes,
        content_warning=said.content_warning,
        media=[_media(picture) for picture in said.media],
        card=_card(said.card),
        poll=_poll(said.poll),
        counts=Counts(
            replies=max(said.counts.replies, item.comments), boosts=said.counts.boosts, likes=said.counts.likes
        ),
        also_on=[],
        session=None,
        highlighted=item.highlighted_at is not None,
        phrase=item.phrase,
        pinned=item.pinned_at is not None,
        note=item.note,
        first_seen_at=_utc(item.first_seen_at),
        late=item.late,
    )


def media_address(key: str | None) -> str | None:
    """Where a browser gets our copy of a picture; None while there is none."""
    return f"/media/{key}" if key else None


def encode(thing: Any) -> bytes:
    """``thing`` as JSON; times with a Z."""
    return msgspec.json.encode(thing)


def _media(picture: timeline_post.Media) -> Media:
    return Media(
        kind=picture.kind,
        url=media_address(picture.key),
        alt=picture.alt,
        width=picture.width,
        height=picture.height,
    )


def _card(card: timeline_post.Card | None) -> Card | None:
    if card is None:
        return None
    image = media_address(card.image.key) if card.image else None
    return Card(url=card.url, title=card.title, description=card.description, image=image)


def _poll(poll: timeline_post.Poll | None) -> Poll | None:
    if poll is None:
        return None
    options = [PollOption(text=option.text, votes=option.votes) for option in poll.options]
    return Poll(options=options, closes_at=_utc(poll.closes_at) if poll.closes_at else None, multiple=poll.multiple)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
