"""What is no longer listed: kept when it is merely old, removed when its page says that it is gone."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.adapter import Ask
from collector.networks import feeds
from collector.recheck import Recalling
from tests.fakes.feedserver import FeedServer, rss
from tests.fakes.ledger import a_source
from timeline.post import Removal, Sighting

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def server():
    async with FeedServer() as running:
        yield running


class Blog:
    """A feed whose entries have pages, asked every five minutes."""

    def __init__(self, server, http):
        self.server, self.http, self.now, self.cursors = server, http, NOW, {}
        self.source = a_source(kind="feed", settings={"url": server.url("/news.rss")})

    def lists(self, *numbers):
        for number in numbers:
            self.server.serve(f"/{number}", "<html>a page", content_type="text/html")
        self.server.serve("/news.rss", rss(*map(self.item, numbers)))

    def item(self, number):
        url = self.server.url(f"/{number}")
        at = f"Sat, 21 Nov 2026 09:{number:02d}:00 GMT"
        return f"<item><title>Story {number}</title><link>{url}</link><guid>{url}</guid><pubDate>{at}</pubDate></item>"

    async def polls(self, times=1):
        """The numbers of what is removed."""
        gone = []
        for _ in range(times):
            ask = Ask(source=self.source, cursors=self.cursors, now=self.now)
            async for batch in feeds.fetch(ask, self.http):
                self.cursors = {**self.cursors, **batch.cursors}
                gone += [one.ref.rpartition("/")[2] for one in batch.heard if isinstance(one, Removal)]
            self.now += timedelta(minutes=5)
        return gone

    def asked(self, number):
        return len(self.server.asked[f"/{number}"])


async def test_what_is_too_old_for_the_feed_stays_and_nobody_asks_for_its_page(server, http):
    blog = Blog(server, http)
    blog.lists(3, 2, 1)
    await blog.polls()
    blog.lists(5, 4, 3)
    assert (await blog.polls(5), blog.asked(1), blog.asked(2)) == ([], 0, 0)


async def test_a_page_that_says_gone_is_believed_at_once(server, http):
    blog = Blog(server, http)
    blog.lists(3, 2, 1)
    await blog.polls()
    blog.lists(3, 1)
    server.refuse("/2", 410)
    assert (await blog.polls(5), blog.asked(2)) == (["2"], 1)


async def test_a_page_has_to_be_missing_twice(server, http):
    blog = Blog(server, http)
    blog.lists(3, 2, 1)
    await blog.polls()
    blog.lists(3, 1)
    server.refuse("/2", 404)
    assert (await blog.polls(2), blog.asked(2)) == ([], 1)
    assert (await blog.polls(4), blog.asked(2)) == (["2"], 2)


async def test_an_entry_that_is_listed_again_was_never_gone(server, http):
    blog = Blog(server, http)
    blog.lists(3, 2, 1)
    await blog.polls()
    blog.lists(3, 1)
    server.refuse("/2", 404)
    await blog.polls()
    blog.lists(3, 2, 1)
    assert (await blog.polls(5), blog.asked(2)) == ([], 1)


async def test_a_page_that_is_there_or_fails_removes_nothing(server, http):
    blog = Blog(server, http)
    blog.lists(4, 3, 2, 1)
    await blog.polls()
    blog.lists(4, 1)
    server.refuse("/2", 500)
    assert (await blog.polls(5), blog.asked(3)) == ([], 1)
    assert blog.asked(2) > 1


async def test_recalled_entries_are_gone_where_their_page_says_so(server, http):
    assert isinstance(feeds, Recalling)
    blog = Blog(server, http)
    blog.lists(3, 2, 1)
    server.refuse("/2", 410)
    server.refuse("/3", 404)
    refs = [server.url("/1"), server.url("/2"), server.url("/3"), "tag:a,2026:1", server.url("/2#17")]
    assert await feeds.recall(refs, blog.source, http) == [Removal(ref=server.url("/2"))]


async def test_that_a_feed_ends_deletes_none_of_its_entries(server, http):
    blog = Blog(server, http)
    server.refuse("/news.rss", 410)
    refs = [server.url("/news.rss"), server.url("/news.rss#17")]
    assert await feeds.recall(refs, blog.source, http) == []


async def test_pages_of_other_sites_are_left_alone(server, http):
    source = a_source(kind="feed", settings={"url": "https://blog.example/feed"})
    server.refuse("/2", 410)
    assert (await feeds.recall([server.url("/2")], source, http), server.asked) == ([], {})


async def test_an_entry_is_looked_up_by_its_address(server, http):
    blog = Blog(server, http)
    blog.lists(2, 1)
    found = await feeds.look_up(server.url("/2?utm_source=mail"), blog.source, http)
    assert isinstance(found, Sighting)
    assert found.post.title == "Story 2"
    assert await feeds.look_up(server.url("/9"), blog.source, http) is None
