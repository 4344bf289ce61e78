"""Search for people: what is found and marked, and the next step where nothing is."""

import re
from datetime import timedelta

import pytest

from dashboard import hits
from dashboard.keys import STORE
from tests.dashboard.newsroom import ANN, CHAT, NOON, Newsroom, an_event
from timeline.network import NetworkInfo
from timeline.post import Author
from timeline.query import Query, Term

GUARDED = NetworkInfo(key="x", label="X", fields=(), dehydrated=True)


@pytest.fixture
def networks():
    return [CHAT, GUARDED]


async def read(session, url, **query):
    async with session.get(url, params=query) as answer:
        return answer.status, await answer.text()


def texts(page):
    """What each card says, marks and all."""
    return re.findall(r'<div class="words"[^>]*>(.*?)</div>', page)


def status(page):
    return re.search(r"data-status>\s*([^<]*?)\s*<", page)[1]


async def test_what_is_found_is_shown_newest_first_with_its_words_marked(server, session, room):
    for words in ("Quay open", 'The <a href="https://a.example/quay">quay</a> &amp; café', "Pier"):
        await room.says(words)

    _, page = await read(session, server / "e/conf/search", q="qua cafe")
    _, both = await read(session, server / "e/conf/search", q="quay")

    assert [re.sub(r"<(?!/?span\b)[^>]*>", "", said) for said in texts(page)] == []
    assert status(page) == "No posts"
    assert [re.sub(r"<(?!/?span\b)[^>]*>", "", said) for said in texts(both)] == [
        'The <span class="hit">quay</span> &amp; café', '<span class="hit">Quay</span> open',
    ]  # fmt: skip
    assert 'href="https://a.example/quay"' in both
    assert status(both) == "2 posts"
    assert '<meta name="robots" content="noindex">' in both
    assert 'value="quay"' in both


async def test_names_are_marked_where_they_are_asked_for(server, session, room):
    await room.says("Ann about Ann", author=ANN)

    _, page = await read(session, server / "e/conf/search", q="from:ann")

    assert '<span class="hit">Ann</span> Lee' in page
    assert texts(page) == ["<p>Ann about Ann</p>"]


async def test_pages_follow_each_other(server, session, room):
    for number in range(45):
        await room.says(f"Quay {number}")
    seen, path, query = [], "e/conf/search", {"q": "quay"}
    while True:
        _, page = await read(session, server / path, **query)
        seen += [int(number) for number in re.findall(r"</span> (\d+)<", page)]
        older = re.search(r'href="/e/conf/search\?q=quay&amp;before=([^"]+)"', page)
        if older is None:
            break
        query = {"q": "quay", "before": older[1]}

    assert seen == list(range(44, -1, -1))
    assert status(page) == "45 posts"
    assert "Back to the newest found" in page
    assert (await read(session, server / "e/conf/search", q="quay", before="nowhere"))[0] == 404


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("", None),
        ("%%%", "There is no word in this to look for."),
        ("nothing<b>", "Nothing found for “nothing&lt;b&gt;”."),
        ("day:someday", "There is no day “someday”. Write day:12,"),
        ("network:myspace", "There is no network “myspace”. There are: chat."),
        ("has:cats", "has:cats is nothing that can be looked for."),
    ],
)
async def test_where_nothing_is_found_the_next_step_is_told(server, session, room, asked, told):
    await room.says("hello")

    answered, page = await read(session, server / "e/conf/search", q=asked)

    assert answered == 200
    assert texts(page) == []
    assert (told in page) if told else ('class="empty"' not in page)


async def test_before_anything_is_said_search_says_so_and_has_no_tab(server, session):
    await Newsroom.open(server.app[STORE])

    _, page = await read(session, server / "e/conf/search", q="quay")

    assert "Nothing has been said yet." in page
    assert 'class="tabs"' not in page


async def test_what_has_been_said_can_be_searched_from_every_page(server, session, room):
    await room.says("Quay")
    _, timeline = await read(session, server / "e/conf")
    _, page = await read(session, server / "e/conf/search")

    assert re.search(r'<a href="/e/conf/search"><svg .*?</svg>Search</a>', timeline)
    assert re.search(r'<a href="/e/conf/search" aria-current="page"><svg .*?</svg>Search</a>', page)


async def test_the_part_for_scripts_has_no_page_around_it(server, session, room):
    await room.says("Quay")

    _, part = await read(session, server / "e/conf/search", q="quay", fragment="found")

    assert "<html" not in part
    assert texts(part) == ['<p><span class="hit">Quay</span></p>']
    assert re.search(r"data-count hidden>\s*1 post\s*</p>", part)


async def test_posts_that_must_stay_as_they_are_are_found_and_not_marked(server, session, room):
    author = Author(network="x", uri="https://x.com/i/user/1", name="Vex", handle="@vex", url="https://x.com/vex")
    await room.says("Zebrafish", network="x", author=author, uri="https://x.com/i/status/1")

    _, page = await read(session, server / "e/conf/search", q="zebrafish")

    assert texts(page) == ["<p>Zebrafish</p>"]


async def test_the_api_takes_the_same_query_and_names_what_it_does_not_take(server, session, room):
    for number in range(5):
        await room.says(f"Open data {number}", published_at=NOON - timedelta(days=number))
    posts = server / "api/v1/events/conf/posts"

    async def found(**query):
        async with session.get(posts, params=query) as answer:
            return await answer.json()

    first = await found(q='"open data" -3 day:20 day:21 day:18', limit="1")
    rest = await found(q='"open data" -3 day:20 day:21 day:18', limit="5", before=first["next"])

    assert [post["text"] for post in [*first["posts"], *rest["posts"]]] == ["Open data 0", "Open data 1"]
    assert (first["seq"], rest["next"]) == (await room.number(), None)
    mistaken = await found(q="day:someday")
    assert (mistaken["status"], "day:someday" in mistaken["detail"]) == (400, True)
    assert (await found(q="%"))["posts"] == []


async def test_a_draft_cannot_be_searched(server, session, store):
    draft = await Newsroom.open(store, an_event("draft", visibility="draft"))
    await draft.says("Quay")

    assert (await read(session, server / "e/draft/search", q="quay"))[0] == 404


@pytest.mark.parametrize(
    ("card", "marked"),
    [
        ('<p title="quay">quay</p>', '<p title="quay">quay</p>'),
        ('<p dir="auto" title="a > quay">quay</p>quay', '<p dir="auto" title="a > quay">[quay]</p>quay'),
        ('<div dir="auto"><div>Qu<i>ay</i></div>QUÁY</div>', '<div dir="auto"><div>Qu<i>ay</i></div>[QUÁY]</div>'),
        ('<p dir="auto">a &lt;open <a>data</a>&gt;</p>', '<p dir="auto">a &lt;[open] <a>[data]</a>&gt;</p>'),
        ('<p dir="auto">open data, open</p>', '<p dir="auto">[open data], open</p>'),
        ('<p dir="auto">pierced #piers26</p>', '<p dir="auto">[pierced] #piers26</p>'),
        ('<p dir="auto">東京タ</p>', '<p dir="auto">[東京]タ</p>'),
    ],
)
def test_words_are_marked_where_people_wrote_them_and_nowhere_else(card, marked):
    terms = (Term(("quay",)), Term(("open", "data")), Term(("pier",), prefix=True), Term(("東", "京")))

    hit = marked.replace("[", '<span class="hit">').replace("]", "</span>")
    assert hits.mark(card, Query(terms=terms), {"piers26"}) == hit
