"""The recorded conference that comes with Backchannel is whole, varied and all invented."""

import re
from collections import Counter
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from collector import recording
from collector.recording import Recording, picture_address
from timeline.post import AuthorUpdate, Media, Post, Removal, Sighting
from timeline.text import clean, fold_hashtag, plain

FOLDER = Path(str(files("backchannel").joinpath("recording")))
DAY_S = 86_400


@pytest.fixture(scope="module")
def played() -> Recording:
    return recording.read(FOLDER / "demo.jsonl")


@pytest.fixture(scope="module")
def posts(played) -> list[Post]:
    """Every post as it was first heard."""
    first: dict[str, Post] = {}
    for post in _heard(played):
        first.setdefault(post.uri, post)
    return list(first.values())


def test_every_line_can_be_read_and_lies_within_the_days_announced(played):
    times = [beat.at.total_seconds() for beat in played.beats]

    assert played.faults == ()
    assert times == sorted(times)
    assert -DAY_S < times[0] < 0
    assert times[-1] < played.days * DAY_S


def test_it_is_long_and_peopled_enough_for_a_real_event(played, posts):
    authors = {post.author.name for post in posts if post.author.known}

    assert len(posts) >= 430
    assert len(authors) >= 60
    assert {post.network for post in posts} == {"mastodon", "bluesky", "feed"}
    assert len({urlsplit(post.uri).hostname for post in posts if post.network == "mastodon"}) >= 2
    assert len({post.author.uri for post in posts if post.network == "feed"}) == 3


def test_the_first_page_is_full_before_the_start(played):
    assert sum(beat.at.total_seconds() <= 0 for beat in played.beats if isinstance(beat.heard, Sighting)) >= 12


def test_no_hour_of_the_days_and_no_night_is_long_silent(played):
    seen = {post.uri: beat.at.total_seconds() for beat, post in _beats(played)}
    times = sorted(seen.values())

    assert max(later - earlier for earlier, later in pairwise(times) if earlier >= 0) <= 3 * 3600


def test_it_has_everything_that_networks_do(played, posts):
    heard = Counter(type(beat.heard) for beat in played.beats)
    edited = {post.uri for post in _heard(played) if post.edited_at}

    assert len(edited) >= 15
    assert heard[Removal] >= 10
    assert heard[AuthorUpdate] >= 1
    assert any(not post.author.known for post in posts)
    assert len(_threads(posts)) >= 12
    assert sum(post.quotes is not None for post in posts) >= 10
    assert sum(post.poll is not None for post in posts) >= 3
    assert sum(post.card is not None for post in posts) >= 8
    assert sum(post.content_warning is not None for post in posts) >= 4
    assert sum(_late(played, post) for post in posts) >= 4
    assert {post.language for post in posts} >= {"en", "cy", "fr", "de", "pl", "ar", "ur", "ja"}


def test_counts_and_polls_grow(played):
    last: dict[str, Post] = {}
    for post in _heard(played):
        before = last.get(post.uri, post)
        assert post.counts.likes >= before.counts.likes
        assert _votes(post) >= _votes(before)
        last[post.uri] = post

    assert sum(post.counts.likes > 0 for post in last.values()) >= 300


def test_every_post_bears_the_hashtag_and_says_something_of_its_own(played, posts):
    texts = Counter(re.sub(r"\W+", " ", plain(post.html)).casefold() for post in posts)

    assert all(fold_hashtag(played.hashtag) in map(fold_hashtag, post.hashtags) for post in posts)
    assert [text for text, times in texts.items() if times > 1 or len(text) < 8] == []


def test_what_is_replied_to_or_quoted_was_said_before_on_the_same_network(posts):
    said: dict[str, str] = {}
    for post in posts:
        for reference in (post.in_reply_to, post.quotes):
            assert reference is None or said[reference] == post.network
        said[post.uri] = post.network


def test_its_html_comes_through_cleaning_with_words_and_links_whole(posts):
    for post in posts:
        assert plain(clean(post.html)) == plain(post.html)
        assert clean(post.html).count("<a ") == post.html.count("<a ")


def test_every_picture_is_there_as_large_as_it_says_and_light(posts):
    shown = [media for post in posts for media in post.media]
    previews = [post.card.image for post in posts if post.card and post.card.image]
    avatars = {post.author.avatar for post in posts if post.author.avatar}

    assert len({media.source_url for media in shown}) >= 40
    assert len(avatars) >= 60
    for media in shown + previews:
        path = _path(media.source_url)
        with Image.open(path) as image:
            assert (image.format, *image.size) == ("WEBP", media.width, media.height)
        assert path.stat().st_size <= 25_000
    for avatar in avatars:
        with Image.open(_path(avatar)) as image:
            assert (image.format, image.size) == ("WEBP", (96, 96))
        assert _path(avatar).stat().st_size <= 2_000


def test_pictures_are_described_all_but_one(posts):
    undescribed = [media for post in posts for media in post.media if not media.alt]

    assert len(undescribed) == 1
    assert all(len(media.alt) > 12 for media in _media(posts) if media.alt)


def test_no_picture_lies_about_unused_and_the_whole_is_small(posts):
    used = {_path(media.source_url) for media in _media(posts)}
    used |= {_path(post.card.image.source_url) for post in posts if post.card and post.card.image}
    used |= {_path(post.author.avatar) for post in posts if post.author.avatar}

    assert set(FOLDER.rglob("*.webp")) == used
    assert sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file()) <= 1_600_000


def test_every_address_is_invented(played):
    words = (FOLDER / "demo.jsonl").read_text(encoding="utf-8")
    hosts = {urlsplit(address).hostname for address in re.findall(r"https?://[^\s\"<>\\]+", words)}
    handles = {post.author.handle.rpartition("@")[2] for post in _heard(played)}

    assert {host for host in hosts if not host.endswith(".example")} == set()
    assert {handle for handle in handles if handle and not handle.endswith(".example")} == set()


def _beats(played: Recording):
    return ((beat, beat.heard.post) for beat in played.beats if isinstance(beat.heard, Sighting))


def _heard(played: Recording) -> list[Post]:
    return [post for _, post in _beats(played)]


def _media(posts: list[Post]) -> list[Media]:
    return [media for post in posts for media in post.media]


def _threads(posts: list[Post]) -> set[str]:
    """The posts that began a conversation."""
    parents = {post.uri: post.in_reply_to for post in posts}
    roots = set()
    for uri, parent in parents.items():
        if parent is not None:
            while parents[uri] is not None:
                uri = parents[uri]
            roots.add(uri)
    return roots


def _late(played: Recording, post: Post) -> bool:
    first = next(beat for beat, heard in _beats(played) if heard.uri == post.uri)
    return (played.starts + first.at - post.published_at).total_seconds() > 10 * 3600


def _votes(post: Post) -> int:
    return sum(option.votes for option in post.poll.options) if post.poll else 0


def _path(address: str) -> Path:
    return FOLDER / address.removeprefix(picture_address(FOLDER, ""))
