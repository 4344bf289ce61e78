"""What all pages share, for everybody: narrow, enlarged, spaced out, by touch, by keyboard, in both directions."""

import pytest
from axe_playwright_python.async_playwright import Axe

from tests.browser.hall import TOKEN
from tests.browser.page import DESKTOP
from tests.dashboard import pseudo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
SMALLEST = (320, 700)
PUBLIC = ("desk/sign-in", "", "e/nowhere", "p/1", "about/privacy", "e/harbour26/highlights")
STAFF = ("desk", "desk/harbour26/sources")

SPACED = """() => [...document.querySelectorAll('body *')].forEach(
  ({ style }) => { style.lineHeight = '1.5'; style.letterSpacing = '.12em'; style.wordSpacing = '.16em' })"""
SMALL = """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden])')].filter((one) => {
  const box = one.getBoundingClientRect()
  if (!box.height || getComputedStyle(one).display === 'inline' || one.closest('.skip, .card, noscript')) return false
  scrollTo(0, scrollY + box.top - 300)
  const { left, top, width, height } = one.getBoundingClientRect()
  const hits = (x, y) => one.contains(document.elementFromPoint(x, y)?.closest('a, button, summary, input'))
    || one.labels?.[0]?.contains(document.elementFromPoint(x, y))
  return !hits(left + width / 2, top + height / 2 - 21) || !hits(left + width / 2, top + height / 2 + 21)
}).map((one) => one.outerHTML.slice(0, 120))"""
UNSEEN = """() => {
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement)
  return outlineStyle === 'none' || parseFloat(outlineWidth) < 2 ? document.activeElement.outerHTML.slice(0, 120) : ''
}"""


async def violations(page):
    found = await Axe().run(page)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found.response["violations"]]


async def faults(page, path, width):
    """What stands in somebody's way on this page."""
    found = await violations(page)
    found += [(path, "too small to touch", html) for html in await page.evaluate(SMALL)]
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    if await page.evaluate("document.documentElement.scrollWidth") > width:
        found.append((path, "runs off the side at 200 %"))
    await page.evaluate("document.documentElement.style.fontSize = ''")
    await page.evaluate(SPACED)
    if await page.evaluate("document.documentElement.scrollWidth") > width:
        found.append((path, "runs off the side when spaced out"))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_that_pages_share_stands_in_anybodys_way(hall, visit, monkeypatch, scheme):
    """One walk, in a language that runs the other way, and at the smallest size: what holds there holds elsewhere."""
    pseudo.speak(monkeypatch)
    await hall.says("the first")
    page = await visit("desk/sign-in", live=False, size=SMALLEST, scheme=scheme, has_touch=True, bypass_csp=True)
    await page.context.add_cookies([{"name": "lang", "value": pseudo.TAG, "url": hall / ""}])
    found = []
    for path in (*PUBLIC, *STAFF):
        if path == STAFF[0]:
            await page.goto(hall / "desk/sign-in")
            await page.fill("#token", TOKEN)
            await page.press("#token", "Enter")
            await page.wait_for_selector(".rows")
        await page.goto(hall / path)
        assert await page.evaluate("document.documentElement.dir") == "rtl"
        found += await faults(page, path, SMALLEST[0])
    visit.trouble[:] = [told for told in visit.trouble if "404" not in told]

    assert found == []


async def test_every_stop_of_the_keyboard_can_be_seen_and_the_first_leads_to_what_matters(hall, visit):
    page = await visit("desk/sign-in", live=False, size=DESKTOP)
    await page.goto(hall / "e/nowhere")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.matches('.skip') && document.activeElement.offsetHeight > 0")
    await page.keyboard.press("Enter")
    assert await page.evaluate("location.hash.slice(1) === document.querySelector('main').id")
    await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    unseen = []
    for _ in range(12):
        await page.keyboard.press("Tab")
        unseen.append(await page.evaluate(UNSEEN))
    visit.trouble[:] = [told for told in visit.trouble if "404" not in told]

    assert [html for html in unseen if html and not html.startswith("<body")] == []


async def test_a_language_is_chosen_without_scripts_and_kept(hall, visit):
    page = await visit("", live=False, java_script_enabled=False)
    await page.get_by_role("button", name="Deutsch").click()
    assert await page.get_attribute("html", "lang") == "de"
    await page.goto(hall / "desk/sign-in")
    assert await page.get_by_role("button", name="Anmelden").is_visible()
    await page.get_by_role("button", name="English").click()
    assert await page.get_attribute("html", "lang") == "en-GB"
