"""The feeds of an event: valid in every form, whole, and without what may not leave us."""

import json
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from xml.etree import ElementTree

import feedparser
import pytest
from sqlalchemy import update

from collector import feedparse
from dashboard.keys import SITE
from storage.tables import authors, changes, items, media
from tests.dashboard.newsroom import ANN, NOON, Newsroom, an_event
from timeline.post import Media, Poll, PollOption

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "Quay & <Tide> ]]> \x0b\x07\x1b \ufffe \ud800 “&#8217;”"
QUAY = Media(kind="image", source_url="https://files.example/quay.jpg", alt='The "quay" <noon>', width=4, height=3)
FORMS = ("atom", "rss", "json")
TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}
LANGUAGE_READ = {"atom": None, "rss": "de", "json": "de"}  # ours does not look at xml:lang


async def get(session, url, status=200, **headers):
    async with session.get(url, headers=headers) as answer:
        assert answer.status == status
        return answer.headers, await answer.read()


async def read(session, server, name):
    """What feedparser makes of a feed, or the JSON itself."""
    _, body = await get(session, server / f"e/conf/{name}")
    if name.endswith(".json"):
        return json.loads(body)
    found = feedparser.parse(body)
    assert not found.bozo, found.bozo_exception
    return found


async def highlight(store, phrase=None, at=NOON):
    """Make a highlight of every post."""
    picked = update(items).values(highlighted_at=at, phrase=phrase)
    await store.write(lambda writing: writing.execute(picked) and None)


async def keep(store, size=4321):
    """As if every picture had been fetched."""
    kept = update(media).values(state="kept", content_hash="h", content_type="image/webp", kept_bytes=size)
    await store.write(lambda writing: writing.execute(kept) and None)


async def test_atom_says_who_said_what_when_and_where(server, room, store, session):
    await room.says("First", language="de", hashtags=("conf", "Häfen"), media=(QUAY,))
    await keep(store)
    feed = await read(session, server, "timeline.atom")
    [entry] = feed.entries

    assert feed.version == "atom10"
    assert feed.feed.id == "http://live.example/e/conf/timeline.atom"
    assert entry.id == entry.link == "http://live.example/p/1"
    assert (entry.author_detail.name, entry.author_detail.href) == ("Ann Lee", "https://chat.example/ann")
    assert entry.title == "Ann Lee: First"
    assert entry.published == entry.updated == "2026-11-21T12:00:00Z"
    assert [tag.term for tag in entry.tags] == ["conf", "Häfen"]
    assert entry.content[0].language == "de"
    assert entry.content[0].value.startswith("<p>First</p>")
    assert [link.href for link in entry.links if link.rel == "via"] == ["https://chat.example/0"]
    [enclosure] = entry.enclosures
    assert (enclosure.type, enclosure.length) == ("image/webp", "4321")
    assert enclosure.href.startswith("http://live.example/media/")


async def test_rss_and_json_say_the_same(server, room, store, session):
    await room.says("First", language="de", hashtags=("conf",), media=(QUAY,))
    await keep(store)
    atom, rss, told = [await read(session, server, f"timeline.{form}") for form in FORMS]
    [one], [other], [third] = atom.entries, rss.entries, told["items"]

    assert rss.version == "rss20"
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert one.id == other.id == third["id"]
    assert one.title == other.title == third["title"]
    assert one.content[0].value == other.summary
    assert third["content_html"].startswith("<p>First</p><p><img src=")
    assert one.published_parsed == other.published_parsed
    assert third["date_published"] == one.published
    assert other.author == third["authors"][0]["name"] == "Ann Lee"
    assert other.enclosures[0].href == third["attachments"][0]["url"] == one.enclosures[0].href
    assert third["attachments"][0] | {"url": ""} == {
        "url": "", "mime_type": "image/webp", "title": QUAY.alt, "size_in_bytes": 4321,
    }  # fmt: skip
    assert third["language"] == "de"
    assert third["external_url"] == "https://chat.example/0"


@pytest.mark.parametrize("form", FORMS)
async def test_hostile_words_leave_every_form_well_formed(server, store, session, form):
    title = HOSTILE.replace("\ud800", "")
    room = await Newsroom.open(store, an_event(title=title))
    ann = replace(ANN, name=HOSTILE, handle="@<ann>")
    await room.says(HOSTILE.replace("<Tide>", "&lt;Tide&gt;<script>alert(1)</script>"), author=ann, hashtags=(HOSTILE,))
    await store.write(lambda writing: writing.execute(update(authors).values(name="Ann\x08 </entry><b>")) and None)

    feed = await read(session, server, f"timeline.{form}")
    [entry] = feed["items"] if form == "json" else feed.entries
    said = entry["content_html"] if form == "json" else (entry.get("content") or [entry.summary_detail])[0].value
    assert "alert" not in said
    assert "&lt;Tide&gt;" in said
    assert "Ann </entry><b>" in json.dumps(entry)
    assert "\x08" not in json.dumps(entry, ensure_ascii=False)


@pytest.mark.parametrize("form", FORMS)
async def test_fifty_at_most_newest_first(server, room, session, form):
    await room.hears([room.a_post(f"post {count}") for count in range(60)])
    feed = await read(session, server, f"timeline.{form}")
    entries = feed["items"] if form == "json" else feed.entries

    assert [entry["title"] for entry in entries] == [f"Ann Lee: post {count}" for count in range(59, 9, -1)]


async def test_a_highlights_feed_has_highlights_alone_dated_by_the_picking(server, room, store, session):
    await room.says("worth a second look, all of it", published_at=NOON - timedelta(days=1))
    await highlight(store, "a second look", at=NOON)
    await room.says("not picked")
    [entry] = (await read(session, server, "highlights.atom")).entries
    _, body = await get(session, server / "e/conf/highlights.atom")

    assert entry.title == "Ann Lee: a second look"
    assert "worth <mark>a second look</mark>, all" in ElementTree.fromstring(body).findtext(f".//{ATOM}content")
    assert (entry.published, entry.updated) == ("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z")
    assert len((await read(session, server, "timeline.atom")).entries) == 2


async def test_an_edit_keeps_the_id_and_moves_the_date(server, room, session):
    await room.says("firts", uri="https://chat.example/a", published_at=NOON)
    edited = NOON + timedelta(seconds=30)
    await room.says("first", uri="https://chat.example/a", published_at=NOON, edited_at=edited)
    [entry] = (await read(session, server, "timeline.atom")).entries

    assert (entry.id, entry.title) == ("http://live.example/p/1", "Ann Lee: first")
    assert (entry.published, entry.updated) == ("2026-11-21T12:00:00Z", "2026-11-21T12:00:30Z")


@pytest.mark.parametrize("form", FORMS)
async def test_behind_a_content_warning_nothing_is_told(server, room, store, session, form):
    await room.says("secret words", content_warning="Talk of <loss>", media=(QUAY,), title="secret title")
    await keep(store)
    await highlight(store, "secret words")
    for kind in ("timeline", "highlights"):
        _, body = await get(session, server / f"e/conf/{kind}.{form}")
        assert b"secret" not in body
        assert b"/media/" not in body
        assert b"content warning, Talk of" in body


@pytest.mark.parametrize("form", FORMS)
async def test_sensitive_pictures_are_left_out_and_other_words_stay(server, room, store, session, form):
    await room.says("look", sensitive=True, media=(QUAY,))
    await keep(store)
    _, body = await get(session, server / f"e/conf/timeline.{form}")
    assert b"/media/" not in body
    assert b"quay" not in body
    assert b"look" in body


async def test_an_article_is_told_in_short(server, room, session):
    await room.says("word " * 500, network="feed", title="Notes from the harbour", url="https://blog.example/notes")
    [entry] = (await read(session, server, "timeline.atom")).entries

    assert entry.title == "Notes from the harbour"
    assert len(entry.content[0].value) < 450
    assert entry.content[0].value.endswith("…</p>")


async def test_a_poll_is_told_with_its_answers(server, room, session):
    await room.says("this?", poll=Poll(options=(PollOption(text="Tea & cake"), PollOption(text="No"))))
    [entry] = (await read(session, server, "timeline.atom")).entries
    assert "<ul><li>Tea &amp; cake</li><li>No</li></ul>" in entry.content[0].value


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["timeline", "highlights"])
async def test_an_empty_feed_is_valid(server, room, session, kind, form):
    feed = await read(session, server, f"{kind}.{form}")
    assert (feed["items"] if form == "json" else feed.entries) == []


@pytest.mark.parametrize("form", FORMS)
async def test_drafts_have_no_feed_and_unlisted_ones_are_not_indexed(server, store, session, form):
    draft = await Newsroom.open(store, an_event("secret", title="Quite secret", visibility="draft"))
    await draft.says("nobody may read this")
    await Newsroom.open(store, an_event("quiet", visibility="unlisted"))

    _, body = await get(session, server / f"e/secret/timeline.{form}", status=404)
    assert b"nobody" not in body
    headers, _ = await get(session, server / f"e/quiet/timeline.{form}")
    assert headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("form", FORMS)
async def test_a_removed_post_leaves(server, room, session, form):
    await room.says("regretted", uri="https://chat.example/regret")
    assert b"regretted" in (await get(session, server / f"e/conf/timeline.{form}"))[1]
    await room.removes("https://chat.example/regret")
    assert b"regretted" not in (await get(session, server / f"e/conf/timeline.{form}"))[1]


@pytest.mark.parametrize("form", FORMS)
async def test_our_own_reader_takes_every_form_in(server, room, store, session, form):
    await room.says("regretted", uri="https://chat.example/regret")
    await room.removes("https://chat.example/regret")
    shown = replace(QUAY, alt="The quay", width=400, height=300)
    await room.says("First &amp; best", language="de", hashtags=("conf",), media=(shown,))
    await keep(store)
    address = server / f"e/conf/timeline.{form}"
    headers, body = await get(session, address)
    feed = feedparse.parse(body, address, headers["Content-Type"])
    [entry] = feed.entries

    assert (feed.title, feed.flaw) == ("A conference", None)
    assert (entry.id, entry.link) == ("http://live.example/p/2",) * 2
    assert (entry.title, entry.author, entry.language) == ("Ann Lee: First & best", "Ann Lee", LANGUAGE_READ[form])
    assert (entry.published, entry.hashtags) == (NOON + timedelta(seconds=1), ("conf",))
    assert [(one.kind, one.alt) for one in entry.media] == [("image", "The quay")]
    assert feed.withdrawn == (("http://live.example/p/1",) if form == "atom" else ())


@pytest.mark.parametrize("form", FORMS)
async def test_whoever_has_it_is_told_so_until_it_changes(server, room, session, form):
    address = server / f"e/conf/timeline.{form}"
    await room.says("one")
    headers, _ = await get(session, address)
    again, body = await get(session, address, 304, **{"If-None-Match": headers["ETag"]})
    assert (body, again["ETag"], again["Access-Control-Allow-Origin"]) == (b"", headers["ETag"], "*")

    await room.says("two")
    await get(session, address, 200, **{"If-None-Match": headers["ETag"]})


async def test_a_date_is_believed_once_it_has_settled(server, room, store, session):
    address = server / "e/conf/timeline.rss"
    await room.says("one")
    old = update(changes).values(at=NOON - timedelta(days=3_000))
    await store.write(lambda writing: writing.execute(old) and None)
    headers, _ = await get(session, address)
    told = {"If-Modified-Since": headers["Last-Modified"]}
    await get(session, address, 304, **told)
    await get(session, address, 200, **told | {"If-None-Match": '"another"'})
    earlier = parsedate_to_datetime(headers["Last-Modified"]) - timedelta(seconds=1)
    await get(session, address, 200, **{"If-Modified-Since": format_datetime(earlier, usegmt=True)})
    await get(session, address, 200, **{"If-Modified-Since": "yesterday"})


async def test_what_changed_just_now_has_no_date(server, room, session, store):
    ahead = update(changes).values(at=NOON + timedelta(days=30_000))
    await room.says("one")
    await store.write(lambda writing: writing.execute(ahead) and None)
    headers, _ = await get(session, server / "e/conf/timeline.rss")
    assert "Last-Modified" not in headers
    await get(session, server / "e/conf/timeline.rss", 200, **{"If-Modified-Since": headers["Date"]})


@pytest.mark.parametrize(
    ("form", "kind"),
    [("atom", "application/atom+xml"), ("rss", "application/rss+xml"), ("json", "application/feed+json")],
)
async def test_it_is_packed_typed_and_answers_head(server, room, session, form, kind):
    await room.hears([room.a_post(f"post {count}") for count in range(30)])
    address = server / f"e/conf/timeline.{form}"
    async with session.get(address, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
        assert "Accept-Encoding" in answer.headers["Vary"]
    async with session.head(address) as answer:
        assert (answer.status, await answer.read()) == (200, b"")


async def test_pages_of_the_event_name_its_feeds(server, room, session):
    await room.says("one")
    _, page = await get(session, server / "e/conf")
    for kind in ("timeline", "highlights"):
        for form in FORMS:
            assert f'href="/e/conf/{kind}.{form}"'.encode() in page


async def test_hubs_are_named_in_every_form_and_in_its_headers(server, room, session):
    object.__setattr__(server.app[SITE], "hubs", ("https://hub.example/?a=1&b=2",))
    await room.says("one")
    hub, topic = "https://hub.example/?a=1&b=2", "http://live.example/e/conf/timeline"
    for form in FORMS:
        headers, body = await get(session, server / f"e/conf/timeline.{form}")
        assert headers["Link"] == f'<{hub}>; rel="hub", <{topic}.{form}>; rel="self"'
        if form == "json":
            assert json.loads(body)["hubs"] == [{"type": "WebSub", "url": hub}]
        else:
            links = ElementTree.fromstring(body).iter(f"{ATOM}link")
            told = {link.get("rel"): link.get("href") for link in links if link.get("rel") in ("hub", "self")}
            assert told == {"hub": hub, "self": f"{topic}.{form}"}


async def test_highlights_stand_by_when_they_were_picked(server, room, store, session):
    for count in range(3):
        await room.says(f"post {count}")
    for minute, which in enumerate((3, 1, 2)):
        at = NOON + timedelta(minutes=minute)
        one = update(items).where(items.c.id == which).values(highlighted_at=at)
        await store.write(lambda writing, one=one: writing.execute(one) and None)
    entries = (await read(session, server, "highlights.atom")).entries
    assert [entry.id[-1] for entry in entries] == ["2", "1", "3"]


async def test_what_was_hidden_is_withdrawn_until_it_is_shown_again(server, room, store, session):
    await room.says("now and then")

    async def turn(state, kind):
        def turned(writing):
            writing.execute(update(items).values(state=state))
            writing.record(kind, room.event.id, 1, NOON)

        await store.write(turned)
        _, body = await get(session, server / "e/conf/timeline.atom")
        gone = [one.get("ref") for one in ElementTree.fromstring(body) if one.tag.endswith("deleted-entry")]
        return gone, b"now and then" in body

    assert await turn("hidden", "item.removed") == (["http://live.example/p/1"], False)
    assert await turn("shown", "item.added") == ([], True)
