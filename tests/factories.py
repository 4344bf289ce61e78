"""Invented people, posts and events for tests; each takes whatever a test cares about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from timeline.event import Event
from timeline.network import Field, NetworkInfo, Source
from timeline.post import Author, Media, Post, Sighting

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

MASTODON = NetworkInfo(
    key="mastodon",
    label="Mastodon",
    fields=(Field(name="server", label="Server"),),
    address=("server",),
    deletes="scoped",
)
BLUESKY = NetworkInfo(key="bluesky", label="Bluesky", fields=(), deletes="firehose")
FEED = NetworkInfo(
    key="feed", label="Feed", fields=(Field(name="url", label="Address"),), address=("url",), tagged=False, hearsay=True
)
NETWORKS = {network.key: network for network in (MASTODON, BLUESKY, FEED)}


def an_event(**differently: Any) -> Event:
    """A three-day conference that began yesterday."""
    return Event(
        **{
            "id": 0,
            "slug": "harbour26",
            "title": "Harbour 2026",
            "timezone": "Europe/London",
            "starts_at": NOON - DAY,
            "ends_at": NOON + 2 * DAY,
            "collect_from": NOON - 15 * DAY,
            "collect_until": NOON + 16 * DAY,
            "hashtags": ("harbour26",),
        }
        | differently
    )


def a_source(**differently: Any) -> Source:
    """A Mastodon server; its event's dates and hashtags are filled in when it is read back."""
    kind = differently.get("kind", "mastodon")
    return Source(
        **{
            "id": 0,
            "event_id": 0,
            "kind": kind,
            "address": f"https://{kind}.example",
            "collect_from": NOON - 15 * DAY,
            "collect_until": NOON + 16 * DAY,
        }
        | differently
    )


def an_author(name: str = "Ottilie Brandvold", **differently: Any) -> Author:
    """Somebody with an account."""
    word = name.split()[0].lower()
    network = differently.get("network", "mastodon")
    return Author(
        **{
            "network": network,
            "uri": f"https://{network}.example/users/{word}",
            "name": name,
            "handle": f"@{word}@{network}.example",
            "url": f"https://{network}.example/@{word}",
        }
        | differently
    )


def a_picture(**differently: Any) -> Media:
    """A picture that is still at its source."""
    return Media(**{"kind": "image", "source_url": "https://files.example/quay.jpg", "alt": "The quay"} | differently)


def a_post(uri: str = "one", **differently: Any) -> Post:
    """A tagged post of this noon."""
    network = differently.get("network", "mastodon")
    return Post(
        **{
            "network": network,
            "uri": f"https://{network}.example/posts/{uri}",
            "url": f"https://{network}.example/@ottilie/{uri}",
            "author": an_author(network=network),
            "published_at": NOON,
            "html": f"<p>Words of {uri} at #harbour26</p>",
            "hashtags": ("harbour26",),
        }
        | differently
    )


def a_sighting(uri: str = "one", *, ref: str | None = None, **differently: Any) -> Sighting:
    """A source's notice of ``a_post``; it calls the post by its last word unless told otherwise."""
    post = a_post(uri, **differently)
    return Sighting(ref=ref or uri, post=post)
