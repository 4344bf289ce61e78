"""The page on privacy says what this site does, as it is configured."""

import pytest

from collector import registry
from storage import events, sources
from tests.dashboard.newsroom import NOON, an_event
from timeline.network import Source


@pytest.fixture
def networks():
    return [adapter.INFO for adapter in registry.adapters().values()]


async def listening(store, *kinds, **event):
    kept = await store.write(events.save, an_event(**event), origin="command", at=NOON)
    told = [
        Source(
            id=0, event_id=kept.id, kind=kind, address=kind, collect_from=kept.collect_from,
            collect_until=kept.collect_until,
        )
        for kind in kinds
    ]  # fmt: skip
    await store.write(sources.sync, kept.id, told, origin="command", at=NOON)


async def text(session, url):
    async with session.get(url) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_it_names_the_networks_in_use_and_no_others(server, store, session):
    await listening(store, "mastodon", "feed")
    await listening(store, "x", slug="secret", visibility="draft")
    page = await text(session, server / "about/privacy")

    assert "Mastodon" in page
    assert "Bluesky" not in page
    assert "protected accounts" not in page
    assert "Delete it where you wrote it." in page


async def test_without_sources_it_says_so(server, session):
    assert "No event collects anything at present." in await text(session, server / "about/privacy")


async def test_every_page_leads_there(server, store, session):
    await listening(store, "mastodon")
    for path in ("", "e/conf", "e/conf/highlights", "about/privacy", "desk/sign-in"):
        assert 'href="/about/privacy"' in await text(session, server / path)
    async with session.get(server / "nothing") as answer:
        assert 'href="/about/privacy"' in await answer.text()


async def test_whom_to_write_to_is_whom_the_site_names(server, session):
    assert "write to the organisers" in await text(session, server / "about/privacy")
