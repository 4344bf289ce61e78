"""The short address of an event: where it leads, and which words can be none."""

import re

import pytest

from config.values import RESERVED
from dashboard.routes import routes
from storage import events
from tests.dashboard.newsroom import NOON, an_event


async def asked(session, url):
    async with session.get(url, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location")


@pytest.mark.parametrize("visibility", ["public", "unlisted"])
@pytest.mark.parametrize("typed", ["conf", "Conf", "CONF", "conf/"])
async def test_the_short_address_leads_to_the_event(server, store, session, visibility, typed):
    await store.write(events.save, an_event(visibility=visibility), origin="command", at=NOON)
    assert await asked(session, server / typed) == (302, "/e/conf")


async def test_a_draft_has_no_short_address(server, store, session):
    await store.write(events.save, an_event(visibility="draft"), origin="command", at=NOON)
    assert await asked(session, server / "conf") == (404, None)


@pytest.mark.parametrize("typed", ["nothing", "a.b", "conf%2F", "%00", "c%6Fnf%3F"])
async def test_what_is_no_event_leads_nowhere(server, store, session, typed):
    status, address = await asked(session, server / typed)
    assert status in (400, 404)
    assert address is None


def test_no_event_can_take_an_address_of_the_site():
    first = {route.path.split("/")[1] for route in routes()}
    ours = {word for word in first if re.fullmatch(r"[a-z0-9-]+", word)}
    assert {"desk", "healthz", "static"} <= ours  # what is compared is there
    assert ours - RESERVED == set()


async def test_a_code_leads_to_the_short_address_with_white_around_it(server, store, session):
    await store.write(events.save, an_event(), origin="command", at=NOON)
    async with session.get(server / "e/conf/qr.svg") as answer:
        assert answer.headers["Content-Type"] == "image/svg+xml"
        drawn = await answer.text()
    assert re.search(r'viewBox="0 0 (\d+) \1"', drawn)
    assert 'stroke="#000" d="M4 4.5h7' in drawn  # four modules of quiet, then the first finder
    assert "style" not in drawn
