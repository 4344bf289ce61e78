"""Drafts are nowhere: every address there is, walked with a draft's slug. Unlisted events are found by link alone."""

import aiohttp
import pytest
from PIL import Image
from sqlalchemy import update

from storage import events
from storage.tables import events as rows
from tests.dashboard.newsroom import Newsroom, an_event
from timeline.event import Look, Picture

ELSEWHERE = ("/desk", "/static/{path}", "/websub/{key}")  # for staff, or of no event


def walked(app):
    """Every address that can be asked for, as it is for the post and event at hand."""
    for route in app.router.routes():
        resource = route.resource
        if route.method == "GET" and resource is not None and not resource.canonical.startswith(ELSEWHERE):
            yield resource.canonical


def told(body, asked):
    """An answer without what the asker wrote: forms lead back to the address that was asked for."""
    for own in (
        asked,
        "?q=zebra",
        'value="zebra"',
        "http%3A%2F%2Flive.example%2Fe%2Fzebra",
        "http://live.example/e/zebra",
    ):
        body = body.replace(own, "")
    return body.casefold()


@pytest.fixture
async def hidden(store, server, tmp_path):
    """A draft with everything that an event can have; its post's id, and the key of a picture."""
    Image.new("RGB", (40, 20)).save(tmp_path / "logo.png")
    kept = Picture(content_hash=server.shelf.put((tmp_path / "logo.png").read_bytes()), content_type="image/png")
    look = Look(logo=kept, picture=kept, accent_hue=300, links=(("Legal", "https://example.org/secretlegal"),))
    room = await Newsroom.open(store, an_event("zebra", title="Quite zebra", visibility="draft", look=look))
    await room.says("nobody reads of zebras")
    return room


async def test_a_draft_is_at_no_address_and_in_no_answer(server, store, session, hidden):
    seen = 0
    for path in walked(server.app):
        asked = path.replace("{slug}", "zebra").replace("{id}", "1").replace("{key}", "anything")
        for query in ("", "?q=zebra", "?url=http%3A%2F%2Flive.example%2Fe%2Fzebra"):
            timeout = aiohttp.ClientTimeout(total=20)
            async with session.get(server / (asked.lstrip("/") + query), allow_redirects=False, timeout=timeout) as got:
                body = (await got.read()).decode(errors="replace")
            if asked != path:
                assert got.status in (404, 400, 401), asked  # 401: what is for staff asks who it is first
                seen += 1
            assert "zebra" not in told(body, asked), asked
    assert seen > 30


async def test_what_is_a_draft_no_longer_is_there(server, store, session, hidden):
    """So that what was walked above was there to be found."""
    await store.write(lambda writing: writing.execute(update(rows).values(visibility="public")) and None)
    for path in ("e/zebra", "e/zebra/event.ics", "e/zebra/poster", "e/zebra/logo", "e/zebra/picture", "p/1", "zebra"):
        async with session.get(server / path) as answer:
            assert answer.status == 200, path


async def test_an_unlisted_event_is_in_no_list_and_asks_not_to_be_found(server, store, session):
    await Newsroom.open(store, an_event("quiet", title="Quiet zebra", visibility="unlisted"))

    for path in walked(server.app):
        if "{" not in path:
            async with session.get(server / path.lstrip("/")) as answer:
                assert "zebra" not in (await answer.text()), path
    for path in ("e/quiet", "e/quiet/poster", "e/quiet/event.ics", "e/quiet/qr.svg"):
        async with session.get(server / path) as answer:
            body = await answer.text()
            assert answer.status == 200
            assert "noindex" in answer.headers.get("X-Robots-Tag", "") or '"robots" content="noindex"' in body, path


async def test_an_event_made_public_by_nobody_stays_a_draft(store):
    draft = an_event("zebra", visibility="draft")
    await store.write(events.save, draft, origin="file", at=draft.starts_at)
    await store.write(events.save, an_event("zebra"), origin="file", at=draft.starts_at)
    assert (await store.read(events.by_slug, "zebra")).visibility == "draft"
