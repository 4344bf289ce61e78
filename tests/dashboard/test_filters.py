"""How pages write times, numbers and other people's words."""

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import filters
from tests.factories import NOON, a_post, an_author, an_event
from timeline.item import Item, State
from timeline.text import clean, plain


def an_item(html, *, phrase=None, **post):
    return Item(
        id=1, event_id=1, seq=1, post=a_post(html=clean(html), **post), state=State.SHOWN,
        first_seen_at=NOON, published_at=NOON, highlighted_at=NOON if phrase else None, phrase=phrase,
    )  # fmt: skip


EVENT = an_event(hashtags=("Harbour26",))


@pytest.mark.parametrize(
    ("starts", "ends", "told"),
    [
        ((2026, 10, 11, 9), (2026, 10, 13, 17), "11–13 October 2026"),
        ((2026, 10, 30, 9), (2026, 11, 1, 17), "30 October – 1 November 2026"),
        ((2026, 12, 31, 9), (2027, 1, 1, 17), "31 December 2026 – 1 January 2027"),
        ((2026, 10, 11, 9), (2026, 10, 11, 17), "11 October 2026"),
        ((2026, 10, 11, 9), (2026, 10, 13, 23), "11–13 October 2026"),
        ((2026, 10, 11, 2), (2026, 10, 14, 2), "11–13 October 2026"),
        ((2026, 10, 11, 11), (2026, 10, 14, 11), "11–14 October 2026"),
    ],
)
def test_days_of_an_event_are_told_in_one_breath(starts, ends, told):
    event = an_event(starts_at=datetime(*starts, tzinfo=UTC), ends_at=datetime(*ends, tzinfo=UTC))
    assert filters.dates(event) == told


def test_times_are_those_of_the_place():
    event = an_event(timezone="Asia/Kathmandu")
    assert filters.clock(NOON, event) == "17:45"
    assert filters.day(NOON + timedelta(hours=7), event) == "Sunday 22 November"
    assert filters.day(NOON - timedelta(days=365), event) == "Friday 21 November 2025"


@pytest.mark.parametrize(("hour", "told"), [(0, "Thursday 11 March 2027"), (9, "Thursday 11 March 2027 at 09:00")])
def test_a_date_without_an_hour_gets_none(hour, told):
    event = an_event(starts_at=datetime(2027, 3, 11, hour, tzinfo=UTC))
    assert filters.starts(event, NOON) == told


def test_cards_are_ordered_to_the_microsecond():
    assert filters.epoch_ms(NOON) == "1795262400000"
    assert filters.epoch_ms(NOON + timedelta(microseconds=1_250)) == "1795262400001.25"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Calderby Digital", "CD"), ("Mina", "M"), ("Ali bin Omar", "AO"), ("★ 42", "·"), ("ليلى حداد", "لح")],
)
def test_a_face_without_picture_shows_letters(name, letters):
    assert filters.initials(an_author(name)) == letters


def test_the_events_own_hashtag_is_quiet_and_others_are_links():
    html = (
        '<p>At <a href="https://m.example/tags/harbour26" class="mention hashtag">#<span>HARBOUR26</span></a> and '
        '<a href="https://m.example/tags/tea" class="mention hashtag">#<span>tea</span></a>, #harbour26 again</p>'
    )
    rel = 'rel="nofollow noopener noreferrer ugc"'
    assert filters.safe_html(an_item(html), EVENT) == (
        f'<p>At <a class="own" href="https://m.example/tags/harbour26" {rel}>#<span>HARBOUR26</span></a> and '
        f'<a href="https://m.example/tags/tea" class="mention hashtag" {rel}>#<span>tea</span></a>, '
        '<span class="own">#harbour26</span> again</p>'
    )


def test_a_phrase_is_marked_across_tags():
    html = "<p>We found <b>eleven lists</b>, three of them here.</p>"
    assert filters.safe_html(an_item(html, phrase="found eleven  lists, three"), EVENT) == (
        "<p>We <mark>found </mark><b><mark>eleven lists</mark></b><mark>, three</mark> of them here.</p>"
    )


def test_a_phrase_that_is_gone_marks_nothing():
    assert filters.safe_html(an_item("<p>Edited since</p>", phrase="as it was"), EVENT) == "<p>Edited since</p>"


@given(st.text(alphabet='ab <>&"#é\n', max_size=60), st.text(alphabet='ab <>&"#é', min_size=1, max_size=8))
def test_marking_changes_no_word(text, phrase):
    markup = clean(f"<p>{text}</p><p><b>a</b> b</p>")

    marked = filters.mark_phrase(markup, phrase)

    assert clean(marked) == marked
    assert plain(marked) == plain(markup)
    assert unescape(marked.replace("<mark>", "").replace("</mark>", "")) == unescape(markup)
