"""Entries of a feed as posts: who said it, and what is not worth a post."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from collector import feedidentity
from collector.feed import Attachment, Entry, Feed
from collector.feedcomments import Discussion, called, comment
from collector.feedidentity import Named
from collector.feedshown import Shown
from timeline.post import Author, Heard, Media, Post, Removal, Sighting, Unreadable

NETWORK = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a feed says, what to remember of it, and how many entries were known under other names."""

    heard: tuple[Heard, ...]
    shown: Shown
    renamed: int
    discussions: tuple[Discussion, ...] = ()

    def said(self, before: Shown) -> str | None:
        """What people should hear once, when a feed begins to call its entries otherwise."""
        if self.renamed < 2 or before.restless:
            return None
        return f"the feed gave {self.renamed} of its entries other names; they are known again and stay what they were"


def read(
    feed: Feed, address: str, *, label: str = "", shown: Shown | None = None, now: datetime, whole: bool = True
) -> Reading:
    """What ``feed``, which lives at ``address``, says; ``shown`` is what it showed before.

    ``address`` must stay the same from poll to poll: entries whose own id is no URI are known by it.
    """
    telling = [entry for entry in feed.entries if entry.title or entry.html or entry.media]
    silent = len(feed.entries) - len(telling)
    told = replace(feed, entries=tuple(telling))
    known = feedidentity.recognise(told, shown or Shown(), address, now=now, whole=whole)
    entries: list[Heard] = []
    answers: list[Heard] = []
    for one in known.entries:
        about = known.shown.uri_of(called(one.entry.answers)) if one.entry.answers else None
        if about and about != one.uri:  # said in the feed itself, and under another of its entries
            said = comment(one.entry, one.uri, address, under=about)
            answers.append(Sighting(ref=one.uri, post=said, about=about))
        else:
            entries.append(Sighting(ref=one.uri, post=_post(one, feed, address, label)))
    gone = [Removal(ref=_named(name, known.shown, address)) for name in feed.withdrawn]
    mute = [Unreadable(reason="feed entry without words or picture")] * silent
    return Reading(
        heard=(*entries, *answers, *gone, *mute),
        shown=known.shown,
        renamed=known.renamed,
        discussions=tuple(_discussions(known.entries, now)),
    )


def _post(named: Named, feed: Feed, address: str, label: str) -> Post:
    entry = named.entry
    published = min(entry.published or named.since, named.since) if named.since else entry.published
    edited = entry.updated if entry.updated and published and entry.updated > published else None
    plays = next((one.plays for one in entry.media if one.plays), None)
    return Post(
        network=NETWORK,
        uri=named.uri,
        url=named.link or plays,  # an episode without a page of its own
        author=_author(entry, feed, address, label),
        published_at=published,
        edited_at=edited,
        title=entry.title or None,
        html=entry.html,
        language=entry.language,
        hashtags=entry.hashtags,
        links=entry.links,
        media=tuple(media(one) for one in entry.media),
    )


def _discussions(entries: Iterable[Named], now: datetime) -> Iterator[Discussion]:
    for one in entries:
        if one.entry.discussion:
            at = one.since or min(one.entry.published or now, now)
            yield Discussion(uri=one.uri, address=one.entry.discussion, published_at=at.timestamp())


def _named(name: str, shown: Shown, address: str) -> str:
    """What we call the entry that a notice of its deletion calls ``name``."""
    return shown.uri_of(called(name)) or (name if ":" in name else f"{address}#{name}")


def media(one: Attachment) -> Media:
    """A picture, the still of a film, or a sound, as a post has it."""
    return Media(kind=one.kind, source_url=one.url or None, alt=one.alt, width=one.width, height=one.height)


def _author(entry: Entry, feed: Feed, address: str, label: str) -> Author:
    """The person an entry names, told apart within the feed; else the feed itself, as an organisation."""
    name = feed.title or label or urlsplit(address).hostname or address
    if entry.author and entry.author != name:
        return Author(network=NETWORK, uri=f"{address}#{entry.author}", name=entry.author, url=feed.link or None)
    return Author(
        network=NETWORK,
        uri=address,
        name=name,
        url=feed.link or None,
        avatar=feed.icon or None,
        organisation=True,
    )
