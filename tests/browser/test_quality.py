"""What every page keeps to: nothing shifts, nothing fails, everybody can read it, it is small."""

import gzip
import re

import aiohttp
import pytest
from axe_playwright_python.async_playwright import Axe

from tests.browser.page import DESKTOP, PHONE, scroll, settle, shifts, some, words
from timeline.post import Card, Counts, Media, Poll, PollOption

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
both_sizes = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])

KB = 1024


async def every_form_of_post(hall):
    """Twenty posts."""
    picture = Media(kind="image", source_url="https://files.example/a.jpg", alt="The quay at noon", width=4, height=3)
    await hall.says_each(some(12), counts=Counts(replies=1, boosts=2, likes=3))
    await hall.says("with a picture", media=(picture,))
    await hall.says("with many", media=(picture,) * 6)
    await hall.says("with a warning", content_warning="Talk of job losses")
    await hall.says("that is sensitive", media=(picture,), sensitive=True)
    await hall.says("long " * 400, network="bluesky")
    await hall.says("with a link", card=Card(url="https://a.example/x", title="What it says", description="In short"))
    await hall.says("asking", poll=Poll(options=(PollOption(text="This", votes=3), PollOption(text="That", votes=1))))
    await hall.says("An article", network="feed", title="Notes from the harbour", url="https://blog.example/notes")


async def violations(page):
    found = await Axe().run(page)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found.response["violations"]]


@both_sizes
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_a_timeline(hall, visit, size, scheme):
    await every_form_of_post(hall)
    page = await visit("e/harbour26", size=size, scheme=scheme)
    await page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")

    assert await violations(page) == []


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["light", "dark"])
async def test_axe_finds_nothing_on_other_pages(hall, visit, size, scheme):
    page = await visit("e/harbour26", size=size, scheme=scheme)
    assert (await page.text_content("main h2")).startswith("No posts yet.")
    assert await violations(page) == []
    await hall.says("the first")
    for path in ("", "p/1", "e/nowhere"):
        await page.goto(hall / path)
        assert await violations(page) == []
    visit.trouble[:] = [told for told in visit.trouble if "404" not in told]


@both_sizes
async def test_nothing_shifts_while_a_page_loads(hall, visit, size):
    await every_form_of_post(hall)
    page = await visit("e/harbour26", size=size)

    # 0.00 as every tool prints it: the face comes before the first paint, but nothing waits for it
    assert sum(moved for moved, _ in await shifts(page)) < 0.001


async def test_nothing_shifts_while_posts_arrive(hall, visit):
    await hall.says_each(some(20))
    page = await visit("e/harbour26")
    await shifts(page)
    for number in ("one", "two", "three"):
        await hall.says(f"arrived {number}")
        await page.wait_for_selector(f"text=arrived {number}")
        await settle(page)
    await scroll(page, 600)
    await hall.says("arrived unseen")
    await page.wait_for_selector("text=1 new post")

    assert await shifts(page) == []


async def test_a_page_without_scripts_reads_and_pages(hall, visit):
    await hall.says_each(some(45))
    page = await visit("e/harbour26", java_script_enabled=False, live=False)
    seen = []
    for pages in range(3):
        said = await page.locator("[data-feed] > article .words").all_text_contents()
        seen += [int(one.split()[1]) for one in said]
        if pages < 2:
            await page.get_by_role("link", name="Older posts").click()

    assert seen == list(range(44, -1, -1))
    assert await page.get_by_role("link", name="Older posts").count() == 0
    await page.get_by_role("link", name="Back to the newest posts").click()
    assert await page.get_by_role("link", name="Refresh").is_visible()


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280])
async def test_nothing_runs_off_the_side(hall, visit, width):
    await every_form_of_post(hall)
    page = await visit("e/harbour26", size=(width, 800))
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_a_long_title_gives_way_to_the_state_of_the_connection(hall, visit):
    await hall.says("hello")
    page = await visit("e/harbour26", size=PHONE)
    await page.evaluate("document.querySelector('.top__event').textContent = 'Harbour Towns and Cities 2026'")
    lines = "([one]) => one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)"
    cut = "(name) => [document.querySelector(name)].some((one) => one.scrollWidth > one.clientWidth)"
    assert round(await page.locator(".top__event").evaluate_all(lines)) == 2
    assert await page.evaluate(cut, "[data-fine]") is False


async def test_the_first_view_keeps_to_its_budget(hall):
    await every_form_of_post(hall)
    async with aiohttp.ClientSession(headers={"Accept-Encoding": "gzip"}, auto_decompress=False) as session:

        async def read(path):
            async with session.get(hall / path.lstrip("/")) as answer:
                assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
                return await answer.read()

        html = await read("e/harbour26")
        page = gzip.decompress(html).decode()
        css = await read(re.search(r"/static/\w+/site\.css", page)[0])
        scripts = [await read(script) for script in set(re.findall(r"/static/\w+/js/\w+\.js", page))]
        icons = await read(re.search(r"/static/\w+/icons\.svg", page)[0])

    assert (page.count("<article"), len(scripts)) == (20, 14)
    assert len(html) <= 12 * KB
    assert len(css) <= 12 * KB
    assert len(html) + len(css) <= 24 * KB
    assert sum(map(len, scripts)) <= 14 * KB
    assert len(icons) <= 4 * KB


async def test_the_theme_is_remembered_and_drawn_at_once(hall, visit):
    await hall.says("hello")
    page = await visit("e/harbour26")
    await page.click("[data-theme-switch]")

    again = await page.request.get(hall / "e/harbour26")

    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert 'data-theme="dark"' in await again.text()
    assert await words(page) == ["hello"]
