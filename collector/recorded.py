"""What the lines of a recording say, read into the normal form.

A line that cannot be read is an ``Unreadable`` and a fault to be told; it ends nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec

from timeline.link import web_address
from timeline.post import (
    Author,
    AuthorUpdate,
    Card,
    Counts,
    Heard,
    Media,
    MediaKind,
    Poll,
    PollOption,
    Post,
    Removal,
    Sighting,
    Unreadable,
)

# A year before the start, three after: dates stay within the calendar at the slowest speed.
EARLIEST_S, LATEST_S = -32_000_000, 96_000_000
Offset = Annotated[float, msgspec.Meta(ge=EARLIEST_S, le=LATEST_S)]
Name = Annotated[str, msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What one line lets us hear, ``at`` after the start; its dates are those of the recording."""

    at: timedelta
    heard: Heard


class _Form(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A shape in the file; a name it does not know is a mistake of the one who wrote it."""


class _Author(_Form):
    uri: Name
    name: str
    network: str = ""
    handle: str = ""
    url: str | None = None
    avatar: str | None = None
    labels: tuple[str, ...] = ()
    known: bool = True
    organisation: bool = False


class _Media(_Form):
    kind: MediaKind
    file: Name
    alt: str = ""
    width: int | None = None
    height: int | None = None


class _Card(_Form):
    url: Name
    title: str
    description: str = ""
    image: _Media | None = None


class _Poll(_Form):
    options: tuple[PollOption, ...]
    closes: Offset | None = None
    multiple: bool = False


class _Post(_Form):
    network: Name
    uri: Name
    author: _Author
    published: Offset
    url: str | None = None
    edited: Offset | None = None
    title: str | None = None
    html: str = ""
    language: str | None = None
    hashtags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    in_reply_to: str | None = None
    quotes: str | None = None
    content_warning: str | None = None
    sensitive: bool = False
    media: tuple[_Media, ...] = ()
    card: _Card | None = None
    poll: _Poll | None = None
    counts: Counts = Counts()


class _Counts(_Form):
    uri: Name
    replies: int = 0
    boosts: int = 0
    likes: int = 0
    votes: tuple[int, ...] = ()


class _Line(_Form):
    at: Offset
    post: dict[str, Any] | None = None
    edit: dict[str, Any] | None = None
    counts: _Counts | None = None
    author: _Author | None = None
    remove: str | None = None


class Lines:
    """Goes through the lines in order and keeps each post and author as they have become.

    An edit or new counts are thus whole posts again, and after an ``author`` line all that
    is heard of this author's posts bears the new profile.
    """

    def __init__(self, starts: datetime, *, address: Callable[[str], str]) -> None:
        """``address`` makes a picture's path in the recording into one the media fetcher can ask for."""
        self.uris: set[str] = set()
        self.faults: list[str] = []
        self._starts = starts
        self._address = address
        self._posts: dict[str, dict[str, Any]] = {}
        self._authors: dict[tuple[str, str], Author] = {}
        self._at = float(EARLIEST_S)

    def read(self, lines: Iterable[tuple[int, bytes]]) -> Iterator[Beat]:
        """Read numbered ``lines``; a broken one takes the time of the line above it."""
        for number, content in lines:
            try:
                line = msgspec.json.decode(content, type=_Line)
                if line.at < self._at:
                    raise ValueError("it lies before the line above it")
                self._at = line.at
                heard = self._heard(line)
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                self.faults.append(f"line {number}: {error}")
                heard = Unreadable(reason=f"recording line {number}")
            yield Beat(at=timedelta(seconds=self._at), heard=heard)

    def _heard(self, line: _Line) -> Heard:
        said = {name: getattr(line, name) for name in line.__struct_fields__ if name != "at"}
        match {name: content for name, content in said.items() if content is not None}:
            case {"post": post, **others} if not others:
                return self._said({"published": line.at} | post)
            case {"edit": edit, **others} if not others:
                return self._changed(edit | {"edited": line.at})
            case {"counts": counts, **others} if not others:
                return self._changed(self._counted(counts))
            case {"author": form, **others} if not others:
                author = self._author(form, form.network)
                self._authors[author.network, author.uri] = author
                return AuthorUpdate(author=author)
            case {"remove": uri, **others} if not others:
                if self._posts.pop(uri, None) is None:
                    raise ValueError(f"nothing to remove: {uri}")
                return Removal(ref=uri)
        raise ValueError("it needs one of post, edit, counts, author, remove")

    def _said(self, raw: dict[str, Any]) -> Sighting:
        sighting = self._sighting(raw)
        if sighting.ref in self.uris:
            raise ValueError(f"a second post {sighting.ref}")
        self.uris.add(sighting.ref)
        self._posts[sighting.ref] = raw
        return sighting

    def _changed(self, change: dict[str, Any]) -> Sighting:
        uri = change.get("uri")
        if not isinstance(uri, str) or uri not in self._posts:
            raise ValueError(f"nothing to change: {uri}")
        raw = self._posts[uri] | change
        sighting = self._sighting(raw)
        self._posts[uri] = raw
        return sighting

    def _counted(self, form: _Counts) -> dict[str, Any]:
        counts = {"replies": form.replies, "boosts": form.boosts, "likes": form.likes}
        change = {"uri": form.uri, "counts": counts}
        poll = self._posts.get(form.uri, {}).get("poll")
        if not form.votes or not poll:
            return change
        options = [option | {"votes": votes} for option, votes in zip(poll["options"], form.votes, strict=True)]
        return change | {"poll": poll | {"options": options}}

    def _sighting(self, raw: dict[str, Any]) -> Sighting:
        form = msgspec.convert(raw, _Post)
        author = self._author(form.author, form.network)
        post = Post(
            network=form.network,
            uri=form.uri,
            url=web_address(form.url),
            author=self._authors.get((author.network, author.uri), author),
            published_at=self._date(form.published),
            edited_at=self._date(form.edited),
            title=form.title,
            html=form.html,
            language=form.language,
            hashtags=form.hashtags,
            links=form.links,
            in_reply_to=form.in_reply_to,
            quotes=form.quotes,
            content_warning=form.content_warning,
            sensitive=form.sensitive,
            media=tuple(self._media(media) for media in form.media),
            card=self._card(form.card),
            poll=self._poll(form.poll),
            counts=form.counts,
        )
        return Sighting(ref=post.uri, post=post)

    def _author(self, form: _Author, network: str) -> Author:
        return Author(
            network=network,
            uri=form.uri,
            name=form.name,
            handle=form.handle,
            url=web_address(form.url),
            avatar=self._picture(form.avatar) if form.avatar else None,
            labels=form.labels,
            known=form.known,
            organisation=form.organisation,
        )

    def _media(self, form: _Media) -> Media:
        source_url = self._picture(form.file)
        return Media(kind=form.kind, source_url=source_url, alt=form.alt, width=form.width, height=form.height)

    def _card(self, form: _Card | None) -> Card | None:
        if form is None:
            return None
        image = self._media(form.image) if form.image else None
        return Card(url=form.url, title=form.title, description=form.description, image=image)

    def _poll(self, form: _Poll | None) -> Poll | None:
        if form is None:
            return None
        return Poll(options=form.options, closes_at=self._date(form.closes), multiple=form.multiple)

    def _date(self, offset: float | None) -> datetime | None:
        return None if offset is None else self._starts + timedelta(seconds=offset)

    def _picture(self, file: str) -> str:
        return web_address(file) or self._address(file)
