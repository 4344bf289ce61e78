"""What a reader with an open page sees happen."""

import pytest

from tests.browser.page import DESKTOP, PHONE, TOPMOST, TURN, scroll, settle, shifts, some, tell, words
from tests.factories import SECOND

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
both_sizes = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


async def test_a_new_post_appears_by_itself(hall, visit):
    await hall.says("the first")
    page = await visit("e/harbour26")

    await hall.says("the second")

    await page.wait_for_selector("text=the second")
    assert await words(page) == ["the second", "the first"]
    positions = "() => [...document.querySelectorAll('[data-feed] > article')].map((card) => card.ariaPosInSet)"
    assert await page.evaluate(positions) == ["1", "2"]


@both_sizes
async def test_new_posts_wait_while_somebody_reads(hall, visit, size):
    await hall.says_each(some(20))
    page = await visit("e/harbour26", size=size)
    await scroll(page, 700)
    before = await page.evaluate(TOPMOST)

    await hall.says_each(["new one", "new two", "new three"])
    await page.wait_for_selector("text=3 new posts")
    await settle(page)

    assert await page.evaluate(TOPMOST) == before
    await page.click("[data-pill]")
    assert (await words(page))[:3] == ["new three", "new two", "new one"]
    assert await page.evaluate("document.activeElement === document.querySelector('.card')")
    assert await page.is_hidden("[data-pill]")


@both_sizes
async def test_an_edit_replaces_the_words_and_moves_nothing(hall, visit, size):
    refs = await hall.says_each(some(20))
    page = await visit("e/harbour26", size=size)
    await scroll(page, 900)
    before = await page.evaluate(TOPMOST)

    longer = "mended " + "and now it is a good deal longer than it was " * 8
    await hall.says(longer, ref=refs[-1], published_at=hall.at(19), edited_at=hall.at(60))
    await page.wait_for_selector("text=mended", state="attached")
    await settle(page)

    assert await page.evaluate(TOPMOST) == before
    assert [said.split()[:2] for said in (await words(page))[:2]] == [["mended", "and"], ["Post", "18"]]
    assert await page.locator(".card").count() == 20


async def test_a_removed_post_leaves_and_hands_the_focus_on(hall, visit):
    refs = await hall.says_each(["stays", "goes", "stays too"])
    page = await visit("e/harbour26")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    focused = "() => document.activeElement.querySelector('.words').textContent.trim()"
    assert await page.evaluate(focused) == "goes #harbour26"

    await hall.removes(refs[1])

    await page.wait_for_function("() => document.querySelectorAll('.card').length === 2")
    assert await words(page) == ["stays too", "stays"]
    assert await page.evaluate(focused) == "stays #harbour26"


async def test_a_removal_moves_nothing_that_is_read(hall, visit):
    refs = await hall.says_each(some(20))
    page = await visit("e/harbour26")
    await scroll(page, 700)
    [first, _] = await page.evaluate(TOPMOST)
    below = f"() => document.getElementById('{first}').nextElementSibling.getBoundingClientRect().top"
    second = await page.evaluate(f"() => document.getElementById('{first}').nextElementSibling.id")
    before = await page.evaluate(below)

    await hall.removes(refs[int(first.removeprefix("item-")) - 1])
    await page.wait_for_selector(f"#{first}", state="detached")

    assert await page.evaluate(f"() => document.getElementById('{second}').getBoundingClientRect().top") == before


async def test_a_late_post_takes_its_place_and_is_not_counted(hall, visit):
    await hall.says_each(some(20))
    page = await visit("e/harbour26")
    await scroll(page, 1200)
    before = await page.evaluate(TOPMOST)

    await hall.says("federated late", published_at=hall.at(18) + SECOND / 2, backfill=False)
    await page.wait_for_selector("text=federated late", state="attached")
    await settle(page)

    assert await page.evaluate(TOPMOST) == before
    assert await page.is_hidden("[data-pill]")
    assert (await words(page)).index("federated late") == 1
    assert (await page.text_content("[data-late] .late")).startswith("Arrived late, ")


async def test_nothing_is_lost_or_twice_when_the_server_restarts(hall, visit):
    await hall.says("before")
    page = await visit("e/harbour26")
    await page.clock.install()

    await hall.stop()
    await page.wait_for_event("requestfailed")
    await hall.says("while it was away")
    await page.clock.run_for(4_000)
    assert await page.inner_text("[data-connection]") == "Reconnecting"
    await hall.start()
    await page.clock.run_for(20_000)
    await page.wait_for_selector("[data-state=live]")
    await hall.says("afterwards")
    await page.wait_for_selector("text=afterwards")

    assert await words(page) == ["afterwards", "while it was away", "before"]
    visit.trouble.clear()  # the browser's own words about a server that was away


@both_sizes
async def test_the_page_says_that_it_is_offline_and_moves_nothing(hall, visit, size):
    await hall.says_each(some(20))
    page = await visit("e/harbour26", size=size)
    await page.clock.install()
    await shifts(page)
    await page.context.set_offline(True)
    await page.clock.run_for(11_000)

    notice = page.locator(".notice:visible")
    assert await notice.count() == 1
    said = await notice.text_content()
    assert said.startswith("You are offline. Showing 20 posts up to ")
    assert await page.text_content("[data-announce]") == said
    await page.context.set_offline(False)
    await page.wait_for_selector("[data-state=live]")
    assert await notice.count() == 0
    await page.clock.resume()
    assert await shifts(page) == []
    visit.trouble.clear()  # the browser's own words about a network that was away


async def test_a_hidden_page_lets_go_and_misses_nothing(hall, visit):
    await hall.says("before")
    page = await visit("e/harbour26")
    await page.clock.install()

    async with page.expect_event("requestfailed", lambda request: "/stream?" in request.url):
        await page.evaluate(TURN, True)
        await page.clock.run_for(61_000)
    await hall.says("while it was hidden")
    await settle(page)
    assert await words(page) == ["before"]
    await page.evaluate(TURN, False)
    await page.clock.resume()
    await page.wait_for_selector("text=while it was hidden")

    assert await words(page) == ["while it was hidden", "before"]
    await page.wait_for_selector("[data-announce]:text-is('1 new post')", state="attached")


async def test_the_first_post_turns_the_waiting_page_into_a_timeline(hall, visit):
    page = await visit("e/harbour26")
    assert await page.text_content("main h2") == "No posts yet. Here is what we are listening to."
    await page.evaluate("window.same = true")

    await hall.says("at last")
    await page.wait_for_selector("text=at last")
    await page.wait_for_selector("[data-state=live]")
    await hall.says("and again")
    await page.wait_for_selector("text=and again")

    assert await page.evaluate("window.same")
    assert await words(page) == ["and again", "at last"]


async def test_a_long_day_keeps_two_hundred_cards_and_loses_none(hall, visit):
    await hall.says_each(some(30))
    page = await visit("e/harbour26")
    for start in range(30, 330, 60):
        await hall.says_each(some(60, start))
        await page.wait_for_selector(f"text=Post {start + 59}", state="attached")
    await page.wait_for_function("() => document.querySelectorAll('.card').length === 200")

    told = await words(page)
    older = page.get_by_role("link", name="Older posts")
    while await older.count():
        last, lowest = (
            (await words(page))[-1],
            await page.evaluate("document.querySelector('[data-feed]').lastElementChild.id"),
        )
        await scroll(page, 999_999)
        await page.wait_for_function(f"() => document.querySelector('[data-feed]').lastElementChild.id !== '{lowest}'")
        await page.wait_for_selector("[data-feed]:not([aria-busy])")
        shown = await words(page)
        assert len(shown) <= 200
        told += shown[shown.index(last) + 1 :]

    assert [int(said.split()[1]) for said in told] == list(range(329, -1, -1))
    assert await page.get_by_text("This is where the timeline begins.").is_visible()


async def test_a_chosen_network_stays_chosen(hall, visit):
    await hall.says("from the one")
    await hall.says("from the other", network="bluesky")
    page = await visit("e/harbour26")
    await page.keyboard.press("2")
    await page.wait_for_url("**/e/harbour26?network=bluesky")
    await page.wait_for_selector("[data-state=live]")

    await hall.says("not for here")
    await hall.says("for this page", network="bluesky")
    await page.wait_for_selector("text=for this page")

    assert await words(page) == ["for this page", "from the other"]


async def test_nothing_of_an_event_that_is_withdrawn_stays_on_an_open_page(hall, visit):
    await hall.says("no longer for everybody")
    page = await visit("e/harbour26")
    await page.route("**/e/harbour26", lambda route: route.fulfill(status=404, body="There is no event here"))

    await tell(page, ("reset", "1", 1))

    await page.wait_for_selector("text=There is no event here")
    visit.trouble.clear()  # the 404 itself
