"""What a hall sees on the projector wall, and what it never does."""

import itertools

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from sqlalchemy import update

from storage import items as stored
from storage import sources, walls
from storage.tables import items
from tests.browser.page import settle, tell
from tests.factories import MINUTE, NETWORKS, a_source

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HALL = (1920, 1080)
BEAT_MS = 12_000
SIZES = {"hall": HALL, "4K": (3840, 2160), "portrait": (1080, 1920)}
SHOWN = "() => [...document.querySelectorAll('.wall__column .slip__words')].map((words) => words.textContent.trim())"
SPILLING = """() => [...document.querySelectorAll('.slip, .wall__column, .wall__side, .wall__cards')]
  .filter((box) => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1)
  .map((box) => `${box.className} ${box.scrollWidth}x${box.scrollHeight} in ${box.clientWidth}x${box.clientHeight}`)"""
_HELD_BACK = """
window.held = []
document.startViewTransition = (act) => {
  held.push(act)
  return { ready: Promise.resolve(), finished: Promise.resolve(), skipTransition() {} }
}"""
_AWAKE = """
window.asked = 0
const request = async () => { asked++; return { released: true } }
Object.defineProperty(navigator, 'wakeLock', { value: { request } })"""
_PATIENT = "AbortSignal.timeout = () => new AbortController().signal"
ODD = [
    "🦭🦭", "Kom", "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnungsentwurf" * 2, "港" * 120,
    "مرحبا بكم في الميناء، القهوة جاهزة عند الباب الشرقي والجميع مدعوون", "W" * 170, "Tea is served. " * 11,
    "One\ntwo\nthree\nfour\nfive\nsix", "https://a.example/" + "long/" * 40, "A\u200dB \u202e reversed \u202c",
]  # fmt: skip


def a_card(number, words="", *, highlight=False):
    """A card as the stream brings it."""
    picked = f' data-highlight="{number}"' if highlight else ""
    return (
        f'<article class="slip{" slip--highlight" if highlight else ""}" id="item-{number}" data-at="{number}"'
        f' data-since="{number}" data-seq="{number}" data-size="short"{picked}>'
        f'<p class="slip__words">{words or f"Card {number}"}</p></article>'
    )


@pytest_asyncio.fixture(loop_scope="session")
async def trusted(hall):
    """The hall, everything in it checked: somebody trusts its sources."""
    told = [a_source(kind=kind, event_id=hall.event.id, trusted=True) for kind in NETWORKS]
    await hall.store.write(sources.sync, hall.event.id, told, origin="command", at=hall.base)
    return hall


@pytest_asyncio.fixture(loop_scope="session")
async def wall(visit, hall):
    """``await wall(query)`` opens the wall; with ``clock`` its timers go only as they are told."""

    async def open_wall(query="", *, size=HALL, clock=False, init="", on="", act=None, **more):
        page = await visit("desk/sign-in", size=size, live=False, **more)
        await page.add_init_script(init)
        if on:
            await page.route(on, act)
        if clock:
            await page.clock.install()
            await page.add_init_script(_PATIENT)  # the clock leaps, and would leave no time for a server to answer
        await page.goto(hall / f"e/harbour26/wall?{query}")
        await page.wait_for_selector(".wall__column .slip, .wall__blank")
        await page.wait_for_function("() => streams.at(-1)?.readyState === 1")
        await page.evaluate("document.fonts.ready")
        return page

    return open_wall


async def change(hall, where, kind="item.changed", **values):
    """What the desk does to posts."""
    at = hall.base + 3 * 60 * MINUTE

    def do(writing):
        for item_id in writing.execute(update(items).where(where).values(**values).returning(items.c.id)).scalars():
            writing.record(kind, hall.event.id, item_id, at)

    await hall.store.write(do)


async def highlight(hall, *ids):
    await change(hall, items.c.id.in_(ids), highlighted_at=hall.base + 2 * 60 * MINUTE)


async def test_what_nobody_checked_never_appears(hall, trusted, wall, visit):
    await trusted.says_each(["checked one", "checked two", "checked three"])
    page = await wall(clock=True)
    told = [a_source(kind=kind, event_id=hall.event.id) for kind in NETWORKS]
    await hall.store.write(sources.sync, hall.event.id, told, origin="command", at=hall.base)
    await hall.says_each([f"unchecked {number}" for number in range(30)])
    await change(hall, items.c.id == 3, note="told later")  # behind them in the stream
    timeline = await visit("e/harbour26")
    assert "unchecked 29" in await timeline.inner_text("[data-feed]")  # they were there to leak

    for _ in range(12):
        await page.clock.run_for(BEAT_MS)
        assert "unchecked" not in await page.inner_text("main")
    assert sorted(await page.evaluate(SHOWN)) == ["checked one", "checked three", "checked two"]


async def test_a_hidden_post_leaves_while_many_arrive(trusted, wall):
    await trusted.says_each([f"stands {number}" for number in range(6)])
    page = await wall()
    gone = (await page.locator(".wall__column .slip").first.get_attribute("id")).removeprefix("item-")
    for _ in range(3):
        await trusted.says_each([f"arrives {number}" for number in range(25)])

    await change(trusted, items.c.id == int(gone), "item.removed", state="hidden")
    await trusted.says_each([f"arrives later {number}" for number in range(25)])

    await page.wait_for_selector(f"#item-{gone}", state="detached")
    assert await page.locator(".wall__column .slip").count() > 0


async def test_one_card_gives_way_at_a_time(trusted, wall):
    await trusted.says_each([f"Stands {number}, saying a little more than that" for number in range(8)])
    page = await wall(clock=True)
    await page.clock.run_for(1_000)
    before = await page.evaluate(SHOWN)
    await trusted.says("The newest of all, saying a little more as well")
    await trusted.store.read(stored.counts, trusted.event.id)
    await page.clock.run_for(1_000)
    assert await page.evaluate(SHOWN) == before

    await page.clock.run_for(BEAT_MS)
    await page.wait_for_selector("text=The newest of all")
    after = await page.evaluate(SHOWN)
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


async def test_a_quiet_wall_shows_again_what_it_has_shown(trusted, wall):
    await trusted.says_each([f"Said {number}, and then for a while nothing more" for number in range(12)])
    page = await wall(clock=True, reduced_motion="reduce")
    seen = []
    for _ in range(16):
        await page.clock.run_for(BEAT_MS)
        seen.append(tuple(await page.evaluate(SHOWN)))
    assert all(now != then for now, then in itertools.pairwise(seen))
    assert len({words for shown in seen for words in shown}) == 12


async def test_what_is_cleared_leaves_at_once_and_undoing_brings_it_back(trusted, wall):
    await trusted.says_each(["one", "two", "three"])
    page = await wall()

    await trusted.store.write(walls.clear, trusted.event.id, at=trusted.base + 9 * 60 * MINUTE)
    await page.wait_for_selector(".wall__blank")
    assert "#harbour26" in await page.inner_text(".wall__blank")

    await trusted.store.write(walls.undo_clear, trusted.event.id, at=trusted.base)
    await page.wait_for_selector(".wall__column .slip")


async def test_clearing_takes_what_has_long_stood_there_too(trusted, wall):
    await trusted.says_each(["stood", "stood too"])
    page = await wall()
    await tell(page, *[("post", a_card(4_000_000_000_000 + n), 1_000 + n) for n in range(100)])
    assert "stood" in await page.inner_text("[data-cards]")

    await tell(page, ("clear", '{"before": 9000000000000}', 2_000))

    await page.wait_for_selector(".wall__blank")


async def test_what_is_removed_while_a_change_waits_for_its_frame_never_appears(trusted, wall):
    await trusted.says_each(["one", "two", "three"])
    page = await wall(clock=True, init=_HELD_BACK)
    await tell(page, ("post", a_card(9_000_000_000_000, "a slip of the tongue"), 1_000))
    await page.clock.run_for(BEAT_MS)
    await tell(page, ("remove", '{"id":"9000000000000"}', 1_001))

    await page.evaluate("held.splice(0).forEach((act) => act())")

    assert sorted(await page.evaluate(SHOWN)) == ["one", "three", "two"]


async def test_the_first_post_takes_the_place_of_the_invitation(trusted, wall):
    page = await wall()
    assert await page.locator(".wall__blank svg").count() == 1

    await trusted.says("the very first")

    await page.wait_for_selector("text=the very first")
    assert await page.locator(".wall__blank").count() == 0


async def test_a_wall_that_lost_its_link_says_so_and_keeps_only_highlights(trusted, wall, visit):
    await trusted.says_each(["plain one", "picked", "plain two"])
    await highlight(trusted, 2)
    page = await wall(clock=True)

    await trusted.stop()
    await page.wait_for_function("() => streams.at(-1).readyState !== 1")
    await page.clock.run_for(4_000)
    assert (await page.inner_text("[data-link]")).startswith("Showing posts up to ")
    assert len(await page.evaluate(SHOWN)) == 3
    await page.clock.run_for(30_000)
    await page.wait_for_function("() => document.querySelectorAll('.wall__column .slip').length === 1")
    assert await page.evaluate(SHOWN) == ["picked"]

    await trusted.start()
    await page.clock.run_for(20_000)
    await page.wait_for_function("() => streams.at(-1).readyState === 1")
    await page.clock.run_for(4_000)
    await page.wait_for_function("() => document.querySelectorAll('.wall__column .slip').length === 3")
    assert await page.is_hidden("[data-link]")
    visit.trouble.clear()  # the browser's own words about a server that was away


async def test_a_link_that_is_dead_without_a_word_is_noticed(trusted, wall, visit):
    await trusted.says_each(["plain one", "picked", "plain two"])
    await highlight(trusted, 2)
    page = await wall(clock=True)
    for address in ("report", "stream*"):  # what is open stays open: nobody hangs up
        await page.route(f"**/wall/{address}", lambda route: route.abort())

    async with page.expect_event("requestfailed", lambda request: "/stream" in request.url):
        await page.clock.run_for(12_000)
    await page.clock.run_for(30_000)

    await page.wait_for_function("() => document.querySelectorAll('.wall__column .slip').length === 1")
    assert await page.evaluate(SHOWN) == ["picked"]
    assert await page.is_visible("[data-link]")
    visit.trouble.clear()  # the browser's own words about a server that was away


@pytest.mark.parametrize("layout", ["columns", "masonry", "single"])
async def test_nothing_spills_at_any_size(trusted, wall, layout):
    await trusted.says_each(ODD)
    await highlight(trusted, 3, 7)
    for name, size in SIZES.items():
        page = await wall(f"layout={layout}", size=size, clock=True, reduced_motion="reduce")
        for _ in range(len(ODD) if layout == "single" else 3):
            assert await page.evaluate(SPILLING) == [], name
            await page.clock.run_for(BEAT_MS)
        await page.context.close()


async def test_memory_and_document_stay_bounded(trusted, wall):
    await trusted.says("the first")
    page = await wall(clock=True, reduced_motion="reduce")
    devtools = await page.context.new_cdp_session(page)

    async def heap_mb():
        await devtools.send("HeapProfiler.collectGarbage")
        return (await devtools.send("Runtime.getHeapUsage"))["usedSize"] / 1e6

    sizes = []
    for start in range(1_000, 3_000, 100):
        await tell(page, *[("post", a_card(n, highlight=n % 20 == 0), n) for n in range(start, start + 100)])
        await page.clock.run_for(BEAT_MS)
        sizes.append(await heap_mb())
    assert max(sizes[10:]) < min(sizes[5:10]) + 3
    assert await page.evaluate("document.querySelectorAll('*').length") < 1_000


async def test_settings_are_kept_in_the_address(trusted, wall):
    await trusted.says_each([f"Said {number}" for number in range(9)])
    page = await wall()
    assert await page.is_hidden("[data-gear]")
    await page.mouse.move(400, 400)
    await page.wait_for_selector("[data-gear]", state="visible")
    await page.keyboard.press("s")
    await page.select_option("[name=layout]", "masonry")
    await page.select_option("[name=theme]", "light")
    await page.fill("[name=name]", "Foyer")
    await page.uncheck("[name=show][value=sponsors]")
    await page.keyboard.press("Escape")

    assert page.url.partition("?")[2] == "layout=masonry&theme=light&name=Foyer&show=timeline%2Chighlights"
    assert await page.get_attribute("[data-wall]", "data-layout") == "masonry"
    await page.reload()
    assert await page.get_attribute("[data-wall]", "data-layout") == "masonry"
    assert await page.evaluate("document.documentElement.dataset.theme") == "light"


async def test_an_overlay_is_one_card_over_nothing(trusted, wall):
    await trusted.says_each(["one", "two", "three"])
    page = await wall("transparent=1")
    await settle(page)
    assert await page.locator(".slip:visible").count() == 1
    assert await page.locator(".wall__side:visible, .wall__foot:visible").count() == 0
    corner = await page.screenshot(omit_background=True, clip={"x": 0, "y": 0, "width": 8, "height": 8})
    alpha = """async (bytes) => {
      const canvas = new OffscreenCanvas(8, 8).getContext('2d')
      canvas.drawImage(await createImageBitmap(new Blob([new Uint8Array(bytes)])), 0, 0)
      return canvas.getImageData(0, 0, 8, 8).data[3]
    }"""
    assert await page.evaluate(alpha, list(corner)) == 0


async def test_sponsors_have_their_turn(trusted, wall):
    await trusted.says_each([f"Said {number}" for number in range(8)])

    async def with_sponsors(route):
        answer = await route.fetch()
        there = "<template data-sponsors>"
        picture = '<img src="/e/harbour26/qr.svg" alt="The harbour authority">'
        await route.fulfill(response=answer, body=(await answer.text()).replace(there, there + picture))

    page = await wall(clock=True, reduced_motion="reduce", on="**/wall?*", act=with_sponsors)
    assert await page.locator(".wall__slide").count() == 0
    await page.clock.run_for(11 * BEAT_MS)
    assert await page.locator(".wall__slide [alt='The harbour authority']").count() == 1
    await page.clock.run_for(2 * BEAT_MS)
    assert await page.locator(".wall__column .slip").count() > 3


async def test_the_screen_is_kept_awake_and_asked_for_again(trusted, wall):
    page = await wall(init=_AWAKE)
    await page.wait_for_function("() => asked === 1")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.wait_for_function("() => asked === 2")


async def test_an_event_that_is_withdrawn_leaves_the_wall(trusted, wall, visit):
    await trusted.says_each(["one", "two", "three"])
    page = await wall(clock=True)
    await page.route("**/wall?fragment=foot*", lambda route: route.fulfill(status=404))
    await page.clock.run_for(60_100)
    await page.wait_for_selector(".wall__blank", timeout=20_000)
    visit.trouble.clear()  # the 404 itself


async def test_a_script_that_fails_begins_anew_once_the_server_answers(trusted, wall, visit):
    await trusted.says_each(["one", "two", "three"])
    page = await wall(clock=True)
    await page.evaluate("window.here = true; queueMicrotask(() => { throw new Error('broken') })")
    await page.clock.run_for(10)
    async with page.expect_navigation():
        await page.clock.run_for(6_000)
    await page.wait_for_selector(".wall__column .slip")
    assert await page.evaluate("window.here") is None
    visit.trouble.clear()  # the error itself


async def test_a_wall_of_another_version_loads_the_page_again(trusted, wall):
    await trusted.says_each(["one", "two", "three"])
    page = await wall(
        clock=True, init="Math.random = () => 0.01"
    )  # it comes soon, not somewhen in a quarter of a minute
    await page.route("**/wall?fragment=foot*", lambda route: route.fulfill(body='<div data-version="other"></div>'))
    async with page.expect_navigation():
        await page.clock.run_for(60_100)


@pytest.mark.parametrize("query", ["", "layout=masonry&theme=light"])
async def test_axe_finds_nothing_on_a_wall(trusted, wall, query):
    await trusted.says_each([f"Said {number}" for number in range(8)])
    await highlight(trusted, 3)
    page = await wall(query)
    await page.mouse.move(400, 400)
    found = await Axe().run(page)
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found.response["violations"]] == []
