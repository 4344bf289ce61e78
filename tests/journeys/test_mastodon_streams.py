"""What is said on Mastodon, by its stream, through the whole service to a reader."""

import time

from tests.fakes.mastodon import FakeMastodon
from tests.reader import Reader
from tests.service import Service, get

PYCONF = ("hashtag", "pyconf")


def configure(folder, server, more=""):
    (folder / "backchannel.toml").write_text(
        "[network]\nallow_private_addresses = true\n"
        f'[[event]]\nslug = "pyconf"\ntitle = "PyConf"\nhashtags = ["PyConf"]\n'
        f'[[event.source]]\nkind = "mastodon"\nserver = "{server.url}"\ntoken = "s3cret"\n{more}'
    )


def words(reader):
    """What stands on the page, each post as it was last told."""
    last = {post["id"]: post["text"].split(" #")[0] for post in reader.posts}
    return sorted(text for number, text in last.items() if number not in reader.removed)


async def test_a_post_is_on_the_page_within_a_second_and_follows_its_author(tmp_path):
    async with FakeMastodon() as server:
        configure(tmp_path, server)
        async with Service(tmp_path) as service, Reader(service.url, "pyconf") as reader:
            await reader.until_connected()
            await server.streaming.until_heard(PYCONF)
            server.post("Good morning")  # the first of all readies what the first of all has to
            await reader.until(lambda reader: words(reader) == ["Good morning"])

            began = time.monotonic()
            status = server.post("The keynote begins")
            await reader.until(lambda reader: words(reader) == ["Good morning", "The keynote begins"])
            took_s = time.monotonic() - began
            assert "The keynote begins" in await get(f"{service.url}/e/pyconf")
            server.edit(status, "The keynote has begun")
            await reader.until(lambda reader: words(reader) == ["Good morning", "The keynote has begun"])
            server.delete(status)
            await reader.until(lambda reader: words(reader) == ["Good morning"])
            assert "keynote" not in await get(f"{service.url}/e/pyconf")

        assert took_s < 1
        assert not any("s3cret" in line or "keynote" in line for line in service.lines)
        assert server.streaming.connections == 1


async def test_what_was_missed_comes_back_and_what_was_overtaken_is_set_right(tmp_path):
    async with FakeMastodon() as server:
        configure(tmp_path, server)
        async with Service(tmp_path) as service, Reader(service.url, "pyconf") as reader:
            await reader.until_connected()
            await server.streaming.until_heard(PYCONF)
            server.streaming.shuffled = True
            server.delete(server.post("Taken back at once"))  # the deletion goes out first
            server.edit(server.post("Here to sty"), "Here to stay")
            server.streaming.shuffled = False
            await reader.until(lambda reader: words(reader) == ["Here to stay"])

            server.quiet = True
            await server.streaming.hang_up(cut=True)
            server.post("While nobody listened")
            server.quiet = False
            await server.streaming.until_heard(PYCONF, connections=2)
            server.post("And on it goes")
            there = ["And on it goes", "Here to stay", "While nobody listened"]
            await reader.until(lambda reader: words(reader) == there)
            page = await get(f"{service.url}/e/pyconf")

        assert "Taken back" not in page
        assert "Taken back" not in str(reader.posts)
        assert "sty" not in str(reader.posts)
        assert reader.removed == []
