"""What somebody takes back is gone: from pages, streams, tables, raw files, pictures and log."""

import asyncio
import io
import random
import sqlite3
import string
import time
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime

import aiohttp
import pytest
from PIL import Image

from collector import registry
from storage import erase, media
from storage.shelf import Shelf
from storage.store import Store
from tests.fakes.appview import FakeAppView
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.mastodon import FakeMastodon
from tests.reader import Reader
from tests.service import Service, get

WITHIN_S = 5.0  # from the network's notice to every open page
DID = "did:plc:ada"


class Words:
    """Things to say that stand nowhere else: each is a run of letters nobody would write."""

    def __init__(self):
        self.said = []

    def new(self):
        self.said.append("".join(random.choices(string.ascii_letters, k=24)))
        return self.said[-1]

    def found_in(self, told):
        """Those that stand there as they were said, or folded as search has them.

        An index writes of a word only what differs from the one before it: a few first letters may lack.
        """
        told = (told if isinstance(told, bytes) else told.encode()).lower()
        return [word for word in self.said if word.lower().encode()[4:] in told]


def a_picture():
    out = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(out, "PNG")
    return out.getvalue()


@asynccontextmanager
async def mastodon():
    """A server whose stream is listened to; ``say`` puts words in every place it has for them."""
    async with FakeMastodon() as server:
        server.media["quay.png"] = server.media["face.png"] = a_picture()

        def say(words):
            account = dict(server.account("ada")) | {
                "display_name": words.new(),
                "avatar": f"{server.url}/media/face.png",
                "avatar_static": f"{server.url}/media/face.png",
            }
            card = {"url": "https://a.example/", "title": words.new(), "description": words.new(), "image": None}
            picture = {
                "type": "image", "url": f"{server.url}/media/quay.png", "preview_url": f"{server.url}/media/quay.png",
                "description": words.new(), "meta": {},
            }  # fmt: skip
            return server.post(
                words.new(), account=account, card=card, media_attachments=[picture], spoiler_text=words.new()
            )

        async def ready():
            await server.streaming.until_heard(("hashtag", "pyconf"))

        table = f'kind = "mastodon"\nserver = "{server.url}"\ntoken = "s3cret"'
        yield table, ready, say, lambda status: server.edit(status, "Mended"), server.delete


@asynccontextmanager
async def bluesky():
    """A Jetstream host and an AppView."""
    async with FakeJetstream() as host, FakeAppView() as appview:
        appview.pictures["bafkreiquay"] = appview.pictures["bafkreiface"] = a_picture()

        def say(words):
            appview.know(DID, f"{words.new().lower()}.example", words.new())
            words.said[-2] = words.said[-2].lower()
            image = {"alt": words.new(), "image": {"$type": "blob", "ref": {"$link": "bafkreiquay"},
                                                   "mimeType": "image/png", "size": 9}}  # fmt: skip
            embed = {"$type": "app.bsky.embed.images", "images": [image]}
            return host.post(f"{words.new()} #pyconf", did=DID, embed=embed)

        table = f'kind = "bluesky"\njetstream = ["{host.url}"]\nappview = "{appview.url}"'
        yield table, host.until_connected, say, lambda said: host.edit(said, "Mended #pyconf"), host.delete


TELLERS = {"mastodon": mastodon, "bluesky": bluesky}


def test_every_network_that_announces_deletions_is_walked():
    announcing = {key for key, adapter in registry.adapters().items() if adapter.INFO.deletes != "none"}

    assert announcing - {"replay"} == TELLERS.keys()  # a recording keeps its words in a file that is not ours


def complete(reader, words):
    """Whether the post stands there with everything that was said, and its pictures."""
    if not reader.posts:
        return False
    post = reader.posts[-1]
    pictures = [one["url"] for one in post["media"]] + [post["author"]["avatar"]]
    return all(pictures) and words.found_in(str(post)) == words.said


@pytest.mark.parametrize("network", sorted(TELLERS))
async def test_what_is_taken_back_is_nowhere_any_more(tmp_path, network, capsys):
    words, file = Words(), tmp_path / "backchannel.db"
    async with AsyncExitStack() as stack:
        table, ready, say, edit, delete = await stack.enter_async_context(TELLERS[network]())
        (tmp_path / "backchannel.toml").write_text(
            "[network]\nallow_private_addresses = true\n"
            f'[[event]]\nslug = "pyconf"\ntitle = "PyConf"\nhashtags = ["pyconf"]\n[[event.source]]\n{table}\n'
        )
        service = await stack.enter_async_context(Service(tmp_path))
        reader = await stack.enter_async_context(Reader(service.url, "pyconf"))
        await reader.until_connected()
        await ready()
        said = say(words)
        await reader.until(lambda reader: complete(reader, words))
        item = reader.posts[-1]["id"]
        assert words.found_in(await get(f"{service.url}/e/pyconf"))
        assert '"posts":[{' in await get(f"{service.url}/api/v1/events/pyconf/posts?q={words.said[0]}")
        assert words.found_in(_raw(tmp_path))
        _pick_out(file, words)

        edit(said)
        began = time.monotonic()
        await reader.until(lambda reader: reader.posts[-1]["text"].startswith("Mended"))
        edited_s, began = time.monotonic() - began, time.monotonic()
        delete(said)
        await reader.until(lambda reader: reader.removed == [item])
        for address in ("e/pyconf", "api/v1/events/pyconf/posts", ""):
            while words.found_in(await get(f"{service.url}/{address}")):  # what stands beside is read every 2 s
                assert time.monotonic() - began < WITHIN_S
                await asyncio.sleep(0.1)
        deleted_s = time.monotonic() - began
        assert '"posts":[]' in await get(f"{service.url}/api/v1/events/pyconf/posts?q={words.said[0]}")
        assert await _status(f"{service.url}/p/{item}") == 410
        assert set(_rows_with(file, words)) <= {"search_data"}  # where nothing is found by them any more
        async with asyncio.timeout(20):
            while _rows_with(file, words):
                await asyncio.sleep(0.1)
        await _scrubbed(tmp_path)
        assert words.found_in(_raw(tmp_path)) == []
        assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []
        assert await service.stop() == 0

    assert words.found_in("\n".join(service.lines)) == []
    assert max(edited_s, deleted_s) < WITHIN_S
    with capsys.disabled():
        print(f"\n{network}: an edit was on the page after {edited_s:.2f} s, a deletion after {deleted_s:.2f} s")


def _pick_out(file, words):
    """What staff do on the desk: a phrase, a note, a highlight; in their own words or in the author's."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "UPDATE items SET highlighted_at = 1, phrase = ?, note = ?, staff_note = ?",
            (words.new(), words.new(), words.new()),
        )


def _rows_with(file, words):
    """Every table that still has one of the words in any of its rows."""
    with closing(sqlite3.connect(file)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            name for name in tables if words.found_in(str(connection.execute(f'SELECT * FROM "{name}"').fetchall()))
        ]


async def _scrubbed(folder):
    """What the service does in the next minutes, done now, while it and its readers are there."""
    store = await Store.open(f"sqlite:///{folder / 'backchannel.db'}")
    try:
        async with asyncio.timeout(20):
            while not await erase.scrub(store):
                await asyncio.sleep(0.05)
        await media.tidy(store, Shelf(folder / "media", 10**9), at=datetime.now(UTC), grace_s=0)
    finally:
        await store.close()


def _raw(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


async def _status(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status
