"""An entry's page with what is said under it, as everybody can read it."""

from dataclasses import replace

import pytest

from tests.browser.page import DESKTOP, PHONE
from tests.browser.test_quality import violations
from tests.factories import a_sighting, an_author

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
ENTRY = "https://feed.example/posts/entry"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_everybody_can_read_a_discussion_and_nothing_runs_off_the_side(hall, visit, size, scheme):
    await hall.says("The kettle is on", ref="entry", network="feed", title="Doors open at nine")
    for number, under in enumerate([ENTRY, f"{ENTRY}-0", ENTRY]):
        said = {"html": f"<p>Comment {number} {'at length ' * 40}</p>", "in_reply_to": under}
        author = an_author("Rosalind Okafor-Brandvold", network="feed", url=None)
        comment = a_sighting(f"entry-{number}", network="feed", author=author, **said)
        await hall._hear([replace(comment, about=ENTRY)], "feed", backfill=True)
    page = await visit("p/1", size=size, scheme=scheme, live=False)

    assert await page.locator(".comment").count() == 3
    assert await violations(page) == []
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]
