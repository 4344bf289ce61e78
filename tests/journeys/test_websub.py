"""From a hub to a reader's page, through the whole service; and without the hub, when it fails."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from tests.fakes.feedserver import FeedServer, item, rss
from tests.fakes.hub import FakeHub
from tests.reader import Reader
from tests.service import LASTING, Service

AT_ONCE_S = 2.0  # from the hub's POST to the reader


def configure(folder, url, *, every="1h"):
    (folder / "backchannel.toml").write_text(
        "[network]\nallow_private_addresses = true\n"
        f'[[event]]\nslug = "pyconf"\ntitle = "PyConf"\n{LASTING}'
        f'[[event.source]]\nkind = "feed"\nurl = "{url}"\nevery = "{every}"\n'
    )


@asynccontextmanager
async def subscribed(folder, *, every="1h", **hub_settings):
    """A feed with one entry and a hub, a service that follows both, and its reader."""
    async with FeedServer() as server, FakeHub(**hub_settings) as hub:
        head = f'<atom:link rel="hub" href="{hub.url}"/><atom:link rel="self" href="{server.url("/topic")}"/>'

        def feed(*items):
            return rss(*items, head=head)

        server.serve("/news", feed(item(1)))
        configure(folder, server.url("/news"), every=every)
        async with Service(folder) as service, Reader(service.url, "pyconf") as reader:
            await reader.until(lambda reader: len(reader.posts) == 1)
            yield server, hub, feed, service, reader


def titles(reader):
    return [post["title"] for post in reader.posts]


async def test_what_a_hub_pushes_is_read_at_once(tmp_path):
    async with subscribed(tmp_path) as (server, hub, feed, _, reader):
        subscriber = await hub.until_subscribed()
        begun = time.monotonic()
        assert await hub.push(feed(item(2), item(1))) == [202]
        await reader.until(lambda reader: len(reader.posts) == 2)
        took_s = time.monotonic() - begun

    assert titles(reader) == ["The hall is open 1", "The hall is open 2"]
    assert subscriber.topic == server.url("/topic")
    assert took_s < AT_ONCE_S
    assert len(server.asked["/news"]) == 1


async def test_what_was_forged_repeated_or_is_no_feed_changes_nothing(tmp_path):
    async with subscribed(tmp_path) as (_, hub, feed, _, reader):
        await hub.until_subscribed()
        assert await hub.push(feed(item(9)), signature="sha256=" + "0" * 64) == [202]
        assert await hub.push(feed(item(9)), signature="") == [202]
        assert await hub.push("<rss><channel>") == [202]
        assert await hub.push(feed(item(2)), times=3) == [202] * 3
        assert await hub.push(feed(item(3), item(2))) == [202]
        await reader.until(lambda reader: "The hall is open 3" in titles(reader))

    assert titles(reader) == ["The hall is open 1", "The hall is open 2", "The hall is open 3"]


async def test_what_was_accepted_survives_being_killed(tmp_path):
    async with subscribed(tmp_path) as (_, hub, feed, service, reader):
        await hub.until_subscribed()
        assert await hub.push(feed(*(item(number) for number in range(2, 52)))) == [202]
        await service.kill()
        await service.start()
        await reader.until(lambda reader: len({post["uri"] for post in reader.posts}) == 51)
        assert await hub.push(feed(item(99))) == [202]  # the same hub, the same key
        await reader.until(lambda reader: "The hall is open 99" in titles(reader))

    assert len(reader.posts) == 52


async def test_a_lease_is_renewed_before_it_ends(tmp_path):
    async with subscribed(tmp_path, lease_s=3) as (_, hub, feed, _, reader):
        await hub.until_subscribed(asked=3)
        assert {told["hub.mode"] for told in hub.asked} == {"subscribe"}
        assert len({told["hub.callback"] for told in hub.asked}) == 1
        assert await hub.push(feed(item(2))) == [202]
        await reader.until(lambda reader: len(reader.posts) == 2)


async def test_when_its_hub_dies_a_feed_is_still_asked(tmp_path):
    async with subscribed(tmp_path, every="1s") as (server, hub, feed, _, reader):
        await hub.until_subscribed()
        await hub.die()
        server.serve("/news", feed(item(2), item(1)))
        await reader.until(lambda reader: len(reader.posts) == 2)


@pytest.mark.parametrize("how", ["refuses", "denies"])
async def test_a_hub_that_will_not_leaves_the_polls_as_they_are(tmp_path, how):
    async with subscribed(tmp_path, every="1s", **{how: 403 if how == "refuses" else True}) as (
        server,
        hub,
        feed,
        _,
        reader,
    ):
        await hub.until_asked(1)
        server.serve("/news", feed(item(2), item(1)))
        await reader.until(lambda reader: len(reader.posts) == 2)
        await asyncio.sleep(0.2)
        assert len(hub.asked) == 1


async def test_a_hub_is_told_when_a_source_is_gone(tmp_path):
    async with subscribed(tmp_path) as (_, hub, _, service, _):
        await hub.until_subscribed()
        await service.stop()
        file = tmp_path / "backchannel.toml"
        file.write_text(file.read_text().partition("[[event.source]]")[0])
        await service.start()
        await hub.until_nobody()
        assert hub.asked[-1]["hub.mode"] == "unsubscribe"
