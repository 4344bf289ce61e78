"""What browsers are given to work without a connection."""

import json
import re

import pytest

from tests.dashboard.newsroom import CHAT
from timeline.network import NetworkInfo

GUARDED = NetworkInfo(key="x", label="X", fields=(), deletes="none", dehydrated=True)


@pytest.fixture
def networks():
    return [CHAT, GUARDED]


async def read(session, url):
    async with session.get(url) as answer:
        assert answer.status == 200
        return (await answer.read()).decode(errors="replace"), answer.headers


async def copy(session, server, known=""):
    return json.loads((await read(session, server / f"e/conf/copy?known={known}"))[0])


async def test_the_worker_is_served_from_the_root_and_names_files_that_are_there(server, room, session):
    script, headers = await read(session, server / "sw.js")
    shell = json.loads(re.match(r"const SHELL = (.*)", script)[1])

    assert headers["Content-Type"].startswith("text/javascript")
    assert headers["Cache-Control"] == "no-cache"
    assert "export " not in script
    for address in [*shell["files"], shell["offline"]]:
        await read(session, server / address.removeprefix("/"))
    page, _ = await read(session, server / "e/conf")
    assert set(re.findall(r"/static/\w+/[^\"#]+", page)) <= set(shell["files"])


async def test_a_copy_holds_every_post_and_the_page_that_they_go_into(server, room, session):
    for number in range(3):
        await room.says(f"number {number}")
    told = await copy(session, server)

    assert [post["id"] for post in told["posts"]] == told["order"] == [3, 2, 1]
    assert "number 2" in told["posts"][0]["html"]
    assert told["page"].count("<!--cards-->") == 1
    assert "number" not in told["page"]


async def test_the_next_copy_tells_what_changed_and_what_is_still_there(server, room, session):
    await room.says("stays")
    await room.says("goes", uri="https://chat.example/goes")
    known = (await copy(session, server))["seq"]
    await room.removes("https://chat.example/goes")
    await room.says("comes")
    told = await copy(session, server, known)

    assert told["order"] == [3, 1]
    assert [post["id"] for post in told["posts"]] == [3]


async def test_a_copy_can_be_had_without_its_page_and_every_copy_is_as_new_as_the_event(server, room, session):
    seen = []
    for words in ("one", "two"):
        await room.says(words)
        told = json.loads((await read(session, server / "e/conf/copy?page=no"))[0])
        assert "page" not in told
        seen.append((told["order"], words in told["posts"][0]["html"]))
    await room.removes("https://chat.example/1")
    last = await copy(session, server)

    assert seen == [([1], True), ([2, 1], True)]
    assert last["order"] == [1]


async def test_what_only_its_network_may_keep_is_in_no_copy(server, room, session):
    await room.says("everybody's")
    await room.hears([room.a_post("theirs alone", network="x", uri="https://x.com/i/status/1")])
    page, _ = await read(session, server / "e/conf")
    told = await copy(session, server)

    assert "theirs alone" in page
    assert told["order"] == [1]
    assert "theirs alone" not in json.dumps(told)


@pytest.mark.parametrize("known", ["x", "-1", "²", "1" * 19])
async def test_a_number_that_is_none_is_refused(server, room, session, known):
    async with session.get(server / "e/conf/copy", params={"known": known}) as answer:
        assert answer.status == 400


async def test_the_manifest_names_the_site_and_an_icon_that_is_there(server, room, session):
    told, headers = await read(session, server / "manifest.webmanifest")
    manifest = json.loads(told)

    assert headers["Content-Type"].startswith("application/manifest+json")
    assert (manifest["start_url"], manifest["scope"]) == ("/", "/")
    for icon in manifest["icons"]:
        await read(session, server / icon["src"].removeprefix("/"))
    page, _ = await read(session, server / "e/conf")
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page


@pytest.mark.parametrize("query", ["?before=nowhere", "?network=none", "?order=sideways", "?highlighted=1"])
async def test_a_copy_is_of_the_whole_timeline_whatever_its_address_says(server, room, session, query):
    await room.says("the quay at night")

    plain = await copy(session, server)
    told = json.loads((await read(session, server / f"e/conf/copy{query}"))[0])

    assert told["page"] == plain["page"]
