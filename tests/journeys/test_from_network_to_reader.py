"""From a network's socket to a reader's, through the whole service."""

from pathlib import Path

from tests.fakes.appview import FakeAppView
from tests.fakes.feedserver import FeedServer, item, rss
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.mastodon import FakeMastodon
from tests.reader import Reader
from tests.service import LASTING, Service


def configure(folder: Path, *sources: str, hashtags: str = '["pyconf"]') -> None:
    """One event with these sources, each the lines of its table."""
    tables = "".join(f"[[event.source]]\n{source}\n" for source in sources)
    (folder / "backchannel.toml").write_text(
        "[network]\nallow_private_addresses = true\n"
        f'[[event]]\nslug = "pyconf"\ntitle = "PyConf"\nhashtags = {hashtags}\n{LASTING}{tables}'
    )


async def test_a_post_on_mastodon_is_edited_and_reaches_a_reader(tmp_path):
    async with FakeMastodon() as server:
        configure(tmp_path, f'kind = "mastodon"\nserver = "{server.url}"\nevery = "1s"')
        async with Service(tmp_path) as service, Reader(service.url, "pyconf") as reader:
            await reader.until_connected()
            status = server.post("The keynote begins")
            await reader.until(lambda reader: len(reader.posts) == 1)
            server.edit(status, "The keynote has begun")
            await reader.until(lambda reader: reader.posts[-1]["text"] == "The keynote has begun")

    first, last = reader.posts[0], reader.posts[-1]
    assert first["id"] == last["id"]
    assert (first["network"], first["uri"]) == ("mastodon", status["uri"])
    assert first["text"].startswith("The keynote begins")
    assert reader.numbers == sorted(set(reader.numbers))


async def test_a_post_on_bluesky_is_deleted_and_taken_from_readers(tmp_path):
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.know("did:plc:ada", "ada.example", "Ada")
        configure(tmp_path, f'kind = "bluesky"\njetstream = ["{host.url}"]\nappview = "{appview.url}"')
        async with Service(tmp_path) as service, Reader(service.url, "pyconf") as reader:
            await host.until_connected()
            said = host.post("Doors are open #pyconf")
            await reader.until(lambda reader: any(post["author"]["name"] == "Ada" for post in reader.posts))
            host.delete(said)
            await reader.until(lambda reader: reader.removed == [reader.posts[0]["id"]])

    assert reader.posts[0]["uri"] == f"at://did:plc:ada/app.bsky.feed.post/{said['rkey']}"
    assert reader.posts[0]["text"] == "Doors are open #pyconf"


async def test_an_entry_of_a_feed_reaches_a_reader(tmp_path):
    async with FeedServer() as server:
        server.serve("/news", rss(item(1)))
        configure(tmp_path, f'kind = "feed"\nurl = "{server.url("/news")}"\nevery = "1s"')
        async with Service(tmp_path) as service, Reader(service.url, "pyconf") as reader:
            await reader.until(lambda reader: len(reader.posts) == 1)
            server.serve("/news", rss(item(1), item(2)))
            await reader.until(lambda reader: len(reader.posts) == 2)

    assert [post["title"] for post in reader.posts] == ["The hall is open 1", "The hall is open 2"]


async def test_who_comes_back_gets_what_they_missed_once(tmp_path):
    async with FakeJetstream() as host, FakeAppView(silent=True) as appview:
        configure(tmp_path, f'kind = "bluesky"\njetstream = ["{host.url}"]\nappview = "{appview.url}"')
        async with Service(tmp_path) as service:
            await host.until_connected()
            async with Reader(service.url, "pyconf") as early:
                host.post("one #pyconf")
                await early.until(lambda reader: len(reader.posts) == 1)
            host.post("two #pyconf")
            host.post("three #pyconf")
            async with Reader(service.url, "pyconf", after=early.numbers[-1]) as later:
                await later.until(lambda reader: len(reader.posts) == 2)

    assert [post["text"] for post in early.posts + later.posts] == ["one #pyconf", "two #pyconf", "three #pyconf"]
