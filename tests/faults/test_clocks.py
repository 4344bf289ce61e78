"""Hosts whose clock is wrong: nothing is lost by it, nothing comes twice, and nothing stands in the future."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.rigs import RIGS, Rig

SKEWS = {"two hours ahead": timedelta(hours=2), "two hours behind": timedelta(hours=-2)}


@pytest.mark.parametrize("skew", SKEWS.values(), ids=list(SKEWS))
@pytest.mark.parametrize("rig", RIGS.values(), ids=list(RIGS))
async def test_a_wrong_clock_costs_no_post(hall_of, rig: type[Rig], skew: timedelta):
    hall = await hall_of([rig()])
    [one] = hall.rigs
    one.skew = skew
    async with hall.collecting():
        hall.say("before")
        edited, deleted = hall.say("before it was edited"), hall.say("before it was deleted")
        await hall.until_level()
        if rig.edits:
            hall.edit(edited, "edited")
        if rig.deletes:
            hall.delete(deleted)
        hall.say("while it stands")
        await hall.until_level()
        one.way.cut()
        hall.say("after a break")
        await hall.until_level()
        await hall.until_health(lambda health: health.state == "ok")
    assert max(await hall.times()) <= datetime.now(UTC)
