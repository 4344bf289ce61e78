"""Every page at every size, light and dark: axe finds nothing, nothing runs off the side, nothing leaves the site."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.async_playwright import Axe
from sqlalchemy import update

from dashboard.routes import routes
from storage import events
from storage.tables import items
from tests.browser.test_quality import every_form_of_post
from tests.factories import an_event

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PAGES = {
    "/": "/",
    "/about/privacy": "/about/privacy",
    "/e/{slug}": "/e/harbour26",
    "/e/{slug}?network": "/e/harbour26?network=bluesky&media=1",
    "/e/{slug}?order": "/e/harbour26?order=oldest",
    "/e/{slug} to come": "/e/winter26",
    "/e/{slug} that is over": "/e/spring26",
    "/e/{slug}/embed": "/e/harbour26/embed",
    "/e/{slug}/highlights": "/e/harbour26/highlights",
    "/e/{slug}/poster": "/e/harbour26/poster",
    "/e/{slug}/search": "/e/harbour26/search?q=says",
    "/e/{slug}/wall": "/e/harbour26/wall",
    "/p/{id}": "/p/1",
    "/offline": "/offline",
    "/desk/sign-in": "/desk/sign-in",
    "nothing": "/e/nowhere",
}
ELSEWHERE = {  # pages that are held to the same in a test of their own, and what is no page
    "/desk": "tests/browser/test_shared.py",
    "/desk/{slug}": "tests/browser/test_shared.py",
    "/desk/{slug}/sources": "tests/browser/test_sources.py",
    "/desk/{slug}/walls": "tests/browser/test_walls.py",
    "/{slug}": "leads to an event",
    "/{slug}/": "leads to an event",
}
NO_PAGE = re.compile(
    r"/(api|static|media|websub|healthz|readyz|metrics|oembed)\b|/(copy|stream|logo|picture)\Z|/sponsors/"
    r"|\.(atom|rss|json|ics|xml|txt|opml|svg|css|js|webmanifest)\Z"
)
PARAMETER = re.compile(r"\{(\w+):[^{}]*(?:\{[^{}]*\})?[^{}]*\}")
SIZES = [(390, 844), (768, 1024), (1440, 900), (1920, 1080)]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}


async def an_hour_of_everything(hall):
    """Every form of post, two of them highlighted, one pinned; an event to come and one that is over."""
    await every_form_of_post(hall)
    now = datetime.now(UTC)
    for slug, days in (("winter26", 30), ("spring26", -90)):
        at = now + timedelta(days=days)
        told = {"starts_at": at, "ends_at": at + timedelta(days=1), "collect_from": at, "collect_until": at}
        await hall.store.write(events.save, an_event(slug=slug, **told), origin="command", at=now)
    picked = update(items).where(items.c.id.in_((2, 3))).values(highlighted_at=now, phrase="Post", checked=True)
    pinned = update(items).where(items.c.id == 4).values(pinned_at=now, checked=True)
    for change in (picked, pinned):
        await hall.store.write(lambda writing, change=change: writing.execute(change) and None)


@pytest.mark.parametrize("size", SIZES, ids=[str(width) for width, _ in SIZES])
@pytest.mark.timeout(300)
async def test_every_page_is_for_everybody_at_every_size(hall, visit, size):
    await an_hour_of_everything(hall)
    page = await visit("", size=size, live=False, reduced_motion="reduce")
    page.set_default_timeout(30_000)
    axe, wrong = Axe(), {}
    for name, path in PAGES.items():
        await page.emulate_media(color_scheme="light")
        await page.goto(hall / path.removeprefix("/"))
        await page.evaluate(
            "document.querySelectorAll('details:not([data-menu])').forEach((one) => { one.open = true })"
        )
        found = (await axe.run(page)).response["violations"]
        await page.emulate_media(color_scheme="dark")
        found += (await axe.run(page, options=COLOURS)).response["violations"]
        if said := [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]:
            wrong[name] = said
        if (wider := await page.evaluate(WIDER)) > 0:
            wrong[f"{name}, width"] = wider
    visit.trouble[:] = [told for told in visit.trouble if "404" not in told]  # of the page that is not there
    assert wrong == {}


async def test_every_page_there_is_is_among_them():
    listed = {name.partition("?")[0].partition(" ")[0] for name in PAGES} | ELSEWHERE.keys()
    paths = {PARAMETER.sub(r"{\1}", route.path) for route in routes() if route.method == "GET"}
    assert {path for path in paths if not NO_PAGE.search(path)} - listed == set()
