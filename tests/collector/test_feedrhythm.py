"""How often a feed is asked."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.feed import Following
from collector.feedrhythm import EVERY_S, JUST_S, SELDOM_S, fresh_s, newest, rhythm_s

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AGES = st.lists(st.floats(0, 90 * 86_400), max_size=11)
WISHES = st.builds(
    Following,
    every_s=st.floats(0, 1e9),
    skipped_hours=st.frozensets(st.integers(0, 23)),
)


def posted(ages_s):
    return tuple(sorted((NOW.timestamp() - age for age in ages_s), reverse=True))


@pytest.mark.parametrize(
    ("hours", "seconds"),
    [
        ([0.1, 0.2, 0.3, 0.4], 300),
        ([0.6, 1.4, 2.1, 2.8], 630),
        ([0.1, 8, 16], 300),  # it has just spoken
        ([1.6, 1.7, 1.8], 720),
        ([900, 901, 902], 900),
        ([5], 300),
        ([], 300),
    ],
)
def test_a_quiet_feed_is_asked_less_but_never_seldom(hours, seconds):
    assert rhythm_s(posted(3_600 * ago for ago in hours), NOW) == pytest.approx(seconds)


@given(AGES, st.floats(0, 1e9), WISHES)
def test_no_feed_is_asked_more_often_than_agreed_nor_forgotten(ages, fresh, wish):
    assert EVERY_S <= rhythm_s(posted(ages), NOW, fresh_s=fresh, wish=wish) <= SELDOM_S


@given(AGES, st.floats(0, JUST_S - 1), st.floats(0, 1e9))
def test_a_feed_that_has_just_spoken_is_asked_as_often_as_may_be(ages, just, period):
    assert rhythm_s(posted([*ages, just]), NOW, wish=Following(every_s=period)) == EVERY_S


@given(AGES, st.floats(0, 1e6), st.floats(0, 1e6))
def test_what_a_server_calls_fresh_is_never_asked_sooner(ages, less, more):
    less, more = sorted((less, more))
    assert rhythm_s(posted(ages), NOW, fresh_s=less) <= rhythm_s(posted(ages), NOW, fresh_s=more)
    assert rhythm_s(posted(ages), NOW, fresh_s=more) >= min(more, SELDOM_S)


@given(AGES)
def test_in_an_hour_to_be_skipped_a_feed_is_asked_seldom(ages):
    assert rhythm_s(posted(ages), NOW, wish=Following(skipped_hours=frozenset({12}))) == SELDOM_S


def test_the_period_of_a_silent_feed_is_heeded():
    assert rhythm_s(posted([2_000, 2_100]), NOW, wish=Following(every_s=600)) == 600


def test_dates_are_remembered_from_poll_to_poll_and_none_lies_ahead():
    known = newest((), [NOW - timedelta(hours=2), None], NOW)
    assert newest(known, [NOW + timedelta(days=3)], NOW) == (NOW.timestamp(), NOW.timestamp() - 7_200)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("public, max-age=600", 600), ("s-maxage=9, Max-Age = 60", 60), ("no-store", 0), ("", 0), ("max-age=soon", 0)],
)
def test_how_long_an_answer_is_fresh(header, seconds):
    assert fresh_s(header) == seconds
