"""A card says in one line whom its post answers, and leads there."""

import re

import pytest

from dashboard.render import Renderer
from dashboard.site import Site
from tests.dashboard.newsroom import CHAT, NOON, an_event
from tests.dashboard.test_guarded_card import X, an_item
from timeline.post import Author, Post, Removal, Sighting
from timeline.thread import Answered

URI = "https://chat.example/asked"
BEN = Author(network="chat", uri="https://chat.example/ben", name="Ben <Okoro>", handle="@ben")


@pytest.fixture
def renderer():
    return Renderer(Site(title="Test", base_url="http://live.example", trusted_proxies=(), version="1"), [CHAT, X])


def asked(**more):
    told = {
        "network": "chat",
        "uri": URI,
        "url": URI,
        "author": BEN,
        "published_at": NOON,
        "html": "<p>Who has it?</p>",
    }
    return Sighting(ref=URI, post=Post(**told | more))


def line(page):
    """The line without its drawing; None where there is none."""
    found = re.search(r'<p class="answered">.*?</svg><span>(.*?)</span></p>', page, re.DOTALL)
    return found and found[1].replace("\n", "")


async def line_on(session, server, path="e/conf"):
    async with session.get(server / path) as answer:
        return line(await answer.text())


async def test_it_leads_to_what_is_answered_here_and_goes_with_it(server, room, session):
    await room.hears([asked()])
    await room.says("I do", in_reply_to=URI)

    assert await line_on(session, server) == 'Replying to <a href="/p/1" dir="auto">@ben</a>'
    assert await line_on(session, server, "p/2") == 'Replying to <a href="/p/1" dir="auto">@ben</a>'

    await room.hears([Removal(ref=URI)])
    assert await line_on(session, server) is None


async def test_it_stands_above_a_warning_and_not_in_it(server, room, session):
    await room.hears([asked()])
    await room.says("I do", in_reply_to=URI, content_warning="Keys")

    async with session.get(server / "e/conf") as answer:
        page = await answer.text()

    assert page.index('class="answered"') < page.index('class="warned"')


async def test_json_tells_what_it_always_told(server, room, session):
    await room.hears([asked()])
    await room.says("I do", in_reply_to=URI)

    async with session.get(server / "api/v1/events/conf/posts") as answer:
        [reply, _] = (await answer.json())["posts"]

    assert reply["in_reply_to"] == URI
    assert "answered" not in reply


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        (
            Answered(author=BEN, url=URI),
            f'Replying to <a href="{URI}" rel="nofollow noopener noreferrer" dir="auto">@ben</a>',
        ),
        (
            Answered(author=Author(network="chat", uri="b", name="Ben <Okoro>"), url=None),
            'Replying to <span dir="auto">Ben &lt;Okoro&gt;</span>',
        ),
        (Answered(author=BEN, url="javascript:alert(1)"), 'Replying to <span dir="auto">@ben</span>'),
        (
            Answered(author=BEN, url=URI, item_id=3, own=True),
            '<a href="/p/3" dir="auto">Continuing a thread</a>',
        ),
    ],
)
def test_it_names_the_handle_or_else_the_name_and_leads_where_that_can_be_read(renderer, answered, expected):
    assert line(renderer.card(an_item("chat", answered=answered), an_event())) == expected


def test_on_a_card_that_leads_back_to_its_network_it_does_so_too(renderer):
    answered = Answered(author=BEN, url="https://x.com/i/status/1", item_id=3)

    card = renderer.card(an_item("x", answered=answered), an_event())

    assert 'href="https://x.com/i/status/1"' in line(card)
