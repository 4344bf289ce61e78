"""What a reader chose to see, and when: filters, a pause, the order of reading."""

import pytest

from tests.browser.page import PHONE, scroll, settle, some, words
from timeline.post import Media

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PICTURE = Media(kind="image", source_url="https://files.example/quay.jpg", alt="The quay", width=4, height=3)
IDLE = "[data-feed]:not([aria-busy])"


async def test_live_posts_obey_the_filter_and_an_edit_may_be_the_end_of_it(hall, visit):
    [ref] = await hall.says_each(["with the quay"], media=(PICTURE,))
    page = await visit("e/harbour26?media=1", size=PHONE)

    await hall.says("words alone")
    await hall.says("with the boats", media=(PICTURE,))
    await page.wait_for_selector("text=with the boats")
    assert await words(page) == ["with the boats", "with the quay"]
    await hall.says("without it now", ref=ref, published_at=hall.at(0), edited_at=hall.at(60))
    await page.wait_for_function("() => document.querySelectorAll('.card').length === 1")

    assert await words(page) == ["with the boats"]


async def test_nothing_flows_in_while_it_is_paused(hall, visit):
    [_, goes] = await hall.says_each(["the first", "goes"])
    page = await visit("e/harbour26")
    await page.keyboard.press("p")
    assert await page.get_by_role("button", name="Pause", pressed=True).is_visible()
    assert await page.text_content("[data-announce]") == "Paused. New posts wait until you ask for them."

    await hall.says("the second")
    await hall.removes(goes)
    await page.wait_for_selector("[data-pill] >> text=1 new post")
    await page.wait_for_function("() => document.querySelectorAll('.card').length === 1")
    assert await words(page) == ["the first"]
    await page.click("[data-pill]")
    assert await words(page) == ["the second", "the first"]
    await hall.says("the third")
    await page.wait_for_selector("[data-pill] >> text=1 new post")
    await page.keyboard.press("p")

    assert await words(page) == ["the third", "the second", "the first"]
    assert await page.is_hidden("[data-pill]")


async def test_read_from_the_beginning_new_posts_come_in_at_the_end(hall, visit):
    await hall.says_each(some(45))
    page = await visit("e/harbour26?order=oldest")
    assert (await words(page))[0].startswith("Post 0")
    await hall.says("not to be seen yet")
    while await page.locator("text=not to be seen yet").count() == 0:
        await scroll(page, 99_999)
        await page.wait_for_selector(IDLE)
    await hall.says("the last of all")
    await page.wait_for_selector("text=the last of all")
    await settle(page)

    shown = await words(page)
    assert [one.split()[1] for one in shown[:45]] == [str(number) for number in range(45)]
    assert shown[45:] == ["not to be seen yet", "the last of all"]
    assert await page.is_hidden("[data-pill]")


async def test_two_thousand_posts_are_read_down_and_up_in_a_window(hall, visit):
    await hall.says_each([f"Post {number}" for number in range(420)])
    page = await visit("e/harbour26")

    async def read_until(words_of_it, by):
        while await page.locator(f".words >> text=/^{words_of_it} /").count() == 0:
            await scroll(page, by)
            await page.wait_for_selector(IDLE)
            assert await page.locator(".card").count() <= 200

    await read_until("Post 0", 999_999)
    shown = [int(one.split()[1]) for one in await words(page)]
    assert shown == list(range(shown[0], -1, -1))
    assert shown[0] < 419
    await read_until("Post 419", 0)
    shown = [int(one.split()[1]) for one in await words(page)]
    assert shown == list(range(419, shown[-1] - 1, -1))
    await scroll(page, 0)
    await hall.says("flows in again")
    await page.wait_for_selector("text=flows in again")

    assert (await words(page))[0] == "flows in again"
    assert await page.is_hidden("[data-pill]")
