"""What somebody said, on any network, in one normal form; and the ways we hear of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

MediaKind = Literal["image", "video", "audio"]
Cursor = Mapping[str, Any]
"""Where a source stands: JSON that only the adapter which wrote it can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who said it. ``uri`` is permanent: ActivityPub actor id, DID, or the feed's address."""

    network: str
    uri: str
    name: str
    handle: str = ""
    url: str | None = None
    avatar: str | None = None  # the picture's address at the source
    avatar_key: str | None = None  # our own copy under /media/, once it is kept
    labels: tuple[str, ...] = ()  # what the network says of the author: opt-outs, takedowns
    known: bool = True  # False while we have the identifier alone and the profile is still to come
    organisation: bool = False  # drawn with square corners: feeds and organisations


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A picture, or the still of a video. ``key`` names our own copy once it is kept."""

    kind: MediaKind
    source_url: str | None
    alt: str = ""
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None
    key: str | None = None
    failed: bool = False  # we tried and will not try again


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOption:
    """One answer; ``votes`` is None where the network does not tell."""

    text: str
    votes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A poll that came with the post; we show it, we never vote."""

    options: tuple[PollOption, ...]
    closes_at: datetime | None = None
    multiple: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The preview of a link, as the network made it."""

    url: str
    title: str
    description: str = ""
    image: Media | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Replies, boosts and likes at the source when we last looked."""

    replies: int = 0
    boosts: int = 0
    likes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One thing somebody said.

    From an adapter ``html`` is as received and ``text`` may be empty; intake cleans the one
    and derives the other, once. ``published_at`` is None only on the way in, where the
    source gave no date. ``hashtags`` carry no ``#`` and are as written.
    """

    network: str
    uri: str
    url: str | None
    author: Author
    published_at: datetime | None
    edited_at: datetime | None = None
    title: str | None = None
    html: str = ""
    text: str = ""
    language: str | None = None
    hashtags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    in_reply_to: str | None = None
    quotes: str | None = None
    content_warning: str | None = None
    sensitive: bool = False
    media: tuple[Media, ...] = ()
    card: Card | None = None
    poll: Poll | None = None
    counts: Counts = Counts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A source showed us a post, new or edited. ``ref`` is what *this* source calls it.

    ``about`` is the uri of the entry under which strangers said it (timeline/discussion.py);
    ``answers`` is what the source calls the post that is answered, where it tells no uri.
    """

    ref: str
    post: Post
    about: str | None = None
    answers: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A source says that the post it calls ``ref`` is gone."""

    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorUpdate:
    """A network told us who an author is: name, handle, picture, labels."""

    author: Author


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorGone:
    """An account was deleted or taken down: all its posts go."""

    network: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorAway:
    """An account is suspended or deactivated, which may end: its posts are withheld until ``label`` is None."""

    network: str
    uri: str
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Something a network sent that we could not read; counted by reason and dropped."""

    reason: str


Heard = Sighting | Removal | AuthorUpdate | AuthorGone | AuthorAway | Unreadable
