"""X, from its stream to a reader's page, and everything that has to go again."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine, text

from tests.fakes.mastodon import FakeMastodon
from tests.fakes.x import FakeX
from tests.reader import Reader, all_posts
from tests.service import Service, get, run

TOKEN = "sesame-of-the-journey"


def configure(folder, *tables):
    sources = "".join(f"[[event.source]]\n{table}\n" for table in tables)
    (folder / "backchannel.toml").write_text(
        '[network]\nallow_private_addresses = true\n[[event]]\nslug = "pyconf"\ntitle = "PyConf"\n'
        f'hashtags = ["pyconf"]\n{sources}'
    )


def x_at(server, budget=3_000):
    return f'kind = "x"\nbearer_token = {{ env = "X_TOKEN" }}\napi = "{server.url}"\nbudget_posts_per_day = {budget}\n'


async def until_page(service, words, *, timeout_s=5.0):
    """Seconds until the timeline's page has ``words``."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    async with asyncio.timeout(timeout_s):
        while words not in await get(f"{service.url}/e/pyconf"):
            await asyncio.sleep(0.05)
    return clock() - begun


async def test_a_post_is_on_the_page_within_two_seconds_and_in_json_by_its_name_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("X_TOKEN", TOKEN)
    async with FakeX(token=TOKEN) as server:
        server.author("ada", name="Adalind Quill")
        configure(tmp_path, x_at(server))
        async with Service(tmp_path) as service, Reader(service.url, "pyconf") as reader:
            await server.until_connected()
            await reader.until_connected()
            tweet = server.post("Doors opne #pyconf")
            took_s = await until_page(service, "Doors opne")
            newer = server.edit(tweet, "Doors open #pyconf")
            await until_page(service, "Doors open")
            await reader.until(lambda reader: len(reader.posts) >= 2)
            [listed] = await all_posts(service.url, "pyconf")
            page, streamed = await get(f"{service.url}/p/{listed['id']}"), list(reader.posts)

            await service.kill()
            server.post("While we were away #pyconf", live=False)
            await service.start()
            await until_page(service, "While we were away", timeout_s=20)
            found = await all_posts(service.url, "pyconf")
            why = await run(tmp_path, "check", "--post", f"https://twitter.com/ada/status/{tweet['id']}?s=20")
            logged = "\n".join(service.lines)

    assert took_s < 2
    for told in [listed, *streamed]:
        assert told.keys() == {"id", "seq", "network", "uri", "url", "published_at", "dehydrated"}
        assert told["uri"] == f"https://x.com/i/status/{tweet['id']}"
    assert listed["url"] == f"https://x.com/i/status/{newer['id']}"
    assert {post["id"] for post in streamed} == {listed["id"]}
    assert "Adalind Quill" in page
    assert len(found) == 2
    assert (why.status, why.out.split("\t")[0]) == (0, "shown")
    assert TOKEN not in logged + why.out + why.err
    assert TOKEN.encode() not in (tmp_path / "backchannel.db").read_bytes()


async def test_a_spent_budget_stays_spent_after_a_kill_and_is_told_by_health(tmp_path, monkeypatch):
    monkeypatch.setenv("X_TOKEN", TOKEN)
    async with FakeX(token=TOKEN) as server:
        configure(tmp_path, x_at(server, budget=5))
        async with Service(tmp_path) as service:
            await server.until_connected()
            for number in range(9):
                server.post(f"Number {number} #pyconf")
            await until_page(service, "Number 4")
            await server._until(lambda: not server._streams)
            await service.kill()
            connections, sent = server.connections, len(server.sent)
            await service.start()
            server.post("Number ten #pyconf", live=False)
            shown = await run(tmp_path, "event", "show", "pyconf", "--json")
            told = await all_posts(service.url, "pyconf")

    [source] = json.loads(shown.out)["sources"]
    assert len(told) == 5
    assert (server.connections, len(server.sent)) == (connections, sent)
    assert source["state"] == "waiting"
    assert "today's budget of posts is used up" in source["error"]


async def test_what_is_deleted_at_x_goes_the_next_day(tmp_path, monkeypatch):
    monkeypatch.setenv("X_TOKEN", TOKEN)
    async with FakeX(token=TOKEN) as server:
        configure(tmp_path, x_at(server))
        async with Service(tmp_path) as service:
            await server.until_connected()
            tweet = server.post("Regretted words #pyconf")
            server.post("Words that stay #pyconf")
            await until_page(service, "Regretted words")
            await until_page(service, "Words that stay")
            await service.stop()
            engine = create_engine(f"sqlite:///{tmp_path / 'backchannel.db'}")
            yesterday = int((datetime.now(UTC) - timedelta(days=1)).timestamp() * 1_000_000)
            with engine.begin() as connection:
                before = connection.execute(text("SELECT looked_at FROM posts LIMIT 1")).scalar()
                value = yesterday if isinstance(before, int) else str(datetime.now(UTC) - timedelta(days=1))
                connection.execute(text("UPDATE posts SET looked_at = :at"), {"at": value})
            engine.dispose()
            server.delete(tweet)
            await service.start()
            async with asyncio.timeout(40):
                while "Regretted words" in await get(f"{service.url}/e/pyconf"):
                    await asyncio.sleep(0.2)
            left = await get(f"{service.url}/e/pyconf")

    assert "Words that stay" in left


async def test_tweepy_is_imported_for_those_alone_who_collect_from_x(tmp_path, monkeypatch):
    monkeypatch.setenv("X_TOKEN", TOKEN)
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    async with FakeX(token=TOKEN) as server, FakeMastodon() as mastodon:
        configure(tmp_path, f'kind = "mastodon"\nserver = "{mastodon.url}"\nevery = "1s"')
        async with Service(tmp_path) as without:
            mastodon.post("Hello")
            await until_page(without, "Hello")
        configure(tmp_path, x_at(server))
        async with Service(tmp_path) as with_x:
            await server.until_connected()

    assert any("import time" in line for line in without.lines)
    assert not [line for line in without.lines if "tweepy" in line or "collector.x_client" in line]
    assert [line for line in with_x.lines if "tweepy" in line]
