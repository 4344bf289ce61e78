"""When a feed says something was published."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.dates import moment

FOUR = datetime(2025, 6, 10, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 10 Jun 2025 04:00:00 GMT",
        "Tue, 10 Jun 2025 04:00:00 +0000",
        "Tue, 10 Jun 2025 06:00:00 CEST",
        "Tue, 10 Jun 2025 05:00:00 BST",
        "Tue, 10 Jun 2025 00:00:00 EDT",
        "10 Jun 25 04:00 UT",
        "Di, 10 Jun 2025 06:00:00 +0200",
        "Tue, 10 June 2025 04:00:00Z",
        "Mon, 9 Jun 2025 23:00 CDT",
        "2025-06-10T04:00:00Z",
        "2025-06-10T04:00:00",
        "2025-06-10T06:00:00+02:00",
        "2025-06-10T06:00+0200",
        "2025-06-10 04:00:00 UTC",
        "20250610T040000Z",
        "Tue Jun 10 06:00:00 CEST 2025",
        "June 10, 2025 4:00 am",
        "Tue, 10 Jun 2025 06:00:00 GMT+0200 (Central European Summer Time)",
        "1749528000",
        "1749528000000",
        "  Tue,  10 Jun\n2025 04:00:00\tGMT ",
    ],
)
def test_one_moment_however_it_is_written(text):
    assert moment(text) == FOUR


def test_midnight_may_be_the_end_of_the_day():
    assert moment("Mon, 09 Jun 2025 24:00:00 GMT") == datetime(2025, 6, 10, tzinfo=UTC)
    assert moment("2025-06-10") == datetime(2025, 6, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "soon",
        "10/06/2025 04:00",
        "10.06.2025",
        "2025-02-29",
        "2025-13-01T00:00:00Z",
        "Tue, 10 Jun 2025 25:00:00 GMT",
        "Tue, 10 Jun 2025 04:75:00 GMT",
        "0001-01-01T00:00:00Z",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "9999-12-31T23:59:59-10:00",
        "2025-06-10T04:00:00+99:00",
        "20259999",
        "1",
        "9" * 400,
    ],
)
def test_what_is_ambiguous_or_absurd_is_no_date(text):
    assert moment(text) is None


@given(
    st.datetimes(min_value=datetime(1971, 1, 3), max_value=datetime(9990, 1, 1)),  # noqa: DTZ001 the zone follows
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_what_the_standards_write_is_read_back(naive, minutes):
    there = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert moment(there.isoformat()) == there
    assert moment(format_datetime(there)) == there


@given(st.text(alphabet="0123456789-/: TZGMT+JunMoay,.pmÄ١\n", max_size=60))
def test_nothing_written_in_a_date_breaks_the_reader(text):
    found = moment(text)
    assert found is None or found.tzinfo is UTC
