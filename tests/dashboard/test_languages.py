"""Pages in the language of their reader, and nothing on them that only English has."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from sqlalchemy import update

from dashboard import filters, languages
from storage import events, sources
from storage.tables import items
from tests.dashboard import pseudo
from tests.dashboard.conftest import TOKEN
from tests.dashboard.newsroom import ANN, CHAT, NOON, Newsroom, an_event
from timeline.network import Gap, Health, NetworkInfo
from timeline.post import Card, Counts, Media, Poll, PollOption

NEWS = NetworkInfo(key="feed", label="News", fields=(), deletes="scoped", tagged=False)
X = NetworkInfo(key="x", label="X", fields=(), deletes="scoped", tagged=True, dehydrated=True)
NOW = datetime.now(UTC).replace(microsecond=0)
WHO = replace(ANN, name="安 李", handle="@ann")
_DATA = re.compile(r"Test|oEmbed|Atom|RSS|JSON Feed|(?<=<wbr>)conf")
GERMAN = {"Accept-Language": "de-AT, en;q=0.5"}
MORE = (  # than each page as it stands
    "/e/conf?network=chat", "/e/conf?network=feed", "/e/conf?network=nowhere", "/e/conf?before=none",
    "/e/conf?order=oldest", "/e/conf?highlighted=1", "/e/empty", "/e/coming", "/e/past", "/e/nowhere", "/p/99",
    "/nothing/here", "/?year=1999", "/e/conf/search?q=安", "/e/conf/search?q=%23none", "/desk/empty/sources",
    "/desk/empty/walls",
)  # fmt: skip


@pytest.fixture
def networks():
    return [CHAT, NEWS, X]


@pytest.fixture
async def session():
    """Keeps no cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
async def room(store):
    return await Newsroom.open(store, on_now("conf"))


def on_now(slug, days=1, **more):
    around = {
        "starts_at": NOW - timedelta(days=days), "ends_at": NOW + timedelta(days=days),
        "collect_from": NOW - timedelta(days=9), "collect_until": NOW + timedelta(days=9),
    }  # fmt: skip
    return an_event(slug, title="大会", **(around | more))


async def text(session, url, status=200, **more):
    async with session.get(url, **more) as answer:
        assert answer.status == status
        return await answer.text()


async def everything(room):
    """A post of every form, sources in every state, events of every phase; no word of it in Latin letters."""
    picture = Media(kind="image", source_url="https://files.example/a.jpg", alt="", width=4, height=3, key="k")
    await room.says("一", author=WHO, counts=Counts(replies=1, boosts=2, likes=3), edited_at=NOON)
    await room.says("二", author=WHO, media=(picture,) * 6)
    await room.says("三", author=WHO, media=(replace(picture, key=None), replace(picture, kind="video", key=None)))
    await room.says("四", author=WHO, content_warning="五", media=(replace(picture, kind="audio"),))
    await room.says("六", author=WHO, media=(picture,), sensitive=True)
    await room.says("七" * 800, author=WHO, language="zh", card=Card(url="https://a.example/", title="八", image=None))
    poll = Poll(options=(PollOption(text="九", votes=3), PollOption(text="十", votes=1)), closes_at=NOON)
    await room.says("九", author=WHO, poll=poll)
    await room.says("十 " * 900, author=WHO, network="feed", title="百", url="https://blog.example/x", media=(picture,))
    await room.says("千", author=WHO, network="x", url="https://x.com/i/status/1", quotes="https://x.com/i/status/2")
    marked = update(items).values(highlighted_at=NOON, note="万", late=True)
    await room.store.write(lambda writing: writing.execute(marked.where(items.c.id < 3)) and None)
    gap = Gap(since=NOW - timedelta(hours=2), until=NOW - timedelta(hours=1), reason="the line was down")
    failing = Health(state="failing", at=NOW, error="no answer", hint="Look at it.")
    await room.store.write(sources.report, room.source.id, failing)
    await room.store.write(sources.note_gaps, {room.source.id: gap})
    await room.store.write(events.save, on_now("empty"), origin="command", at=NOON)
    await room.store.write(events.save, on_now("coming", starts_at=NOW + timedelta(days=6)), origin="command", at=NOON)
    await room.store.write(events.save, on_now("past", ends_at=NOW - timedelta(hours=2)), origin="command", at=NOON)


async def signed_in(session, server):
    form = {"token": TOKEN, "to": "/desk"}
    async with session.post(server / "desk/sign-in", data=form, allow_redirects=False) as answer:
        return answer.cookies["desk"].value


def pages(app):
    """The address of every page there is, and of more."""
    found = {
        route.resource.canonical
        for route in app.router.routes()
        if route.method == "GET" and not route.resource.canonical.endswith(("stream", "{path}", "{key}"))
    }
    filled = (path.replace("{slug}", "conf").replace("{id}", "1") for path in found)
    return (*sorted(path for path in filled if not re.search(r"\.\w+$|^/api/|^/metrics|^/health|^/ready", path)), *MORE)


async def test_no_page_says_a_word_that_only_english_has(server, room, session, monkeypatch):
    await everything(room)
    desk = await signed_in(session, server)
    walked = pages(server.app)
    for path in walked:  # what is kept for several readers is made for an English one
        async with session.get(server.address + path, cookies={"desk": desk}):
            pass
    pseudo.speak(monkeypatch)
    found = {}
    for path in walked:
        cookies = {"lang": pseudo.TAG} if path == "/desk/sign-in" else {"lang": pseudo.TAG, "desk": desk}
        async with session.get(server.address + path, cookies=cookies) as answer:
            if answer.content_type != "text/html":
                continue
            page = await answer.text()
        assert '<html lang="ar" dir="rtl"' in page, path
        found |= {f"{path}: {words}": None for words in pseudo.forgotten(_DATA.sub("", page))}

    assert list(found) == []


@pytest.mark.parametrize(
    ("query", "cookie", "header", "usual", "spoken"),
    [
        ("", "", "", "en", "en"),
        ("", "", "", "de", "de"),
        ("", "", "de", "en", "de"),
        ("", "", "de-CH;q=0.8, fr", "en", "de"),
        ("", "", "en;q=0.8, de;q=0.9", "en", "de"),
        ("", "", "en-US, de;q=0.9", "de", "en"),
        ("", "", "fr, de;q=0", "en", "en"),
        ("", "", "fr;q=many, ;;, *", "de", "de"),
        ("", "en", "de", "de", "en"),
        ("de", "en", "en", "en", "de"),
        ("tlh", "xx", "de_DE", "en", "de"),
    ],
)
def test_a_reader_is_given_what_they_asked_for_or_chose_or_their_browser_says(query, cookie, header, usual, spoken):
    assert languages.asked({"lang": query}, {"lang": cookie}, header, usual).tag == spoken


async def test_a_page_speaks_the_language_of_the_browser(server, room, session):
    page = await text(session, server / "e/empty", status=404, headers=GERMAN)
    assert '<html lang="de" dir="ltr"' in page
    assert "Hier ist keine Veranstaltung" in page


async def test_programs_read_english_whatever_they_accept(server, room, session):
    assert "There is no such event." in await text(session, server / "api/v1/events/none", status=404, headers=GERMAN)


async def test_a_chosen_language_lasts_and_the_reader_stays_where_they_were(server, room, session):
    await room.says("一")
    came = {"Referer": f"{server / 'e/conf'}?network=chat&lang=en"}
    form = {"lang": "de", "to": "/e/conf"}
    async with session.post(server / "language", data=form, headers=came, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/e/conf?network=chat")
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("lang=de; Max-Age=")
    assert '<html lang="de"' in await text(session, server / "e/conf", headers={"Cookie": "lang=de"})


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/%0d%0a\r\nX: y", "", "e"]
)
async def test_choosing_a_language_leads_to_no_other_site(server, session, to):
    form = {"lang": "xx", "to": to}
    came = {"Referer": "https://evil.example/e/conf"}
    async with session.post(server / "language", data=form, headers=came, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        assert "Set-Cookie" not in answer.headers


async def test_two_readers_of_one_stream_are_each_written_their_own_language(server, room, session):
    """One that is level and one that comes later, of the same post, from the same memory."""
    await room.says("一", media=(Media(kind="image", source_url="https://files.example/a.jpg", alt=""),))
    heard = {}
    for tag in ("en", "de", "en"):
        async with session.get(server / "e/conf/stream?after=0", headers={"Accept-Language": tag}) as answer:
            async for line in answer.content:
                if line.startswith(b"data: <article"):
                    heard.setdefault(tag, []).append(line.decode())
                    break

    day = filters.day(NOON, room.event)
    with languages.speaking("de"):
        tag = filters.day(NOON, room.event)
    assert heard["en"][0] == heard["en"][1]
    assert f'data-day="{day}"' in heard["en"][0]
    assert f'data-day="{tag}"' in heard["de"][0]
    assert "Samstag, 21. November" in tag


@pytest.mark.parametrize(
    ("starts", "ends", "told"),
    [
        ((2026, 10, 11), (2026, 10, 13), "11.–13. Oktober 2026"),
        ((2026, 10, 30), (2026, 11, 1), "30. Oktober – 1. November 2026"),
        ((2026, 12, 31), (2027, 1, 1), "31. Dezember 2026 – 1. Januar 2027"),
        ((2026, 3, 11), (2026, 3, 11), "11. März 2026"),
    ],
)
def test_days_are_written_as_each_language_does(starts, ends, told):
    event = an_event(starts_at=datetime(*starts, 9, tzinfo=UTC), ends_at=datetime(*ends, 17, tzinfo=UTC))
    with languages.speaking("de"):
        assert filters.dates(event) == told


def test_counts_and_spans_are_written_as_each_language_does():
    with languages.speaking("de"):
        assert filters.counted(1, "post") == "1 Beitrag"
        assert filters.counted(12_476, "post") == "12.476 Beiträge"
        assert filters.ago(NOON - timedelta(minutes=4), NOON, an_event()) == "vor 4 min"
        assert filters.until(NOON + timedelta(days=17), NOON, an_event()) == "in 17 Tagen"


def test_every_form_of_a_count_is_given_to_scripts():
    with languages.speaking("de"):
        told = languages.plurals("%(num)s post", "%(num)s posts")
    assert told == 'data-one="%(num)s Beitrag" data-other="%(num)s Beiträge"'


def test_a_language_is_spoken_no_longer_than_it_is_meant_to_be():
    with languages.speaking("de"), languages.speaking("nonsense"):
        assert languages.spoken().tag == "en"
    assert languages.spoken().tag == "en"
