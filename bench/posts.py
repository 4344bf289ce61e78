"""Invented posts for benchmarks, as many as asked for, the same ones every time."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from timeline.event import Event
from timeline.network import NetworkInfo, Source
from timeline.post import Author, Media, Post, Sighting

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NETWORK = NetworkInfo(key="mastodon", label="Mastodon", fields=())
NETWORKS = {NETWORK.key: NETWORK}
_WORDS = [
    *("address", "list", "building", "council", "slide", "queue", "coffee", "harbour", "room", "speaker"),
    *("question", "budget", "pilot", "shared", "service", "open", "data", "lift", "wifi", "badge", "morning"),
    *("panel", "audience", "answer", "phone", "map", "library", "planning", "housing", "broadband"),
]


def event() -> Event:
    """The event that the posts are about."""
    return Event(
        id=0,
        slug="bench",
        title="Bench",
        timezone="Europe/London",
        starts_at=START,
        ends_at=START + timedelta(days=3),
        collect_from=START - timedelta(days=400),
        collect_until=START + timedelta(days=400),
        hashtags=("bench",),
    )


def source() -> Source:
    """The source that offers them."""
    made = event()
    return Source(
        id=0,
        event_id=0,
        kind=NETWORK.key,
        address="https://bench.example",
        collect_from=made.collect_from,
        collect_until=made.collect_until,
    )


def sightings(count: int) -> Iterator[Sighting]:
    """``count`` posts a second apart by 200 people; one in five carries a picture."""
    dice = random.Random(9)
    people = [
        Author(
            network=NETWORK.key,
            uri=f"https://bench.example/users/{number}",
            name=f"Person {number}",
            handle=f"@person{number}@bench.example",
            url=f"https://bench.example/@person{number}",
            avatar=f"https://bench.example/avatars/{number}.png",
        )
        for number in range(200)
    ]
    for number in range(count):
        words = " ".join(dice.choices(_WORDS, k=30))
        yield Sighting(
            ref=str(number),
            post=Post(
                network=NETWORK.key,
                uri=f"https://bench.example/posts/{number}",
                url=f"https://bench.example/@person/{number}",
                author=dice.choice(people),
                published_at=START + timedelta(seconds=number),
                html=f'<p>{words} <a href="https://bench.example/tags/bench" class="mention hashtag">#bench</a></p>',
                hashtags=("bench",),
                media=(Media(kind="image", source_url=f"https://bench.example/{number}.jpg", alt=words[:60]),)
                if number % 5 == 0
                else (),
            ),
        )
