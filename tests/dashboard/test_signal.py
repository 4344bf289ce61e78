"""Posts a minute, drawn and told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import signal
from tests.factories import an_event
from timeline.item import Place

NOW = datetime(2026, 10, 12, 13, 41, tzinfo=UTC)  # 14:41 in London
MINUTE = timedelta(minutes=1)
EVENT = an_event(
    starts_at=datetime(2026, 10, 11, 8, tzinfo=UTC),
    ends_at=datetime(2026, 10, 13, 16, tzinfo=UTC),
    collect_from=datetime(2026, 9, 27, tzinfo=UTC),
)


def drawn(event=EVENT, *, now=NOW, posts=()):
    """The signal of an event with a post at each of these times."""
    span = signal.span_of(event, now)
    counts = [0] * span.minutes
    for at in posts:
        counts[span.minute(at)] += 1
    return signal.draw(event, span, counts, now)


def test_a_live_event_is_told_by_its_day():
    morning = [datetime(2026, 10, 12, 8, 10, tzinfo=UTC)] * 7
    yesterday = [datetime(2026, 10, 11, 12, tzinfo=UTC)] * 9
    lately = [NOW - 2 * MINUTE] * 10 + [NOW - MINUTE] * 3

    told = drawn(posts=morning + yesterday + lately)

    assert (told.rate, told.rate_at, told.peak, told.peak_at, told.total, told.whole) == (
        3, NOW - MINUTE, 10, NOW - 2 * MINUTE, 20, False,
    )  # fmt: skip
    assert [(f"{start:%d %H:%M}", posts) for start, posts in told.rows] == [
        ("12 09:10", 7),
        ("12 14:30", 10),
        ("12 14:40", 3),
    ]
    assert [(day.day.day, day.posts, day.now, day.ahead) for day in told.days] == [
        (11, 9, False, False), (12, 20, True, False), (13, 0, False, True),
    ]  # fmt: skip


def test_a_past_event_is_told_as_a_whole():
    told = drawn(now=NOW + timedelta(days=30), posts=[datetime(2026, 10, day, 12, tzinfo=UTC) for day in (11, 12, 12)])

    assert (told.rate, told.peak, told.total, told.whole, told.now_at) == (None, 2, 3, True, None)
    assert [tick.text for tick in told.ticks] == ["Sun 11", "Mon 12", "Tue 13"]
    assert told.bars.recent == ""


def test_a_coming_event_is_told_by_its_last_week():
    told = drawn(now=EVENT.starts_at - timedelta(days=3), posts=[EVENT.starts_at - timedelta(days=5)])

    assert (told.rate, told.total, len(told.days)) == (None, 1, 7)


def test_a_young_day_is_drawn_close_up_from_its_first_post():
    first = datetime(2026, 10, 12, 13, 4, tzinfo=UTC)

    told = drawn(posts=[first, NOW])

    assert (told.starts, told.step_s, len(told.values)) == (first - 4 * MINUTE, 60, 60)
    assert [tick.text for tick in drawn(posts=[NOW]).ticks] == ["14:40", "14:45", "14:50", "14:55", "15:00", "15:05"]
    assert [tick.text for tick in told.ticks] == ["14:00", "14:10", "14:20", "14:30", "14:40", "14:50"]
    assert told.now_at == 68.33


def test_the_pace_is_that_of_the_last_full_minute():
    told = drawn(posts=[NOW, NOW - MINUTE, NOW - MINUTE, NOW - 2 * MINUTE])

    assert (told.rate, told.rate_at) == (2, NOW - MINUTE)


def test_the_bar_that_is_still_filling_stands_for_its_pace():
    """Five a minute all along: the last bar is as high as the others, though its minutes are not over."""
    steady = [NOW - n * MINUTE for n in range(250) for _ in range(5)]

    heights = {stroke.split("V")[1] for stroke in drawn(posts=steady).bars.recent.split("M") if "V" in stroke}

    assert heights == {"0"}


def test_a_day_of_the_past_links_to_where_its_posts_end():
    days = drawn(posts=[]).days

    assert Place.decode(days[0].before) == Place(published_at=datetime(2026, 10, 11, 23, tzinfo=UTC), id=0)
    assert (days[1].before, days[2].before) == ("", "")


def test_an_end_at_midnight_belongs_to_the_day_before():
    event = an_event(
        starts_at=EVENT.starts_at, ends_at=datetime(2026, 10, 12, 23, tzinfo=UTC), timezone="Europe/London"
    )

    assert [day.day.day for day in drawn(event).days] == [11, 12]


@pytest.mark.parametrize(("said", "days"), [([], [11, 12]), ([datetime(2026, 10, 13, 1, tzinfo=UTC)], [11, 12, 13])])
def test_the_morning_after_counts_only_if_something_was_said(said, days):
    event = an_event(starts_at=EVENT.starts_at, ends_at=datetime(2026, 10, 13, 2, tzinfo=UTC))

    assert [day.day.day for day in drawn(event, now=NOW + timedelta(days=9), posts=said).days] == days
    assert [day.day.day for day in drawn(event, now=EVENT.starts_at).days] == [11, 12]


@given(
    hours=st.integers(1, 500),
    zone=st.sampled_from(["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham"]),
    since=st.integers(-200, 700),
    said=st.lists(st.integers(0, 500 * 60 - 1), max_size=40),
)
def test_every_post_is_counted_once_wherever_clocks_change(hours, zone, since, said):
    """Two changes of clocks lie within these weeks."""
    start = datetime(2026, 10, 20, 9, tzinfo=UTC)
    event = an_event(starts_at=start, ends_at=start + timedelta(hours=hours), timezone=zone, collect_from=start)
    now = start + timedelta(hours=since)
    span = signal.span_of(event, now)
    posts = [at for minute in said if span.start <= (at := start + minute * MINUTE) < span.end]

    told = drawn(event, now=now, posts=posts)

    assert sum(posts for _, posts in told.rows) == told.total
    assert sum(day.posts for day in told.days) == (len(posts) if told.days else 0)
    assert len(told.values) == told.bars.wide <= 24 * 14
    assert all(0 <= tick.at < 100 for tick in told.ticks)
