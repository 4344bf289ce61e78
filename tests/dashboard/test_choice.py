"""What a reader may ask of a timeline by its address."""

import re
from datetime import timedelta

import pytest

from tests.dashboard.newsroom import NOON
from timeline.post import Media

PICTURE = Media(kind="image", source_url="https://files.example/quay.jpg", alt="The quay", width=4, height=3)
SOUND = Media(kind="audio", source_url="https://files.example/gulls.mp3", alt="Gulls")


async def text(session, url, status=200):
    async with session.get(url) as answer:
        assert answer.status == status
        return await answer.text()


def said(page):
    return re.findall(r"<p>post (\d+)</p>", page)


def way(page, end):
    """Where the link above or below the list leads; None where it is not shown."""
    found = re.search(rf'data-end="{end}">\s*<a [^>]*href="/([^"]+)">', page)
    return found and found[1].replace("&amp;", "&")


async def test_only_posts_with_pictures_are_shown_and_paged(server, room, session):
    for count in range(45):
        await room.says(f"post {count}", media=(PICTURE,) if count % 2 else (SOUND,))

    first = await text(session, server / "e/conf?media=1")
    second = await text(session, server / way(first, "below"))

    assert said(first) + said(second) == [str(n) for n in range(43, 0, -2)]
    assert 'data-fits="[data-media]"' in first
    assert first.count(" data-media") == 20


async def test_filters_combine_and_each_link_keeps_the_others(server, room, session):
    await room.says("post 1", media=(PICTURE,))
    page = await text(session, server / "e/conf?network=chat&media=1&order=oldest")

    assert said(page) == ["1"]
    assert 'href="/e/conf?network=chat&amp;media=1&amp;highlighted=1&amp;order=oldest"' in page
    assert 'href="/e/conf?network=chat&amp;order=oldest" aria-current="true"' in page


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("highlighted=1", "No highlights yet."),
        ("media=1", "Nothing with pictures yet."),
        ("network=chat&media=1", "Nothing from Chat with pictures yet."),
        ("network=chat&media=1&highlighted=1", "No highlights with pictures from Chat yet."),
    ],
)
async def test_an_empty_view_says_what_of(server, room, session, asked, words):
    await room.says("post 1")
    assert words in await text(session, server / f"e/conf?{asked}")


@pytest.mark.parametrize("asked", ["media=yes", "highlighted=true", "order=newest", "after=rubbish"])
async def test_what_no_view_answers_to_leads_back_to_the_event(server, room, session, asked):
    assert 'href="/e/conf">Back to ' in await text(session, server / f"e/conf?{asked}", status=404)


async def test_a_timeline_is_read_from_its_beginning(server, room, session):
    for count in range(45):
        await room.says(f"post {count}")
    path, seen = "e/conf?order=oldest", []
    while path:
        page = await text(session, server / path)
        seen += said(page)
        path = way(page, "below")
    back = await text(session, server / way(page, "above"))

    assert seen == [str(n) for n in range(45)]
    assert said(back) == [str(n) for n in range(20, 40)]
    assert "Newest first" in back


async def test_a_page_further_down_leads_up_again_without_a_gap(server, room, session):
    for count in range(45):
        await room.says(f"post {count}")
    first = await text(session, server / "e/conf")
    second = await text(session, server / way(first, "below"))
    third = await text(session, server / way(second, "below"))
    up = await text(session, server / way(third, "above"))
    top = await text(session, server / way(up, "above"))

    assert said(up) == said(second)
    assert said(top) == said(first)
    assert way(first, "above") is None
    assert way(top, "above") is None


async def test_posts_of_one_moment_are_read_once_in_either_order(server, room, session):
    moment = NOON - timedelta(hours=1)
    for count in range(50):
        await room.says(f"post {count}", published_at=moment)
    orders = {}
    for order in ("?order=oldest", ""):
        path, seen = f"e/conf{order}", []
        while path:
            page = await text(session, server / path)
            seen += said(page)
            path = way(page, "below")
        orders[order] = seen

    assert orders["?order=oldest"] == orders[""][::-1] == [str(n) for n in range(50)]


async def test_an_answer_to_oneself_is_joined_to_what_stands_before_it(server, room, session):
    start = "https://chat.example/start"
    await room.says("post 0", uri=start)
    await room.says("post 1", uri=f"{start}/1", in_reply_to=start)
    await room.says("post 2")
    await room.says("post 3", in_reply_to=f"{start}/1")

    for order in ("", "?order=oldest"):
        page = await text(session, server / f"e/conf{order}")
        cards = re.findall(r'<article [^>]*id="item-(\d)"([^>]*)>', page)
        assert {number for number, attributes in cards if "data-joined" in attributes} == {"2"}
        assert {number for number, attributes in cards if "data-thread" in attributes} == {"2", "4"}


async def test_the_page_of_a_post_shows_the_whole_thread_of_its_author(server, room, session):
    start = "https://chat.example/start"
    await room.says("post 0", uri=start)
    await room.says("post 1", uri=f"{start}/1", in_reply_to=start)
    await room.says("post 2", uri=f"{start}/2", in_reply_to=f"{start}/1")
    await room.says("post 3")

    assert said(await text(session, server / "p/2")) == ["1", "0", "2"]
    assert "The whole thread" not in await text(session, server / "p/4")
    await room.removes(f"{start}/2")
    assert said(await text(session, server / "p/2")) == ["1", "0"]
