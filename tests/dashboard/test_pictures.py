"""What widths a picture is offered in, and which pictures are fetched first."""

import pytest

from dashboard.pictures import srcset
from dashboard.render import Renderer
from dashboard.site import Site
from tests.dashboard.newsroom import NOON, an_event
from timeline.item import Item, State
from timeline.post import Author, Media, Post

QUAY = Media(kind="image", source_url="https://a.example/a", key="k", width=640, height=480)


@pytest.mark.parametrize(
    ("width", "offered"),
    [
        (1600, ["320w", "640w", "960w", "1280w", "1600w"]),
        (700, ["320w", "640w", "700w"]),
        (320, []),
        (None, []),
    ],
)
def test_a_picture_is_offered_in_every_width_it_has(width, offered):
    said = srcset(Media(kind="image", source_url="https://a.example/a", key="k", width=width, height=10))
    assert [word for word in str(said).replace(",", "").replace('"', "").split() if word.endswith("w")] == offered


def test_nothing_is_said_of_a_picture_with_one_width():
    assert srcset(Media(kind="image", source_url=None, key="k", width=100, height=10)) == ""


def cards(**more):
    """Three posts with two pictures each, as a page shows them."""
    said = {"html": "", "text": "", "media": (QUAY, QUAY)} | more
    author = Author(network="chat", uri="u", name="Ada Quill")
    post = Post(network="chat", uri="p", url=None, author=author, published_at=NOON, **said)
    item = Item(id=7, event_id=1, seq=3, post=post, state=State.SHOWN, first_seen_at=NOON, published_at=NOON)
    renderer = Renderer(Site(title="Test", base_url="http://live.example", trusted_proxies=(), version="1"), [])
    return [str(card) for card in renderer.cards([item] * 3, an_event(), NOON)]


def test_only_the_pictures_of_a_page_s_first_posts_are_fetched_without_waiting_for_the_layout():
    told = [[card.count('fetchpriority="high"'), card.count('loading="lazy"')] for card in cards()]
    assert told == [[1, 0], [1, 0], [0, 2]]


@pytest.mark.parametrize("hidden", [{"content_warning": "Spiders"}, {"sensitive": True}])
def test_what_is_behind_a_warning_waits_until_it_is_opened(hidden):
    assert [card.count('loading="lazy"') for card in cards(**hidden)] == [2, 2, 2]
