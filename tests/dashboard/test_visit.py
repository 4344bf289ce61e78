"""What a reader's own browser remembers of an event."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.visit import Visit
from timeline.item import Place

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLACE = Place(published_at=NOW - timedelta(hours=1), id=7)


def seen(minutes: int) -> dict[str, str]:
    return {"seen": f"{PLACE.encode()}.{int((NOW - timedelta(minutes=minutes)).timestamp())}"}


def test_who_has_no_cookie_is_here_for_the_first_time():
    assert Visit.of({}).first
    assert not Visit.of({}).returns(NOW)
    assert not Visit.of(seen(1)).first


def test_only_an_absence_is_told_what_came_since():
    assert Visit.of(seen(20)).returns(NOW)
    assert Visit.of(seen(20)).place == PLACE
    assert not Visit.of(seen(5)).returns(NOW)


@given(st.text(max_size=60))
def test_no_cookie_breaks_a_page(word):
    visit = Visit.of({"seen": word, "dismissed": word})
    visit.returns(NOW)
