"""What a refusal asks of us: how long to wait, by the clock of who asks."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from collector.refusals import LONGEST_WAIT_S, retry_after_s

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AHEAD = NOW + timedelta(hours=3)  # a server whose clock is wrong


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": format_datetime(NOW + timedelta(minutes=5), usegmt=True)}, 300),
        ({"retry-after": "99999999"}, LONGEST_WAIT_S),
        ({"retry-after": format_datetime(NOW - timedelta(days=1), usegmt=True)}, 0),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-reset": "2026-11-21T09:04:00.000Z"}, 240),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 60)}, 60),
        ({"retry-after": "-5", "x-ratelimit-reset": "2026-11-21T09:01:00Z"}, 60),
        (
            {"retry-after": format_datetime(AHEAD + MINUTE, usegmt=True), "date": format_datetime(AHEAD, usegmt=True)},
            60,
        ),
        ({"x-ratelimit-reset": "2026-11-21T09:01:00Z", "date": "when it suits"}, 60),
        ({}, None),
    ],
)
def test_how_long_a_server_asks_us_to_wait(headers, wait):
    assert retry_after_s(headers, NOW) == wait
