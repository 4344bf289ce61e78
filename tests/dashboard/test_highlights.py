"""The page of highlights: what the desk picked, by day, and nothing else."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from dashboard.keys import RENDERER
from storage.tables import items, posts
from tests.dashboard.newsroom import NOON, Newsroom, an_event


async def text(session, url, status=200):
    async with session.get(url) as answer:
        assert answer.status == status
        return await answer.text()


async def pick(store, *uris, phrase=None):
    """Highlight these posts; all there are without any."""
    which = items.c.post_id.in_(select(posts.c.id).where(posts.c.uri.in_(uris))) if uris else items.c.id > 0
    picked = update(items).where(which).values(highlighted_at=NOON, phrase=phrase)
    await store.write(lambda writing: writing.execute(picked) and None)


async def test_without_any_it_says_so_and_no_tab_leads_there(server, room, session):
    await room.says("one")
    page = await text(session, server / "e/conf/highlights")
    assert "Highlights will collect here." in page
    assert 'content="noindex"' in page
    assert '/highlights"' not in (await text(session, server / "e/conf")).split("<main")[1]


async def test_they_stand_by_day_newest_first_or_the_other_way_round(server, room, store, session):
    for days in (2, 1, 0):
        await room.says(f"said {days} days ago", published_at=NOON - timedelta(days=days))
    await pick(store)
    await room.says("not picked")

    def read(page):
        return re.findall(r"<h2 [^>]*>(\w+ \d+ \w+)|said (\d) days ago</p>", page)

    page = await text(session, server / "e/conf/highlights")
    days = [("Saturday 21 November", "0"), ("Friday 20 November", "1"), ("Thursday 19 November", "2")]
    there = [part for day, said in days for part in ((day, ""), ("", said))]
    assert read(page) == there
    assert "not picked" not in page
    assert "3 picked by the desk" in page
    back = [part for day, said in days[::-1] for part in ((day, ""), ("", said))]
    assert read(await text(session, server / "e/conf/highlights?order=oldest")) == back


async def test_the_phrase_stands_out_and_the_whole_post_is_behind_it(server, room, store, session):
    await room.says("before. The words that matter. after")
    await pick(store, phrase="The words that  matter.")
    page = await text(session, server / "e/conf/highlights")

    assert re.search(r'<blockquote class="pick__phrase"[^>]*>The words that matter.</blockquote>', page)
    assert "before. <mark>The words that matter.</mark> after" in page
    assert 'href="/p/1"' in page


async def test_a_part_is_the_same_as_in_the_page(server, room, store, session):
    await room.says("one")
    await pick(store)
    assert await text(session, server / "e/conf/highlights?fragment=list") in await text(
        session, server / "e/conf/highlights"
    )


async def test_behind_a_content_warning_it_stays(server, room, store, session):
    await room.says("secret words", content_warning="Talk of loss")
    await pick(store, phrase="secret")
    page = await text(session, server / "e/conf/highlights")
    assert "pick__phrase" not in page
    assert page.index("Talk of loss") < page.index("<mark>secret</mark> words")
    assert "<details" in page


async def test_hidden_and_removed_ones_leave(server, room, store, session):
    await room.says("regretted", uri="https://chat.example/regret")
    await room.says("kept from sight", uri="https://chat.example/hide")
    await pick(store)
    assert "regretted" in await text(session, server / "e/conf/highlights")
    await room.removes("https://chat.example/regret")
    hide = update(items).where(items.c.id == 2).values(state="hidden")
    await store.write(lambda writing: writing.execute(hide) and None)
    page = await text(session, server / "e/conf/highlights")
    assert "regretted" not in page
    assert "kept from sight" not in page


@pytest.mark.parametrize(("visibility", "status"), [("draft", 404), ("unlisted", 200)])
async def test_a_draft_has_none_and_an_unlisted_event_is_not_indexed(server, store, session, visibility, status):
    room = await Newsroom.open(store, an_event("quiet", visibility=visibility))
    await room.says("one")
    await pick(store)
    assert 'content="noindex"' in await text(session, server / "e/quiet/highlights", status)


async def test_one_that_cannot_be_drawn_stops_no_other(server, room, store, session, monkeypatch):
    for words in ("one", "two", "three"):
        await room.says(words)
    await pick(store)
    renderer = server.app[RENDERER]

    class Clumsy(type(renderer._pick)):
        def render(self, item, **context):
            if item.post.text == "two":
                raise ValueError("a template went wrong")
            return super().render(item=item, **context)

    monkeypatch.setattr(renderer._pick, "__class__", Clumsy)
    page = await text(session, server / "e/conf/highlights?fragment=list")

    assert [words for words in ("one", "two", "three") if f"<p>{words}</p>" in page] == ["one", "three"]
    assert page.count("data-of=") == 3
