"""What an event's pages say before it starts, on paper, and once it is over."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.views.poster import width_of
from storage import events
from tests.dashboard.newsroom import CHAT, Newsroom, an_event
from timeline.network import NetworkInfo

MASTODON = NetworkInfo(key="mastodon", label="Mastodon", fields=())


@pytest.fixture
def networks():
    return [CHAT, MASTODON]


def soon(**more):
    now = datetime.now(UTC)
    return an_event("soon", **{"starts_at": now + timedelta(days=17), "ends_at": now + timedelta(days=18)} | more)


async def text(session, url, status=200):
    async with session.get(url) as answer:
        assert answer.status == status
        return await answer.text()


async def test_a_coming_event_says_when_how_and_where(server, store, session):
    opened = datetime.now(UTC) - timedelta(days=1)
    await Newsroom.open(store, soon(collect_from=opened, venue="Leeds", url="https://example.org/soon"))

    page = await text(session, server / "e/soon")

    assert ">in 17 days</p>" in page
    assert 'Post with <b class="tag" dir="auto">#conf</b> on your own network' in page
    assert '<b class="soon__address" dir="ltr">live.example/soon</b>' in page
    for path in ("/e/soon/event.ics", "/e/soon/poster", "/e/soon/qr.svg", "https://example.org/soon"):
        assert f'"{path}"' in page
    assert "Leeds" in page


async def test_posts_that_came_already_stand_below(server, store, session):
    room = await Newsroom.open(store, soon(collect_from=datetime(2026, 1, 1, tzinfo=UTC)))
    await room.says("looking forward")

    page = await text(session, server / "e/soon")

    assert 'class="soon panel"' in page
    assert "<p>looking forward</p>" in page


async def test_an_event_without_a_hashtag_asks_nobody_to_use_one(server, store, session):
    await Newsroom.open(store, soon(hashtags=()))
    page = await text(session, server / "e/soon")
    assert "The hashtag is still to be chosen" in page
    assert "Post with" not in page


async def test_only_an_event_that_is_to_come_counts_down(server, room, session):
    assert 'class="soon' not in await text(session, server / "e/conf")


async def test_a_poster_has_all_that_is_needed_on_paper(server, store, session):
    await Newsroom.open(store, soon(title="Harbours & <Towns>", venue="Leeds"))

    page = await text(session, server / "e/soon/poster")

    sheet = page[page.index('<article class="sheet"') :]
    assert '<h1 id="sheet-title" dir="auto">Harbours &amp; &lt;Towns&gt;</h1>' in sheet
    assert re.search(r'<svg class="sheet__tag" viewBox="0 0 \d+ 112" role="img" aria-label="#conf">', sheet)
    assert '<img class="sheet__code" src="/e/soon/qr.svg" alt="QR code for live.example/soon"' in sheet
    assert "live.example/<wbr>soon</p>" in sheet
    assert "Leeds" in sheet
    assert "Print this page" in page  # for who has no script
    assert "style=" not in page


@pytest.mark.parametrize(("tag", "least"), [("", 400), ("#a", 400), ("#socitm09", 400), ("#" + "w" * 40, 3_000)])
def test_a_long_hashtag_is_set_smaller(tag, least):
    assert width_of(tag) >= least


async def test_the_place_and_address_of_an_event_follow_the_file(store):
    await store.write(events.save, soon(venue="Leeds"), origin="file", at=datetime.now(UTC))
    await store.write(events.save, soon(venue="York", url="https://a.example"), origin="file", at=datetime.now(UTC))
    kept = await store.read(events.by_slug, "soon")
    assert (kept.venue, kept.url) == ("York", "https://a.example")


async def test_a_past_event_says_that_it_is_over_and_what_stays(server, store, session):
    now = datetime.now(UTC)
    dates = {"starts_at": now - timedelta(days=9), "ends_at": now - timedelta(days=8)}
    room = await Newsroom.open(store, an_event("over", collect_until=datetime(2099, 1, 1, tzinfo=UTC), **dates))
    await room.says("goodbye", published_at=now - timedelta(days=8))

    page = await text(session, server / "e/over")

    assert '<h2 id="over-title">This event has ended</h2>' in page
    assert "One post stays here to read. Late ones are still collected until " in page
    assert 'href="/e/over?order=oldest">Read from the beginning</a>' in page
    assert 'class="menu' not in page.split("<main")[1]
    assert "soon__count" not in page
