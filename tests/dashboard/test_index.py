"""The first page and what it offers to feed readers and calendars."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import icalendar
import pytest

from dashboard.views import index
from storage import events, sources
from tests.dashboard.newsroom import Newsroom, an_event
from timeline.network import Health

ATOM = "{http://www.w3.org/2005/Atom}"


def when(days, *, length=2):
    """The dates of an event that starts in so many days."""
    now = datetime.now(UTC)
    starts = now + timedelta(days=days)
    return {"starts_at": starts, "ends_at": starts + timedelta(days=length)}


async def held(store, slug, days, **more):
    told = an_event(slug, title=f"Event {slug}", **when(days)) if "starts_at" not in more else an_event(slug, **more)
    return await store.write(events.save, told, origin="command", at=datetime.now(UTC))


async def text(session, url, status=200, **more):
    async with session.get(url, **more) as answer:
        assert answer.status == status
        return await answer.text()


async def test_few_past_events_are_all_on_the_first_page(server, store, session):
    for n in range(5):
        await held(store, f"past-{n}", -400 * (n + 1))

    page = await text(session, server / "")

    assert re.findall(r'href="/e/(past-\d)"', page) == [f"past-{n}" for n in range(5)]
    assert "?year=" not in page


@pytest.fixture
def few(monkeypatch):
    """So few events fill the page that a test can hold more."""
    monkeypatch.setattr(index, "MOST", 5)
    monkeypatch.setattr(index, "_LATEST", 2)


async def test_many_past_events_are_found_by_year(server, store, session, few):
    for n in range(8):
        starts = datetime(2020 if n % 2 else 2021, 1, 1 + n // 2, 9, tzinfo=UTC)
        await held(store, f"past-{n}", 0, starts_at=starts, ends_at=starts + timedelta(hours=8))

    page = await text(session, server / "")
    assert page.count('<a href="/e/past-') == 5
    assert re.findall(r'href="/\?year=(\d+)"', page) == ["2021", "2020"]

    year = await text(session, server / "?year=2020")
    assert re.findall(r'<a href="/e/(past-\d+)"', year) == ["past-7", "past-5", "past-3", "past-1"]
    assert "<h1>Past events of 2020</h1>" in year
    assert '<a href="/?year=2020" aria-current="page">' in year


async def test_however_much_is_on_the_latest_past_events_are_there(server, store, session, few):
    for n in range(6):
        await held(store, f"on-{n}", -1)
    for n in range(3):
        await held(store, f"past-{n}", -400 - n)
    assert (await text(session, server / "")).count('<a href="/e/past-') == 2


async def test_of_a_full_year_every_event_is_named_and_as_many_drawn_as_can_be(server, store, session, few):
    for n in range(7):
        starts = datetime(2020, 1 + n, 1, 9, tzinfo=UTC)
        await held(store, f"past-{n}", 0, starts_at=starts, ends_at=starts + timedelta(hours=8))

    year = await text(session, server / "?year=2020")

    assert year.count('<a href="/e/past-') == 7
    assert year.count("past__print") == 5


@pytest.mark.parametrize("year", ["1999", "", "abc", "²"])
async def test_a_year_without_events_is_not_there(server, store, session, year):
    await held(store, "past", -400)
    await text(session, server / f"?year={year}", status=404)


async def test_the_place_of_an_event_stands_beside_its_dates(server, store, session):
    await held(store, "on", 0, **when(-1), venue="Assembly Rooms <Edinburgh>")
    assert "Assembly Rooms &lt;Edinburgh&gt;" in await text(session, server / "")


async def test_the_feed_of_events_tells_new_and_changed_ones_the_last_first(server, store, session):
    await held(store, "one", 5)
    await held(store, "two", 9)
    changed = an_event("one", title="One & only", venue="Leeds", **when(5))
    await store.write(events.save, changed, origin="command", at=datetime.now(UTC) + timedelta(minutes=5))

    feed = ElementTree.fromstring(await text(session, server / "events.atom"))

    told = [(one.findtext(f"{ATOM}id"), one.findtext(f"{ATOM}title")) for one in feed.iter(f"{ATOM}entry")]
    assert told == [("http://live.example/e/one", "One & only"), ("http://live.example/e/two", "Event two")]
    first = feed.find(f"{ATOM}entry")
    assert first.findtext(f"{ATOM}published") < first.findtext(f"{ATOM}updated") == feed.findtext(f"{ATOM}updated")
    assert "Leeds · #conf" in first.findtext(f"{ATOM}summary")


async def test_what_a_post_changes_is_no_news_of_the_event(server, store, session):
    room = await Newsroom.open(store, an_event("one", **when(-1)))
    before = await text(session, server / "events.atom")
    await room.says("hello")
    assert await text(session, server / "events.atom") == before


@pytest.mark.parametrize("path", ["events.atom", "events.ics", "e/one/event.ics", "e/one/qr.svg"])
async def test_what_programs_ask_for_again_is_not_sent_again(server, store, session, path):
    await held(store, "one", 5)
    async with session.get(server / path) as first:
        assert first.status == 200
        etag = first.headers["ETag"]
    async with session.get(server / path, headers={"If-None-Match": etag}) as again:
        assert (again.status, await again.read()) == (304, b"")


async def test_pages_lead_to_the_feed_and_the_calendar(server, store, session):
    await held(store, "one", 5)
    page = await text(session, server / "")
    assert re.search(r'<link rel="alternate" type="application/atom\+xml" [^>]*href="/events.atom">', page)
    assert re.search(r'<a href="/events.ics" type="text/calendar">Add to calendar</a>', page)


async def test_a_calendar_tells_times_where_the_event_is(server, store, session):
    starts = datetime(2026, 10, 11, 8, tzinfo=UTC)
    await held(store, "one", 0, starts_at=starts, ends_at=starts + timedelta(hours=56), title="One; two, three",
               venue="Assembly Rooms, Edinburgh", url="https://example.org/one")  # fmt: skip

    async with session.get(server / "e/one/event.ics") as answer:
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        body = await answer.text()
    [entry] = icalendar.Calendar.from_ical(body).walk("VEVENT")

    assert "DTSTART;TZID=Europe/London:20261011T090000" in body
    assert "BEGIN:VTIMEZONE" in body
    assert (str(entry["SUMMARY"]), str(entry["LOCATION"])) == ("One; two, three", "Assembly Rooms, Edinburgh")
    assert str(entry["URL"]) == "http://live.example/e/one"
    assert str(entry["UID"]) == "one@live.example"
    assert "https://example.org/one" in entry["DESCRIPTION"]


async def test_days_alone_are_whole_days_in_a_calendar(server, store, session):
    starts = datetime(2026, 10, 10, 23, tzinfo=UTC)  # midnight in London
    await held(store, "one", 0, starts_at=starts, ends_at=starts + timedelta(days=3))
    body = await text(session, server / "e/one/event.ics")
    assert "DTSTART;VALUE=DATE:20261011" in body
    assert "DTEND;VALUE=DATE:20261014" in body


async def test_the_calendar_has_every_listed_event(server, store, session):
    await held(store, "one", 5)
    await held(store, "two", -50)
    await held(store, "quiet", 0, **when(5), visibility="unlisted")

    calendar = icalendar.Calendar.from_ical(await text(session, server / "events.ics"))

    assert {str(one["UID"]) for one in calendar.walk("VEVENT")} == {"one@live.example", "two@live.example"}


async def test_an_empty_site_has_an_empty_feed_and_calendar(server, session):
    assert "<entry" not in await text(session, server / "events.atom")
    assert "BEGIN:VEVENT" not in await text(session, server / "events.ics")


async def test_which_single_blog_fails_is_for_nobody_outside(server, store, session):
    room = await Newsroom.open(store, an_event("one", **when(-1)))
    other = replace(room.source, id=0, address="blog.example", label="One blog")
    await store.write(sources.sync, room.event.id, [room.source, other], origin="command", at=datetime.now(UTC))
    ids = {one.source.address: one.source.id for one in await store.read(sources.of_event, room.event.id)}
    failing = Health(state="failing", at=datetime.now(UTC), error="no answer")
    await room.says("hello")

    await store.write(sources.report, ids["blog.example"], failing)
    for path in ("", "e/one"):
        assert "ot answering" not in await text(session, server / path)

    await store.write(sources.report, ids["chat of one"], failing)
    for path in ("", "e/one"):
        async with asyncio.timeout(20):  # what stands beside posts is read every two seconds
            while "Chat is not answering" not in await text(session, server / path):
                await asyncio.sleep(0.1)
