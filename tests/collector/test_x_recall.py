"""Single posts of X: asked for again, and known by their addresses."""

import pytest

from collector.networks import x
from tests.collector.streaming_x import source_of
from tests.fakes.x import FakeX
from timeline.errors import SourceUnavailable
from timeline.post import Removal, Sighting


@pytest.fixture
async def server():
    async with FakeX() as server:
        yield server


async def test_posts_asked_for_again_are_as_they_are_now(server, http):
    here, edited, deleted, protected = (server.post(f"{n} #pyconf", author=name) for n, name in enumerate("abcd"))
    server.edit(edited, "newer #pyconf")
    server.delete(deleted)
    server.author("d", protected=True)
    withheld = server.post(withheld={"copyright": False, "country_codes": ["DE"]})
    refs = [tweet["id"] for tweet in (here, edited, deleted, protected, withheld)]

    heard = await x.recall([*refs, "1"], source_of(server), http)

    assert {one.ref for one in heard if isinstance(one, Removal)} == {
        deleted["id"],
        protected["id"],
        withheld["id"],
        "1",
    }
    shown = {one.ref: one.post.html.split(" ")[0] for one in heard if isinstance(one, Sighting)}
    assert shown == {here["id"]: "<p>0", edited["id"]: "<p>newer"}


async def test_a_look_at_an_address_costs_nothing(server, http):
    assert await x.look_up("https://mastodon.example/@ada/1", source_of(server), http) is None
    with pytest.raises(SourceUnavailable, match="X charges") as told:
        await x.look_up("https://twitter.com/ada/status/42?s=20", source_of(server), http)
    assert "budget" in told.value.hint
    assert server.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "https://x.com/ada/status/42",
        "https://twitter.com/ada/status/42?s=20&t=abc",
        "https://mobile.twitter.com/ada/statuses/42",
        "https://x.com/i/web/status/42",
        "https://x.com/i/status/42",
        "https://www.x.com/ada/status/42/photo/1",
    ],
)
def test_every_address_of_a_post_tells_its_name(address):
    assert x.uri_at(address) == "https://x.com/i/status/42"


@pytest.mark.parametrize(
    "address", ["https://x.com/ada", "https://x.example/ada/status/42", "https://x.com/ada/status/b"]
)
def test_other_addresses_tell_none(address):
    assert x.uri_at(address) is None
