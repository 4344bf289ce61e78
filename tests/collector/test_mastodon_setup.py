"""What a Mastodon server says at set-up, and what it keeps from us."""

from datetime import UTC, datetime

import pytest

from collector.http import Http
from collector.networks import mastodon
from tests.fakes.ledger import a_source
from tests.fakes.mastodon import FakeMastodon
from timeline.errors import SourceUnavailable
from timeline.network import Secret

NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("local", "remote", "token", "words"),
    [
        ("disabled", "disabled", "s3cret", "shows no hashtags"),
        ("authenticated", "disabled", None, "shows hashtags to members only"),
        ("public", "disabled", None, "shows no posts of other servers"),
        ("public", "authenticated", None, "shows no posts of other servers without a token"),
        ("public", "authenticated", "s3cret", "streams"),
        ("authenticated", "disabled", "s3cret", "shows no posts of other servers, streams"),
        ("disabled", "public", None, "shows no posts of its own people"),
    ],
)
async def test_what_a_server_keeps_from_us_is_said_plainly(http, local, remote, token, words):
    async with FakeMastodon(access={"local": local, "remote": remote}) as server:
        source = a_source(settings={"server": server.url, "token": Secret(token) if token else None})
        try:
            told = await mastodon.check(source, http)
        except SourceUnavailable as error:
            told = error.reason
        assert told.removeprefix("127.0.0.1").removeprefix(": #pyconf 0 posts,").strip() == words


async def test_check_says_where_a_token_does_not_stream(http):
    async with FakeMastodon(version="0.20.1 git-3f2a1b4") as modest, FakeMastodon() as strict:
        source = a_source(settings={"server": modest.url, "token": Secret("s3cret")})
        told = "127.0.0.1: #pyconf 0 posts, GoToSocial streams no hashtags: it is asked at intervals"
        assert await mastodon.check(source, http) == told
        strict.streaming.tokens.clear()
        with pytest.raises(SourceUnavailable, match="does not let this token listen"):
            await mastodon.check(a_source(settings={"server": strict.url, "token": Secret("s3cret")}), http)


async def test_check_says_what_each_hashtag_shows(http):
    async with FakeMastodon() as server:
        for _ in range(50):
            server.post()
        source = a_source(settings={"server": server.url + "/"}, hashtags=("pyconf", "quiet"))
        assert await mastodon.check(source, http) == "127.0.0.1: #pyconf 40+ posts, #quiet 0 posts"


async def test_an_unencrypted_server_is_refused_on_the_open_internet():
    async with Http(contact="c", version="0", base_url="b") as guarded:
        with pytest.raises(SourceUnavailable, match="not encrypted"):
            await mastodon.check(a_source(settings={"server": "http://mastodon.example"}), guarded)
