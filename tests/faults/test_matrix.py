"""Every fault on every network: the source says how it is, and in the end holds every post exactly once."""

import re
from collections import Counter

import pytest

from collector.registry import adapters
from tests.faults.faults import CASES, RIDDEN_OUT, Case, expected
from tests.faults.rigs import RIGS, Rig

WITHOUT = {"replay": "it plays a file: there is no way to go wrong on"}

MATRIX = [
    pytest.param(rig, case, words, id=f"{name}-{case.fault.name}")
    for name, rig in RIGS.items()
    for case in CASES
    if (case.streams or not rig.lines)
    and (words := expected(case, polled=rig.polled, listened=rig.listened, ordered=rig.ordered)) is not None
]


@pytest.mark.parametrize(("rig", "case", "words"), MATRIX)
async def test_a_fault_is_told_and_costs_no_post(hall_of, rig: type[Rig], case: Case, words: str):
    hall = await hall_of([rig()])
    [way] = [one.way for one in hall.rigs]
    async with hall.collecting():
        hall.say("before")
        edited, deleted = hall.say("before it was edited"), hall.say("before it was deleted")
        await hall.until_level()
        told, logged = len(hall.reports()), len(hall.logged)

        await way.breaks(case.fault)
        if words == RIDDEN_OUT and rig.listened:
            await way.met.wait()
            await hall.until_health(lambda health: health.state == "ok" and health.error is None)  # after the cut
            told = len(hall.reports())
        hall.say("during")
        if rig.edits:
            hall.edit(edited, "edited meanwhile")
        if rig.deletes:
            hall.delete(deleted)
        if words == RIDDEN_OUT:
            await hall.until_level()
            await way.met.wait()
            complaints = [(health.state, health.error) for health in hall.reports()[told:] if health.state != "ok"]
            assert not complaints, complaints
        else:
            async with hall.talking():
                health = await hall.until_health(
                    lambda health: (
                        re.search(words, health.error or "") and not health.error.startswith("What was missed")
                    )
                )
                await hall.until_asked(way, 4)
            assert health.hint, f"no next step: {health.error}"
            if not (rig.polled and rig.listened):  # one that can be had in two ways is well while the other works
                assert health.state == case.state

        failures = Counter(line["part"] for line in hall.logged[logged:] if line["event"] == "source fails")
        assert not failures or max(failures.values()) == 1, "a failure is logged once, not at every attempt"

        await way.mend()
        hall.say("after")
        await hall.until_level()
        await hall.until_health(lambda health: health.state == "ok" and health.error is None)


def test_every_network_is_tried():
    assert {rig.network for rig in RIGS.values()} | WITHOUT.keys() == adapters().keys()
    assert len(MATRIX) >= 120
