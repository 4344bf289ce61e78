"""How much is said, at the foot of a wall."""

import pytest

from dashboard import wall_pace
from tests.factories import MINUTE, NOON

QUIET = [0] * wall_pace.MINUTES


@pytest.mark.parametrize(
    ("counts", "told"),
    [([*QUIET[:-2], 3, 14], (14, "minute")), ([*QUIET[:-2], 3, 0], (3, "minutes")), (QUIET, (99, "all"))],
)
def test_the_figure_is_never_nothing_while_there_are_posts(counts, told):
    pace = wall_pace.draw(counts, 99, [], NOON)
    assert (pace.number, pace.span) == told


def test_a_highlight_is_a_dot_on_the_bar_of_its_minute():
    counts = [*QUIET[:-2], 5, 10]
    picked = [NOON - 2 * MINUTE, NOON - MINUTE - MINUTE / 2, NOON + MINUTE / 2, NOON - 99 * MINUTE]
    pace = wall_pace.draw(counts, 15, picked, NOON + MINUTE / 3)
    assert wall_pace.start(NOON + MINUTE / 3) == NOON - 40 * MINUTE
    assert pace.dots == ((96.25, 50.0),)
    assert (pace.bars.past, pace.bars.recent) == ("", "M38.5 100V50M39.5 100V0")
