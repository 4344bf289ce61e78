"""What a post quotes stands within its card, once, and leaves it as soon as it is taken back."""

import re

from storage import media, quotations
from tests.dashboard.newsroom import NOON
from timeline.post import Author, Post, Removal, Sighting

URI = "https://chat.example/quoted"
BEN = Author(
    network="chat", uri="https://chat.example/ben", name="Ben Okoro", handle="@ben", avatar="https://f.example/b"
)


def quoted(words="<p>Said <b>before</b> &amp; elsewhere</p>", **more):
    post = Post(network="chat", uri=URI, url=URI, author=BEN, published_at=NOON, html=words, **more)
    return Sighting(ref=URI, post=post)


async def keep(room, *heard):
    await room.store.write(quotations.keep, heard, source_id=room.source.id, at=NOON)


async def quote_on(session, server, path="e/conf"):
    """The block as text; None where there is none."""
    async with session.get(server / path) as answer:
        page = await answer.text()
    found = re.search(r'<(blockquote|p) class="quote.*?</\1>', page, re.DOTALL)
    return found and found[0]


async def test_a_quoted_post_stands_in_the_card_with_its_author(server, room, session):
    await room.says("look at this", quotes=URI)
    assert await quote_on(session, server) is None
    await keep(room, quoted())

    block = await quote_on(session, server)

    assert "Ben Okoro" in block
    assert f'href="{URI}"' in block
    assert '<p dir="auto">Said before &amp; elsewhere</p>' in block
    assert await quote_on(session, server, "p/1") == block


async def test_what_it_quotes_in_turn_is_not_shown(server, room, session):
    await room.says("look at this", quotes=URI)
    await keep(room, quoted(quotes="https://chat.example/further"))

    block = await quote_on(session, server)

    assert "further" not in block


async def test_one_with_a_warning_shows_the_warning_alone(server, room, session):
    await room.says("look at this", quotes=URI)
    await keep(room, quoted(content_warning="Spiders"))

    block = await quote_on(session, server)

    assert "Content warning: Spiders" in block
    assert "before" not in block


async def test_one_that_was_removed_says_so(server, room, session):
    await room.says("look at this", quotes=URI)
    await keep(room, quoted())
    assert "Said before" in await quote_on(session, server)

    await room.hears([Removal(ref=URI)])

    assert await quote_on(session, server) == '<p class="quote quote--gone">This post was removed.</p>'


async def test_the_face_of_who_is_quoted_may_be_fetched_while_they_are(server, room, session):
    await room.says("look at this", quotes=URI)
    await keep(room, quoted())
    [face] = [one for one in await room.store.read(media.pending, 9, NOON) if one.source_url == BEN.avatar]
    size = {"width": 1, "height": 1, "size_bytes": 1, "content_type": "image/webp"}
    await room.store.write(media.keep, face.key, content_hash="ab" * 32, at=NOON, **size)
    assert await room.store.read(media.find, face.key) is not None
    assert f"/media/{face.key}" in await quote_on(session, server)

    await room.hears([Removal(ref=URI)])

    assert await room.store.read(media.find, face.key) is None
