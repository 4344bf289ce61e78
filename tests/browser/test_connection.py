"""What a reader's one connection does when things go wrong."""

import asyncio

import pytest

from tests.browser.page import TURN, open_streams, settle, some, tell, words

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_page_read_again_lets_its_old_connection_go(hall, visit):
    page = await visit("e/harbour26")
    await hall.says("the first")
    await page.wait_for_selector("text=the first")
    await page.wait_for_function("() => streams.at(-1).readyState === 1")
    assert await open_streams(page) == 1

    for _ in range(3):
        opened = await page.evaluate("streams.length")
        await tell(page, ("reset", "1", 1))
        await page.wait_for_function(f"() => streams.length > {opened} && streams.at(-1).readyState === 1")

    assert await open_streams(page) == 1


async def test_a_connection_that_hangs_is_not_called_live(hall, visit):
    await hall.says_each(some(3))
    page = await visit("e/harbour26")
    stuck = asyncio.Event()
    stuck.set()

    async def hang(route):
        if not stuck.is_set():
            await route.continue_()

    await page.clock.install()
    await page.route("**/stream?*", hang)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await page.clock.run_for(3_500)
    assert await page.get_attribute("[data-connection]", "data-state") == "reconnecting"

    stuck.clear()
    await page.clock.run_for(10_000)
    await page.wait_for_selector("[data-state=live]")
    await hall.says("heard again")
    await page.clock.resume()
    await page.wait_for_selector("text=heard again")
    assert await open_streams(page) == 1
    visit.trouble.clear()  # the browser's own words about an answer that never came


async def test_a_hidden_tab_stays_without_connection_when_the_network_returns(hall, visit):
    await hall.says("before")
    page = await visit("e/harbour26")
    await page.clock.install()
    await page.evaluate(TURN, True)
    await page.clock.run_for(61_000)

    await page.evaluate("dispatchEvent(new Event('online'))")
    await settle(page)
    assert await open_streams(page) == 0

    await page.evaluate(TURN, False)
    await page.wait_for_selector("[data-state=live]")
    await page.clock.resume()
    await hall.says("afterwards")
    await page.wait_for_selector("text=afterwards")
    assert await words(page) == ["afterwards", "before"]
