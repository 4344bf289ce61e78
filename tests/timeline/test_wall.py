"""The gate of a wall: what may stand before a hall."""

from dataclasses import replace

import pytest

from tests.factories import MINUTE, NOON, a_picture, a_post
from timeline import wall
from timeline.item import Item, State

LONG = "word " * 40
FITTING = "w" * wall.LONGEST


def an_item(**differently):
    said = differently.pop("post", None) or a_post(text="Words that fit")
    return Item(
        **{
            "id": 1, "event_id": 1, "seq": 1, "post": said, "state": State.SHOWN, "checked": True,
            "first_seen_at": NOON, "shown_at": NOON, "published_at": NOON,
        }
        | differently
    )  # fmt: skip


def a_long_one(**differently):
    return an_item(post=a_post(text=LONG), **differently)


def test_what_a_person_or_a_trusted_source_answers_for_passes():
    assert wall.passes(an_item())
    assert not wall.passes(an_item(checked=False))
    assert wall.passes(an_item(checked=False, highlighted_at=NOON))


@pytest.mark.parametrize("state", [state for state in State if state is not State.SHOWN])
def test_what_is_out_of_sight_never_passes(state):
    assert not wall.passes(an_item(state=state, highlighted_at=NOON))


@pytest.mark.parametrize("mark", [{"content_warning": "Spiders"}, {"sensitive": True}])
def test_what_its_author_warns_of_never_passes(mark):
    warned = a_post(text="Look", media=(a_picture(),), **mark)
    assert not wall.passes(an_item(post=warned, highlighted_at=NOON))


def test_a_comment_never_passes():
    assert not wall.passes(an_item(parent_id=7))


def test_a_long_post_passes_by_its_marked_phrase_alone():
    assert wall.words(an_item(post=a_post(text=FITTING))) == "whole"
    assert wall.words(a_long_one()) is None
    assert not wall.passes(a_long_one(highlighted_at=NOON))
    assert wall.words(a_long_one(highlighted_at=NOON, phrase="the words that matter")) == "phrase"
    assert wall.words(a_long_one(phrase="of nobody's choice")) is None
    assert wall.words(a_long_one(highlighted_at=NOON, phrase=LONG)) is None


@pytest.mark.parametrize("blank", ["", "  \n", "\u200b\u2060", "\u2800 \u3164"])
def test_a_card_with_nothing_to_see_does_not_pass(blank):
    assert not wall.passes(an_item(post=a_post(text=blank), highlighted_at=NOON))
    assert wall.passes(an_item(post=a_post(text=blank, media=(a_picture(),))))
    assert wall.passes(an_item(post=a_post(text="🎉")))


def test_an_article_passes_by_its_title():
    article = a_post(network="feed", title="Firthshire cut 11 lists to one", text=LONG)
    assert wall.words(an_item(post=article)) == "title"
    assert wall.words(an_item(post=replace(article, title=LONG))) is None


def test_a_title_counts_as_words_where_it_is_no_article():
    assert wall.words(an_item(post=a_post(title="Title", text=FITTING))) is None


def test_no_part_stands_for_the_whole_where_its_network_forbids_that():
    picked = a_long_one(highlighted_at=NOON, phrase="the words that matter")
    assert wall.words(picked, unaltered=True) is None
    assert not wall.passes(picked, unaltered=True)
    assert wall.words(an_item(), unaltered=True) == "whole"


def test_only_highlights_pass_where_only_they_are_wanted():
    assert not wall.passes(an_item(), highlights_only=True)
    assert wall.passes(an_item(highlighted_at=NOON), highlights_only=True)


def test_what_was_altered_after_it_was_picked_is_nobodys_choice():
    edited = an_item(checked=False, highlighted_at=NOON, altered_at=NOON + MINUTE)
    assert not wall.passes(edited)
    assert not wall.is_highlight(edited)
    assert wall.passes(replace(edited, highlighted_at=NOON + 2 * MINUTE))


def test_a_cleared_wall_takes_what_comes_into_sight_later_or_is_picked_again():
    cleared = NOON + MINUTE
    assert not wall.passes(an_item(highlighted_at=NOON), cleared_at=cleared)
    assert wall.passes(an_item(shown_at=NOON + 2 * MINUTE), cleared_at=cleared)
    assert wall.passes(an_item(highlighted_at=NOON + 2 * MINUTE), cleared_at=cleared)
    assert not wall.passes(an_item(shown_at=NOON + 2 * MINUTE), cleared_at=cleared, highlights_only=True)
    assert not wall.passes(an_item(shown_at=cleared), cleared_at=cleared)
