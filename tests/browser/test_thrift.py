"""Readers who save data: no picture is fetched that they did not ask for."""

import io

import pytest
from PIL import Image

from storage import media
from storage.shelf import Shelf
from tests.browser.page import PHONE, settle, words
from timeline.post import Media

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
_SLOW = "Object.defineProperty(navigator, 'connection', { value: { effectiveType: '2g', saveData: false } })"


async def shows(hall, said):
    """A post with a picture that is kept already."""
    picture = Media(kind="image", source_url=f"https://files.example/{said}.png", alt="The quay at noon")
    await hall.says(said, media=(picture,))
    now = hall.at(9_000)
    drawn = io.BytesIO()
    Image.new("RGB", (64, 36), "teal").save(drawn, "PNG")
    for wanted in await hall.store.read(media.pending, 10, now):
        await hall.store.write(
            media.keep, wanted.key, content_hash=Shelf(hall.folder / "media", 10_000_000).put(drawn.getvalue()),
            content_type="image/png", size_bytes=84_211, width=64, height=36, at=now,
        )  # fmt: skip


@pytest.mark.parametrize(
    "how", [{"extra_http_headers": {"Save-Data": "on"}}, {}], ids=["as the browser asks", "as the link is"]
)
async def test_pictures_wait_to_be_asked_for_on_the_page_and_in_what_arrives(hall, visit, how):
    await hall.says("the first")
    if how:
        await shows(hall, "on the page")
    page = await visit("e/harbour26", size=PHONE, live=False, **how)
    if not how:
        await page.add_init_script(_SLOW)
        await page.reload()
    await page.wait_for_selector("[data-state=live]")
    fetched = []
    page.on("request", lambda request: "/media/" in request.url and fetched.append(request.url))

    await shows(hall, "arriving")
    slot = page.locator(".card", has_text="arriving").locator(".slot--asked")
    await slot.wait_for()
    await settle(page)

    assert (await words(page))[0] == "arriving"
    assert fetched == []
    assert " ".join((await slot.inner_text()).split()) == "The quay at noon Picture, 84 KB Show"
    assert (await slot.locator("[data-show]").bounding_box())["height"] >= 44
    await slot.locator("[data-show]").click()
    picture = page.locator(".card", has_text="arriving").locator(".media img")
    await picture.wait_for()
    await page.wait_for_function("() => document.querySelector('.media img').naturalWidth === 64")
    assert len(fetched) == 1
    assert await page.evaluate("document.activeElement.matches('.media a')")
