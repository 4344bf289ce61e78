"""A post made fit to keep."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import DAY, NOON, a_picture, a_post, an_author
from timeline.errors import UnreadablePost
from timeline.post import Card, Counts, Poll, PollOption
from timeline.tidy import fit, fit_json, identifier, tidy, tidy_author


def test_a_fit_post_stays_as_it_is() -> None:
    post = tidy(a_post(media=(a_picture(width=640, height=480),)), at=NOON)

    assert post.text == "Words of one at #harbour26"
    assert tidy(post, at=NOON + DAY) == post


@given(st.text(st.characters(codec=None), max_size=50))
def test_whatever_is_left_can_be_written_anywhere(words: str) -> None:
    fitting = fit(words, 20)

    assert len(fitting) <= 20
    assert "\x00" not in fitting
    assert fitting.encode("utf-8").decode("utf-8") == fitting


@given(st.recursive(st.text(st.characters(codec=None)) | st.integers() | st.none(), st.lists, max_leaves=5))
def test_json_of_a_network_can_be_written_anywhere(value: object) -> None:
    assert json.dumps(fit_json({"value": value}), ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("name", ["", "   ", "\x00", "x" * 1_001])
def test_what_cannot_be_told_from_others_is_unreadable(name: str) -> None:
    with pytest.raises(UnreadablePost):
        identifier(name)


def test_only_addresses_that_may_be_links_stay() -> None:
    card = Card(url="javascript:x", title="Evil")
    post = a_post(
        url="ftp://a.example/", links=("https://a.example/", "javascript:x", "https://a.example/"), card=card,
        author=an_author(url="data:x", avatar=" data:image/png;base64,AA"),
    )  # fmt: skip

    tidied = tidy(post, at=NOON)

    assert (tidied.url, tidied.links, tidied.card) == (None, ("https://a.example/",), None)
    assert (tidied.author.url, tidied.author.avatar) == (None, None)


def test_a_card_without_words_is_called_by_its_address() -> None:
    tidied = tidy(a_post(card=Card(url="https://a.example/", title=" ")), at=NOON)

    assert tidied.card == Card(url="https://a.example/", title="https://a.example/")


def test_numbers_are_what_every_reader_can_hold() -> None:
    post = a_post(
        counts=Counts(replies=-1, boosts=2**70, likes=3),
        media=(a_picture(width=10**9, height=1), a_picture(width=4, height=0)),
        poll=Poll(options=(PollOption(text="Yes", votes=-5),)),
    )

    tidied = tidy(post, at=NOON)

    assert tidied.counts == Counts(replies=0, boosts=2**53 - 1, likes=3)
    assert [(one.width, one.height) for one in tidied.media] == [(None, None), (None, None)]
    assert tidied.poll == Poll(options=(PollOption(text="Yes", votes=0),))


def test_a_poll_without_answers_is_none() -> None:
    assert tidy(a_post(poll=Poll(options=())), at=NOON).poll is None


def test_lists_are_bounded_and_each_thing_is_named_once() -> None:
    post = a_post(hashtags=("a", "#a", " a", "b", *(f"t{n}" for n in range(200))), media=(a_picture(),) * 50)

    tidied = tidy(post, at=NOON)

    assert tidied.hashtags[:2] == ("a", "b")
    assert (len(tidied.hashtags), len(tidied.media)) == (98, 24)


def test_text_alone_is_kept_where_there_is_no_html() -> None:
    assert tidy(a_post(html="", text=" Ahoy #boats "), at=NOON).text == "Ahoy #boats"


def test_somebody_without_a_name_is_called_by_handle_or_identifier() -> None:
    nameless = an_author(name="Ottilie")

    assert tidy_author(replace(nameless, name=" \x00")).name == nameless.handle
    assert tidy_author(replace(nameless, name="", handle="")).name == nameless.uri


def test_an_edit_is_not_dated_into_the_future() -> None:
    assert tidy(a_post(edited_at=NOON + DAY), at=NOON).edited_at == NOON
