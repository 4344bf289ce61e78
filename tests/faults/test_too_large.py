"""A message that a host repeats for ever and that is larger than we take: what follows it arrives all the same."""

import asyncio
import random

import pytest

from tests.faults.rigs import BlueskyV1, BlueskyV2, Rig

TOO_LARGE = random.Random(5).randbytes(2_800_000).hex()  # packed, it is still too large


@pytest.mark.parametrize("rig", [BlueskyV2, BlueskyV1], ids=lambda rig: rig.name)
async def test_a_message_of_5_mb_is_told_as_a_gap_and_costs_no_other_post(hall_of, monkeypatch, rig: type[Rig]):
    monkeypatch.setattr("collector.jetstream_wire.LARGEST", 2**20)
    hall = await hall_of([rig()])
    async with hall.collecting():
        hall.say("before")
        await hall.until_level()
        [one] = hall.rigs
        one.say(TOO_LARGE)
        one.way.cut()
        await asyncio.sleep(1.1)  # where no number tells what is next, one second is passed over
        hall.say("after")
        await hall.until_level()
        await hall.ledger.until(lambda: any("larger than we take" in reason for reason in hall.ledger.gaps))
        await hall.until_health(lambda health: health.state == "ok" and health.error is None)
