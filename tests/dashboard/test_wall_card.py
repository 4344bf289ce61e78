"""What a projector wall shows of a post, and what it leaves out."""

import re

import pytest

from dashboard import wallwords
from dashboard.render import Renderer
from dashboard.site import Site
from tests.dashboard.test_guarded_card import X
from tests.factories import MASTODON, NOON, a_picture, a_post, an_author, an_event
from timeline.item import Item, State

EVENT = an_event(hashtags=("Harbour26",))


def an_item(text, *, phrase=None, highlighted=False, **post):
    return Item(
        id=7, event_id=1, seq=3, post=a_post(text=text, **post), state=State.SHOWN, checked=True,
        first_seen_at=NOON, published_at=NOON, highlighted_at=NOON if phrase or highlighted else None, phrase=phrase,
    )  # fmt: skip


@pytest.fixture(scope="module")
def card():
    renderer = Renderer(Site(title="Harbour", base_url="http://live.example"), [MASTODON, X])
    template = renderer._environment.get_template("partials/_wall_card.html")
    return lambda item, words="whole": template.render(
        item=item, event=EVENT, words=words, since=NOON, picked=item.highlighted_at
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Tea is late", "Tea is late"),
        ("One\n\n\n two   three", "One\ntwo three"),
        ("See https://www.council.example/a/very/long?address=1, then", "See council.example, then"),
        ("See https://[somewhere, then", "See https://[somewhere, then"),
        ("🦭🦭", "🦭🦭"),
        ("At #harbour26 there is tea #tides #Harbour26 #harbour26", "At #harbour26 there is tea #tides"),
        ("#harbour26", "#harbour26"),
    ],
)
def test_short_words_stand_as_they_are_but_for_addresses(text, told):
    assert wallwords.words(an_item(text), EVENT, "whole", guarded=False) == told


def test_a_phrase_and_a_title_stand_for_the_rest():
    long = an_item("We went looking. " * 30, phrase="went   looking", title="Notes from the harbour")
    assert wallwords.words(long, EVENT, "phrase", guarded=False) == "“went looking”"
    quoting = an_item("“We went looking”, she said. " * 30, phrase="“We went looking”, she said")
    assert wallwords.words(quoting, EVENT, "phrase", guarded=False) == "“We went looking”, she said"
    assert wallwords.words(long, EVENT, "title", guarded=False) == "Notes from the harbour"


@pytest.mark.parametrize(
    ("said", "size"),
    [("", "none"), ("🦭🦭 #harbour26", "signs"), ("#harbour26", "short"), ("Tea", "short"), ("a" * 71, "medium"),
     ("a" * 180, "long"), ("a" * 200, "whole"), ("今日は", "short")],
)  # fmt: skip
def test_words_are_set_by_how_many_there_are(said, size):
    assert wallwords.size(said) == size


def test_the_own_hashtag_is_quiet_and_foreign_words_are_escaped():
    said = wallwords.markup("<b>Hi</b> #harbour26 #tides & more", EVENT)
    assert str(said) == '&lt;b&gt;Hi&lt;/b&gt; <span class="own">#harbour26</span> #tides &amp; more'


def test_a_card_tells_the_scripts_what_they_need_and_links_nowhere(card):
    drawn = card(an_item("Tea is late", highlighted=True))
    assert re.findall(r' (id|data-[a-z]+)="([^"]*)"', drawn.partition(">")[0]) == [
        ("id", "item-7"), ("data-at", "1795262400000"), ("data-seq", "3"), ("data-network", "mastodon"),
        ("data-size", "short"), ("data-since", "1795262400000"), ("data-highlight", "1795262400000"),
    ]  # fmt: skip
    assert "<a " not in drawn
    assert "tabindex" not in drawn


def test_a_picture_shows_once_it_is_kept(card):
    assert "slip__picture" not in card(an_item("Look", media=(a_picture(),)))
    drawn = card(an_item("", media=(a_picture(kind="audio"), a_picture(key="k1", width=4, height=3))))
    assert 'src="/media/k1?w=640" sizes="68vw" alt="The quay" width="4" height="3"' in drawn
    assert "slip__words" not in drawn


def test_a_guarded_post_keeps_its_words_name_and_mark(card):
    text = "Exactly  as written https://t.co/abc " + "and long " * 30
    author = an_author("Ada", network="x", handle="@ada")
    drawn = card(an_item(text, phrase="as written", network="x", author=author))
    assert text in drawn
    assert "@ada · " in drawn
    assert "#n-x" in drawn
