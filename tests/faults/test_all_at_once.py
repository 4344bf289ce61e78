"""Several networks cut and restored at random while people talk: in the end the database says what is true."""

import asyncio
import random

import pytest

from tests.faults.faults import CASES
from tests.faults.rigs import BlueskyV2, FeedPolled, MastodonStreaming

SAID = 300
# Nobody can tell that an entry which was cut in two, and edited before it was seen whole, is one: not "truncated".
APART = ("all twice", "oldest first", "drips", "half-open", "truncated")
FAULTS = [case.fault for case in CASES if case.fault.name not in APART]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("seed", [11])
async def test_cut_and_restored_at_random_everything_is_there_once(hall_of, seed: int):
    chance = random.Random(seed)
    hall = await hall_of([MastodonStreaming(), BlueskyV2(), FeedPolled()])
    alive: list[list[int]] = [[] for _ in hall.rigs]

    async def talk() -> None:
        for number in range(SAID):
            rig = chance.randrange(len(hall.rigs))
            kind = chance.random()
            if kind < 0.15 and alive[rig]:
                hall.edit(chance.choice(alive[rig]), f"edited {number}", rig=rig)
            elif kind < 0.25 and alive[rig] and hall.rigs[rig].deletes:
                hall.delete(alive[rig].pop(chance.randrange(len(alive[rig]))), rig=rig)
            else:
                alive[rig].append(hall.say(f"said {number}", rig=rig))
            await asyncio.sleep(chance.uniform(0, 0.06))

    async def trouble(rig: int) -> None:
        way = hall.rigs[rig].way
        while True:
            await asyncio.sleep(chance.uniform(0.2, 1.0))
            await way.breaks(chance.choice(FAULTS))
            await asyncio.sleep(chance.uniform(0.1, 0.6))
            await way.mend()

    async with hall.collecting():
        troubles = [asyncio.create_task(trouble(rig)) for rig in range(len(hall.rigs))]
        try:
            await talk()
        finally:
            for task in troubles:
                task.cancel()
            await asyncio.gather(*troubles, return_exceptions=True)
        for rig in hall.rigs:
            await rig.way.mend()
        await hall.until_level(timeout_s=40)
        for rig in range(len(hall.rigs)):
            await hall.until_health(lambda health: health.state == "ok" and health.error is None, rig=rig)
    assert sum(map(len, await hall.shown())) > SAID / 2
