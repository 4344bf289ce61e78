"""What is said under an entry, as readers and programs get it."""

import re
from dataclasses import replace

from tests.dashboard.listener import listen
from tests.dashboard.newsroom import ANN

ENTRY = "https://chat.example/entry"


async def discuss(room, *said, under=ENTRY):
    """Each of ``said`` is a uri's last word; what it says is the same."""
    told = []
    for one in said:
        uri = f"https://chat.example/{one}"
        author = replace(ANN, uri=f"https://chat.example/by-{one}", name=f"Author of {one}")
        told.append(replace(room.a_post(f"words of {one}", uri=uri, author=author, in_reply_to=under), about=ENTRY))
    return await room.hears(told)


async def get(session, url, status=200):
    async with session.get(url, allow_redirects=False) as answer:
        assert answer.status == status
        return await answer.text(), answer.headers.get("Location")


async def test_an_entrys_page_shows_what_is_said_under_it_nested_once(server, room, session):
    await room.says("the entry", uri=ENTRY)
    await discuss(room, "one", "two")
    await discuss(room, "three", under="https://chat.example/one")
    page, _ = await get(session, server / "p/1")
    said = re.findall(r"(<ol>|</ol>|words of \w+)", page.partition('id="comments"')[2])
    assert said == ["<ol>", "words of one", "<ol>", "words of three", "</ol>", "words of two", "</ol>"]
    assert '<h2 id="comments-title">3 comments</h2>' in page


async def test_an_entry_without_comments_says_nothing_of_them(server, room, session):
    await room.says("the entry", uri=ENTRY)
    page, _ = await get(session, server / "p/1")
    line, _ = await get(session, server / "e/conf")
    assert ("discussion" in page, "comment" in line) == (False, False)


async def test_the_timeline_counts_comments_on_the_card_and_shows_none(server, room, session):
    await room.says("the entry", uri=ENTRY)
    await discuss(room, "one", "two")
    line, _ = await get(session, server / "e/conf")
    assert re.findall(r'href="(/p/1#comments)">.*?(\d+ comments?)</a>', line) == [("/p/1#comments", "2 comments")]
    assert "words of" not in line
    async with session.get(server / "api/v1/events/conf/posts") as answer:
        told = await answer.json()
    assert [(post["id"], post["counts"]["replies"]) for post in told["posts"]] == [("1", 2)]


async def test_a_comments_address_leads_to_its_place_under_the_entry(server, room, session):
    await room.says("the entry", uri=ENTRY)
    await discuss(room, "one")
    assert await get(session, server / "p/2", 302) == ("302: Found", "/p/1#item-2")
    async with session.get(server / "api/v1/posts/2") as answer:
        comment = await answer.json()
    assert (comment["id"], comment["in_reply_to"], comment["text"]) == ("2", ENTRY, "words of one")


async def test_a_reader_who_is_there_gets_the_entrys_card_again_and_no_new_post(server, room, session):
    await room.says("the entry", uri=ENTRY)
    heard = []
    for address in ("e/conf/stream", "api/v1/events/conf/stream"):
        seen = await room.number()
        async with listen(session, server / address) as reader:
            await reader.next("event")
            await reader.until(await discuss(room, f"under-{seen}"))
        heard.append([one for one in reader.heard if one.kind == "post"])
    [card], [told] = heard
    assert ('id="item-1"' in card.data, "1 comment<" in card.data, "words of" in card.data) == (True, True, False)
    assert (told.json["id"], told.json["counts"]["replies"]) == ("1", 2)


async def test_with_its_entry_a_comment_is_gone(server, room, session):
    await room.says("the entry", uri=ENTRY)
    await discuss(room, "one")
    await get(session, server / "p/2", 302)
    await room.removes(ENTRY)
    page, _ = await get(session, server / "p/2", 410)
    assert "words of one" not in page
