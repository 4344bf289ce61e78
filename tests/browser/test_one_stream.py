"""However many tabs of a browser show an event: one connection, and each tab has everything once."""

import asyncio

import pytest

from dashboard.keys import METRICS
from tests.browser.page import TURN, open_streams, settle, some, words

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def seated(hall):
    """Readers who have their own connection to the server."""
    return hall.runner.app[METRICS].readers.labels("page")._value.get()


async def until(asked, wanted):
    async with asyncio.timeout(20):
        while await asked() != wanted:
            await asyncio.sleep(0.02)


async def another(page, hall, path="e/harbour26"):
    """One more tab of the same browser."""
    tab = await page.context.new_page()
    await tab.add_init_script("window.streams = []; window.EventSource = class extends EventSource "
                              "{ constructor(address) { super(address); streams.push(this) } }")  # fmt: skip
    await tab.goto(hall / path)
    await tab.wait_for_selector("[data-state=live]")
    return tab


async def three(hall, visit):
    first = await visit("e/harbour26")
    tabs = [first, await another(first, hall), await another(first, hall)]
    await until(lambda: seated(hall), 1)
    return tabs


async def leading(tabs):
    """The tab that has the connection, and the others."""
    counts = [await open_streams(tab) for tab in tabs]
    assert sorted(counts) == [0] * (len(tabs) - 1) + [1]
    return tabs[counts.index(1)], [tab for tab, count in zip(tabs, counts, strict=True) if not count]


async def all_say(tabs, wanted):
    for tab in tabs:
        await tab.wait_for_selector(f"text={wanted[0]}")
        await settle(tab)
        assert await words(tab) == wanted


async def test_three_tabs_have_one_connection_and_each_has_every_post_once(hall, visit):
    await hall.says("before")
    tabs = await three(hall, visit)

    for number in range(5):
        await hall.says(f"number {number}")

    await all_say(tabs, [f"number {number}" for number in range(4, -1, -1)] + ["before"])
    await leading(tabs)
    assert await seated(hall) == 1


async def test_nothing_is_lost_or_doubled_when_the_leading_tab_is_closed_while_posts_arrive(hall, visit):
    await hall.says("before")
    tabs = await three(hall, visit)
    leader, others = await leading(tabs)

    async def talk():
        for said in some(40):
            await hall.says(said)

    talking = asyncio.create_task(talk())
    await others[0].wait_for_selector("text=Post 5")
    await leader.close()
    await talking
    await hall.says("at the end")

    await all_say(others, ["at the end", *reversed(some(40)), "before"])
    await until(lambda: seated(hall), 1)
    await leading(others)


async def test_a_leading_tab_that_is_hidden_hands_over_and_catches_up_when_it_is_shown(hall, visit):
    await hall.says("before")
    tabs = await three(hall, visit)
    leader, others = await leading(tabs)

    await leader.evaluate(TURN, True)
    await hall.says("while it was hidden")
    await all_say(others, ["while it was hidden", "before"])
    assert await words(leader) == ["before"]
    await leader.evaluate(TURN, False)

    await all_say(tabs, ["while it was hidden", "before"])
    await hall.says("afterwards")
    await all_say(tabs, ["afterwards", "while it was hidden", "before"])
    await until(lambda: seated(hall), 1)
    await leading(tabs)


async def test_a_tab_that_was_opened_behind_the_others_is_brought_up(hall, visit):
    await hall.says("before")
    first = await visit("e/harbour26")
    old = await (await first.request.get(hall / "e/harbour26")).text()
    await hall.says("meanwhile")
    await first.wait_for_selector("text=meanwhile")
    tab = await first.context.new_page()
    await tab.route("**/e/harbour26", lambda route: route.fulfill(body=old, content_type="text/html"))

    await tab.goto(hall / "e/harbour26")

    await all_say([tab, first], ["meanwhile", "before"])


async def test_a_leading_tab_that_hangs_is_replaced(hall, visit):
    await hall.says("before")
    tabs = await three(hall, visit)
    leader, [other, third] = await leading(tabs)
    await third.close()
    await leader.evaluate("BroadcastChannel.prototype.postMessage = () => {}")
    await other.evaluate(TURN, True)
    await other.clock.install()
    await other.evaluate(TURN, False)
    await other.clock.run_for(9_000)
    await other.clock.resume()

    await hall.says("afterwards")

    await all_say([other], ["afterwards", "before"])
    assert await open_streams(other) == 1


async def test_all_tabs_catch_up_after_the_server_was_away(hall, visit):
    await hall.says("before")
    tabs = await three(hall, visit)
    await hall.stop()
    await hall.says("while it was away")
    await hall.start()

    await all_say(tabs, ["while it was away", "before"])
    await hall.says("afterwards")
    await all_say(tabs, ["afterwards", "while it was away", "before"])
    await leading(tabs)
    visit.trouble.clear()  # the browser's own words about a server that was away


_NONE = "delete Navigator.prototype.locks"
_REFUSED = "LockManager.prototype.request = () => Promise.reject(new DOMException('not here', 'SecurityError'))"


@pytest.mark.parametrize("locks", [_NONE, _REFUSED], ids=["none", "refused"])
async def test_without_locks_every_tab_has_its_own_connection(hall, visit, locks):
    await hall.says("before")
    first = await visit("e/nowhere", live=False)
    await first.context.add_init_script(locks)
    visit.trouble.clear()  # there is nothing at that address
    tabs = [await another(first, hall) for _ in range(2)]

    await hall.says("after")

    await all_say(tabs, ["after", "before"])
    assert await seated(hall) == 2
