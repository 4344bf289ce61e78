"""A card as its network asks for it to be drawn: the words as they are, and everything leading back."""

from datetime import datetime

import pytest

from dashboard.render import Renderer
from dashboard.site import Site
from tests.dashboard.newsroom import NOON, an_event
from timeline.item import Item, State
from timeline.network import NetworkInfo
from timeline.post import Author, Counts, Post

X = NetworkInfo(key="x", label="X", fields=(), dehydrated=True)
CHAT = NetworkInfo(key="chat", label="Chat", fields=())
HTML = '<p>Words of <a href="https://x.com/hashtag/conf" class="hashtag" dir="auto">#conf</a>, #conf, and the rest</p>'
WHERE = "https://x.com/i/status/2"


@pytest.fixture
def renderer():
    return Renderer(Site(title="Test", base_url="http://live.example", trusted_proxies=(), version="1"), [CHAT, X])


def an_item(network="x", html=HTML, **more):
    author = Author(
        network=network,
        uri="u",
        name="Ada Quill",
        handle="@adaquill",
        url="https://x.com/adaquill",
        avatar_key="face",
    )
    post = Post(
        network=network,
        uri="https://x.com/i/status/1",
        url=WHERE,
        author=author,
        published_at=NOON,
        html=html,
        text="Words",
        counts=Counts(replies=11, boosts=12, likes=13),
    )
    when: dict[str, datetime] = {"first_seen_at": NOON, "published_at": NOON}
    return Item(id=7, event_id=1, seq=3, post=post, state=State.SHOWN, **{**when, **more})


def test_its_words_are_as_they_are_even_where_staff_picked_some(renderer):
    item = an_item(highlighted_at=NOON, phrase="the rest")
    assert HTML in renderer.card(item, an_event())
    assert "<mark>" in renderer.card(an_item("chat", highlighted_at=NOON, phrase="the rest"), an_event())


def test_nothing_of_it_is_folded_away(renderer):
    long = f"<p>{'Words ' * 400}</p>"
    assert "Show more" not in renderer.card(an_item(html=long), an_event())


def test_time_and_mark_lead_to_the_post_name_picture_and_handle_to_its_author(renderer):
    card = renderer.card(an_item(), an_event())
    assert card.count(f'href="{WHERE}"') == 2
    assert f'class="card__time" href="{WHERE}"' in card
    assert 'aria-label="This post on X"><svg class="network"' in card
    assert card.count('href="https://x.com/adaquill"') == 3
    assert "#n-x" in card


def test_no_counts_stand_under_it(renderer):
    card = renderer.card(an_item(), an_event())
    assert "likes" not in card
    assert "likes" in renderer.card(an_item("chat"), an_event())


def test_other_networks_keep_their_card(renderer):
    card = renderer.card(an_item("chat"), an_event())
    assert 'class="card__time" href="/p/7"' in card
    assert "card__mark" not in card
