"""What feeds say, as the database then has it."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.adapter import Ask
from collector.networks import feeds
from storage import events, intake, items, sources
from tests.factories import a_source, an_event
from tests.fakes.feedserver import FeedServer, rss

NOW = datetime.now(UTC).replace(microsecond=0)
NETWORKS = {"feed": feeds.INFO}
THREAD = "xmlns:thr='http://purl.org/syndication/thread/1.0' xmlns:at='http://purl.org/atompub/tombstones/1.0'"


class Room:
    """One event with one trusted feed, polled by hand."""

    def __init__(self, server, http, store):
        self.server, self.http, self.store, self.now = server, http, store, NOW

    async def opens(self, **more):
        around = {"starts_at": NOW - timedelta(days=1), "collect_from": NOW - timedelta(days=9)}
        self.event = await self.store.write(events.save, an_event(**around, **more), origin="file", at=NOW)
        told = a_source(kind="feed", settings={"url": self.server.url("/feed")}, trusted=True)
        await self.store.write(sources.sync, self.event.id, [told], origin="file", at=NOW)
        [self.source] = await self.store.read(sources.active, NOW, NETWORKS)
        return self

    async def polls(self, *, after=timedelta(minutes=20)):
        """How many posts are new, edited and removed."""
        done = [0, 0, 0]
        ask = Ask(source=self.source, cursors=await self.store.read(sources.cursors, [self.source.id]), now=self.now)
        async for batch in feeds.fetch(ask, self.http):
            taken = await self.store.write(
                intake.accept, batch.heard, source_ids=[self.source.id], networks=NETWORKS, cursors=batch.cursors,
                backfill=batch.backfill, at=self.now,
            )  # fmt: skip
            done = [one + more for one, more in zip(done, (taken.added, taken.changed, taken.removed), strict=True)]
        self.now += after
        return done

    async def shown(self):
        return (await self.store.read(items.page, self.event.id, limit=100)).items


@pytest.fixture
async def room(http, store):
    async with FeedServer() as server:
        yield Room(server, http, store)


def blog(site, numbers, *, guid="{site}/?p={n}", at=NOW):
    def one(n):
        when = at - timedelta(hours=n)
        return (
            f"<item><title>Story {n}</title><link>{site}/story-{n}</link><guid>{guid.format(site=site, n=n)}</guid>"
            f"<description>Words {n}</description><pubDate>{when:%a, %d %b %Y %H:%M:%S} +0000</pubDate></item>"
        )

    return rss(*map(one, numbers))


async def test_a_blog_that_moves_says_only_what_is_new(room):
    await room.opens()
    room.server.serve("/feed", blog("http://old.example", range(1, 21)))
    assert await room.polls() == [20, 0, 0]
    before = {item.post.uri: item.published_at for item in await room.shown()}
    room.server.serve("/feed", blog("https://new.example", range(0, 21), guid="tag:new.example,2026:{n}"))

    assert await room.polls() == [1, 20, 0]

    after = {item.post.uri: item.published_at for item in await room.shown()}
    assert {uri: after[uri] for uri in before} == before
    assert after.keys() - before.keys() == {"tag:new.example,2026:0"}
    assert {item.post.url.partition("/story")[0] for item in await room.shown()} == {"https://new.example"}


async def test_an_old_story_that_comes_back_with_a_fresh_date_stays_where_it_was(room):
    await room.opens()
    room.server.serve("/feed", blog("http://old.example", [30, 400]))
    assert await room.polls() == [1, 0, 0]  # the other is from before the event
    room.server.serve("/feed", blog("http://old.example", [30, 400], at=NOW + timedelta(hours=399)))
    assert await room.polls() == [0, 0, 0]
    [item] = await room.shown()
    assert item.published_at == NOW - timedelta(hours=30)


@pytest.mark.parametrize("date", ["Sun, 07 Feb 2106 06:28:15 GMT", "{soon} -0900", "", "Thu, 01 Jan 1970 00:00:00 GMT"])
async def test_a_date_of_the_future_or_none_is_when_it_was_first_seen_for_good(room, date):
    await room.opens()
    told = date.format(soon=f"{NOW:%a, %d %b %Y %H:%M:%S}")  # a clock nine hours off
    entry = f"<item><title>One</title><guid>https://a.example/1</guid><pubDate>{told}</pubDate></item>"
    room.server.serve("/feed", rss(entry))
    await room.polls()
    room.server.serve("/feed", rss(entry.replace("One", "One, edited")))
    await room.polls()
    [item] = await room.shown()
    assert (item.post.title, item.published_at) == ("One, edited", NOW)


def atom(*entries):
    return f"<feed xmlns='http://www.w3.org/2005/Atom' {THREAD}><title>Threaded</title>{''.join(entries)}</feed>"


def entry(name, *more):
    said = f"<title>{name}</title><content>Words of {name}</content>"
    return f"<entry><id>tag:a.example,2026:{name}</id>{said}{''.join(more)}</entry>"


async def test_a_discussion_is_under_its_entry_and_goes_with_it(room):
    await room.opens()
    replies = f"<link rel='replies' type='application/atom+xml' href='{room.server.url('/replies')}'/>"
    room.server.serve("/feed", atom(entry("story", replies)))
    room.server.serve("/replies", atom(entry("one"), entry("two", "<thr:in-reply-to ref='tag:a.example,2026:one'/>")))
    assert await room.polls() == [3, 0, 0]
    [story] = await room.shown()
    said = await room.store.read(items.discussion, story.id, limit=9)
    assert (story.comments, story.checked) == (2, True)
    assert [(one.post.text, one.checked) for one in said] == [("Words of one", False), ("Words of two", False)]

    room.server.serve("/feed", atom("<at:deleted-entry ref='tag:a.example,2026:story'/>", entry("another")))
    assert await room.polls() == [1, 0, 1]
    assert [item.post.title for item in await room.shown()] == ["another"]
    assert await room.store.read(items.discussion, story.id, limit=9) == []


async def test_comments_on_a_trusted_feed_wait_where_posts_do(room):
    await room.opens(moderation="before")
    replies = f"<link rel='replies' type='application/atom+xml' href='{room.server.url('/replies')}'/>"
    room.server.serve("/feed", atom(entry("story", replies)))
    room.server.serve("/replies", atom(entry("spam")))
    assert await room.polls() == [2, 0, 0]
    [story] = await room.shown()
    assert story.comments == 0
