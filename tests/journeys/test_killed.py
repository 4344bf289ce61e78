"""A thousand posts offered twice, and the process killed ten times meanwhile."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from tests.fakes.appview import FakeAppView
from tests.fakes.feedserver import FeedServer, rss
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.mastodon import FakeMastodon
from tests.reader import Reader, all_posts
from tests.service import Service

POSTS = 1_000
KILLS = 10
OFFERS_A_ROUND = 25
"""Posts are offered this many at a time, a tenth of a second apart."""

CONFIGURATION = """
[network]
allow_private_addresses = true

[[event]]
slug = "pyconf"
title = "PyConf"
hashtags = ["pyconf", "pyconf26"]

[[event.source]]
kind = "mastodon"
server = "{mastodon}"
every = "1s"

[[event.source]]
kind = "bluesky"
jetstream = ["{jetstream}"]
appview = "{appview}"

[[event.source]]
kind = "feed"
url = "{feed}"
every = "1s"
"""


class Offers:
    """Each post is offered twice by its server.

    Mastodon has it under both hashtags, which are asked for one by one; Jetstream says it a second time, some time
    later; the feed lists it twice.
    """

    def __init__(self, mastodon: FakeMastodon, jetstream: FakeJetstream, feeds: FeedServer, chance: random.Random):
        self.mastodon, self.jetstream, self.feeds = mastodon, jetstream, feeds
        self.entries: list[str] = []
        by_server = [("mastodon", n) for n in range(334)] + [("bluesky", n) for n in range(333)]
        offered = [*by_server, *(("feed", n) for n in range(333))]
        again = [(network, n) for network, n in offered if network != "mastodon"]
        chance.shuffle(offered)
        self.order = [*offered]
        for offer in again:  # anywhere after the first time
            self.order.insert(chance.randint(self.order.index(offer) + 1, len(self.order)), offer)

    def uris(self) -> set[str]:
        return (
            {status["uri"] for status in self.mastodon.statuses}
            | {f"at://did:plc:ada/app.bsky.feed.post/b{n}" for n in range(333)}
            | {f"https://meadow.example/{n}" for n in range(333)}
        )

    def offer(self, network: str, number: int) -> None:
        if network == "mastodon":
            faceless = {
                **self.mastodon.account("ada"),
                "avatar": None,
                "avatar_static": None,
            }  # whose arrival is a change
            self.mastodon.post(f"Toot {number}", tags=("pyconf", "pyconf26"), account=faceless)
        elif network == "bluesky":
            self.jetstream.post(f"Skeet {number} #pyconf", rkey=f"b{number}")
        else:
            address, date = f"https://meadow.example/{number}", f"{datetime.now(UTC):%a, %d %b %Y %H:%M} GMT"
            self.entries.append(
                f"<item><title>Entry {number}</title><link>{address}</link><guid>{address}</guid>"
                f"<pubDate>{date}</pubDate></item>"
            )
            self.feeds.serve("/news", rss(*reversed(self.entries)))

    async def all_of_them(self) -> None:
        for begin in range(0, len(self.order), OFFERS_A_ROUND):
            for network, number in self.order[begin : begin + OFFERS_A_ROUND]:
                self.offer(network, number)
            await asyncio.sleep(0.3)


@pytest.mark.timeout(300)  # on a machine that is busy with others
async def test_a_thousand_posts_are_stored_and_seen_exactly_once_whatever_is_killed(tmp_path, capsys):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    async with AsyncExitStack() as stack:
        mastodon = await stack.enter_async_context(FakeMastodon())
        jetstream = await stack.enter_async_context(FakeJetstream())
        appview = await stack.enter_async_context(FakeAppView(silent=True))
        feeds = await stack.enter_async_context(FeedServer())
        feeds.serve("/news", rss())
        addresses = {"mastodon": mastodon.url, "jetstream": jetstream.url, "appview": appview.url}
        (tmp_path / "backchannel.toml").write_text(CONFIGURATION.format(feed=feeds.url("/news"), **addresses))
        offers = Offers(mastodon, jetstream, feeds, chance)
        service = await stack.enter_async_context(Service(tmp_path))
        reader = await stack.enter_async_context(Reader(service.url, "pyconf"))
        await jetstream.until_connected()
        await reader.until_connected()
        offering = asyncio.create_task(offers.all_of_them())
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.0, 1.5))
            await service.kill()
            await service.begin()
            if chance.random() < 0.8:  # else it is killed while it starts
                await service.ready.wait()
        await service.ready.wait()
        await offering
        await reader.until(lambda reader: len({post["uri"] for post in reader.posts}) >= POSTS, timeout_s=30)
        stored = await all_posts(service.url, "pyconf")

    with capsys.disabled():
        print(f"\nseed {seed}: {len(stored)} stored, {reader.connections} connections of the reader")
    assert Counter(post["uri"] for post in stored) == Counter(offers.uris())
    assert Counter(post["uri"] for post in reader.posts) == Counter(offers.uris())
    assert reader.numbers == sorted(set(reader.numbers))
