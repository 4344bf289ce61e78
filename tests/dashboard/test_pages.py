"""Pages as a reader's browser gets them."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from storage import sources
from tests.dashboard.newsroom import Newsroom, an_event
from timeline.network import Health
from timeline.post import Media

PICTURE = Media(kind="image", source_url="https://files.example/quay.jpg", alt="The quay", width=4, height=3)


async def text(session, url, status=200, **more):
    async with session.get(url, **more) as answer:
        assert answer.status == status
        return await answer.text()


async def test_a_timeline_shows_twenty_and_the_way_to_the_rest(server, room, session):
    for count in range(23):
        await room.says(f"post {count}")

    first = await text(session, server / "e/conf")
    older = re.search(r'data-end="below">\s*<a [^>]*href="/([^"]+)"', first)[1]
    second = await text(session, server / older)

    assert re.findall(r"<p>post (\d+)</p>", first) == [str(n) for n in range(22, 2, -1)]
    assert re.findall(r"<p>post (\d+)</p>", second) == ["2", "1", "0"]
    assert "hidden>Older posts" in second


async def test_a_part_is_the_same_as_in_the_page(server, room, session):
    await room.says("one")
    page = await text(session, server / "e/conf")
    part = await text(session, server / "e/conf?fragment=posts")
    stage = await text(session, server / "e/conf?fragment=stage")

    assert part in page
    assert stage.startswith('<section class="stage"')


async def test_only_a_chosen_network_is_shown(server, room, session):
    await room.says("one")
    assert "<p>one</p>" in await text(session, server / "e/conf?network=chat")


@pytest.mark.parametrize("asked", ["network=nowhere", "before=rubbish"])
async def test_an_address_that_asks_too_much_leads_back_to_the_event(server, room, session, asked):
    page = await text(session, server / f"e/conf?{asked}", status=404)
    assert "There is no event here" not in page
    assert 'href="/e/conf">Back to ' in page


@pytest.mark.parametrize("path", ["e/nowhere", "p/99", "nothing"])
async def test_what_is_not_there_is_a_page_that_leads_on(server, room, session, path):
    page = await text(session, server / path, status=404)
    assert "<h1>" in page
    assert "See all events" in page


@pytest.mark.parametrize(
    ("quotes", "address", "host"),
    [
        ("https://tech.example/@a/1", "https://tech.example/@a/1", "tech.example"),
        ("at://did:plc:abc/app.bsky.feed.post/3k", "https://bsky.app/profile/did:plc:abc/post/3k", "bsky.app"),
    ],
)
async def test_a_quoted_post_is_a_link_also_below_a_picture(server, room, session, quotes, address, host):
    await room.says("look", quotes=quotes, media=(PICTURE,))
    page = await text(session, server / "e/conf")
    assert f'class="quoted" href="{address}"' in page
    assert f"Quotes a post on {host}" in page


async def test_a_draft_is_not_there(server, store, session):
    draft = await Newsroom.open(store, an_event("secret", title="Quite secret", visibility="draft"))
    await draft.says("nobody may read this")

    for path, status in (("e/secret", 404), ("p/1", 404), ("", 200)):
        page = await text(session, server / path, status=status)
        assert "ecret" not in page.replace("e/secret", "")
        assert "nobody" not in page


async def test_an_unlisted_event_is_found_by_link_alone(server, store, session):
    await Newsroom.open(store, an_event("quiet", title="Quiet day", visibility="unlisted"))

    assert 'content="noindex"' in await text(session, server / "e/quiet")
    assert "Quiet day" not in await text(session, server / "")


async def test_a_post_has_a_page_that_others_can_preview(server, room, session):
    await room.says("worth <b>sharing</b>", media=(PICTURE,))
    page = await text(session, server / "p/1")

    assert '<meta property="og:description" content="worth sharing">' in page
    assert '<link rel="canonical" href="http://live.example/p/1">' in page


async def test_a_removed_post_says_so(server, room, session):
    await room.says("regretted", uri="https://chat.example/regret")
    await room.removes("https://chat.example/regret")

    assert "Deleted at source, so removed here too." in await text(session, server / "p/1", status=410)


async def test_the_index_lists_events_by_phase(server, store, session):
    now = datetime.now(UTC)
    for slug, days in (("on", 0), ("soon", 9), ("gone", -90)):
        starts = now + timedelta(days=days, hours=-1)
        await Newsroom.open(
            store, an_event(slug, title=f"Event {slug}", starts_at=starts, ends_at=starts + timedelta(hours=9))
        )

    page = await text(session, server / "")

    assert re.findall(r"<h[12][^>]*>([^<]+)</h", page) == ["On now", "Coming up", "Past events"]
    assert [page.index(f"Event {slug}") for slug in ("on", "soon", "gone")] == sorted(
        page.index(f"Event {slug}") for slug in ("on", "soon", "gone")
    )
    assert "in 9 days" in page


async def test_the_index_names_a_network_that_does_not_answer(server, store, session):
    now = datetime.now(UTC)
    soon = an_event("soon", starts_at=now + timedelta(days=9), ends_at=now + timedelta(days=10))
    room = await Newsroom.open(store, soon)
    await store.write(sources.report, room.source.id, Health(state="failing", at=now, error="no answer"))

    page = await text(session, server / "")

    assert "Chat is not answering" in page
    assert "Listening on" not in page


async def test_a_network_that_waits_after_it_was_heard_is_not_said_to_start(server, store, session, room):
    now = datetime.now(UTC)
    await room.says("something")
    spent = Health(state="waiting", at=now, error="today's budget of posts is used up")
    await store.write(sources.report, room.source.id, Health(state="ok", at=now))
    await store.write(sources.report, room.source.id, spent)

    page = await text(session, server / "e/conf")

    assert "Starting" not in page
    assert "<span>Waiting<br><small>No posts since " in page


async def test_events_with_posts_come_first(server, store, session):
    now = datetime.now(UTC)
    for slug, hours in (("talking", 5), ("silent", 1)):
        on = an_event(slug, starts_at=now - timedelta(hours=hours), ends_at=now + timedelta(hours=9))
        room = await Newsroom.open(store, on)
        if slug == "talking":
            await room.says("something")

    page = await text(session, server / "")

    assert page.index("hero-talking") < page.index("hero-silent") < page.index("No posts yet")
    assert page.count("hero__signal") == 1


async def test_an_empty_site_says_what_to_do_next(server, session):
    page = await text(session, server / "")
    assert "No events yet." in page
    assert "backchannel event add my-conference \\\n  --title" in page


async def test_files_are_kept_for_ever_under_their_version_alone(server, room, session):
    page = await text(session, server / "e/conf")
    css = re.search(r"/(static/\w+/site\.css)", page)[1]
    for path, kept in (
        (css, "public, max-age=31536000, immutable"),
        (re.sub(r"/\w+/", "/0000000000/", css), "no-cache"),
    ):
        async with session.get(server / path) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (200, kept)
            assert (await answer.text()).startswith("@layer reset, tokens, base, components, layout, states;")
    await text(session, server / "static/0/nothing.js", status=404)


async def test_every_file_a_page_names_is_there(server, room, session):
    page = await text(session, server / "e/conf")
    for path in set(re.findall(r'"/(static/[^"#]+)', page)):
        async with session.get(server / path) as answer:
            assert answer.status == 200


async def test_the_theme_comes_with_the_page(server, room, session):
    for cookie, drawn in (("dark", 'data-theme="dark"'), ('dark" onload="x', 'lang="en-GB" dir="ltr">')):
        assert drawn in (await text(session, server / "e/conf", cookies={"theme": cookie}))[:200]


@pytest.mark.parametrize(
    ("opens", "starts", "closes", "told", "promises"),
    [
        (-30, -20, -9, "This event has ended. Nothing was collected.", False),
        (-30, -20, 9, "This event has ended. No posts were found yet.", False),
        (9, 20, 40, "Collecting starts on ", False),
        (-9, 20, 40, "No posts yet. Here is what we are listening to.", True),
    ],
)
async def test_an_empty_page_promises_only_what_will_happen(
    server, store, session, opens, starts, closes, told, promises
):
    now = datetime.now(UTC)
    at = [now + timedelta(days=days) for days in (opens, starts, starts + 3, closes)]
    event = an_event("void", title="Void", collect_from=at[0], starts_at=at[1], ends_at=at[2], collect_until=at[3])
    await Newsroom.open(store, event)

    page = await text(session, server / "e/void")

    assert f"<h2>{told}" in page
    assert '<h1 dir="auto">Void</h1>' in page
    assert [words in page for words in ("will appear here on its own", "Your post appears here.")] == [promises] * 2
