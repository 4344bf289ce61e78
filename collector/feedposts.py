"""Entries of a feed as posts: who said it, what names it, and what is not worth a post."""

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from collector.feed import Entry, Feed
from timeline.post import Author, Heard, Media, Post, Sighting, Unreadable

NETWORK = "feed"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:\S+")


def heard(feed: Feed, address: str, *, label: str = "") -> Iterator[Heard]:
    """What ``feed``, which lives at ``address``, says; of entries with one id the first, which is the newest.

    ``address`` must stay the same from poll to poll: entries whose own id is no URI are known by it.
    """
    seen = set()
    for entry in feed.entries:
        if not (entry.title or entry.html or entry.picture):
            yield Unreadable(reason="feed entry without words or picture")
            continue
        uri = permanent(entry, address)
        if uri not in seen:
            seen.add(uri)
            yield Sighting(ref=uri, post=_post(entry, feed, uri, address, label))


def permanent(entry: Entry, address: str) -> str:
    """The entry's id where that is a URI; a bare id within its feed; else the link; else what it says and when."""
    if _URI.fullmatch(entry.id):
        return entry.id
    if entry.id:
        return f"{address}#{entry.id}"
    if entry.link:
        return entry.link
    said = f"{entry.title or entry.html}\n{entry.published.isoformat() if entry.published else ''}"
    return f"{address}#{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def _post(entry: Entry, feed: Feed, uri: str, address: str, label: str) -> Post:
    edited = entry.updated if entry.updated and entry.published and entry.updated > entry.published else None
    picture = entry.picture
    return Post(
        network=NETWORK,
        uri=uri,
        url=entry.link or None,
        author=_author(entry, feed, address, label),
        published_at=entry.published,
        edited_at=edited,
        title=entry.title or None,
        html=entry.html,
        language=entry.language,
        hashtags=entry.hashtags,
        links=entry.links,
        media=(
            Media(kind="image", source_url=picture.url, alt=picture.alt, width=picture.width, height=picture.height),
        )
        if picture
        else (),
    )


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
