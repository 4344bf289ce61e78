"""Feeds taken in from a file, and given out again."""

import asyncio
import json

from tests.service import run

LIST = """<?xml version="1.0"?><opml version="2.0"><body>
<outline text="Harbour"><outline text="Quay News" type="rss" xmlUrl="https://quay.example/feed"/></outline>
<outline text="Tide" xmlUrl="https://tide.example/rss"/><outline text="Broken" xmlUrl="tide.rss"/></body></opml>"""


async def an_event(folder):
    (folder / "backchannel.toml").write_text("")
    added = await run(folder, "event", "add", "conf", "--title", "C", "--feed", "http://www.tide.example/rss/")
    assert added.status == 0
    (folder / "feeds.opml").write_text(LIST)


async def feeds(folder):
    shown = await run(folder, "event", "show", "conf", "--json")
    return [source["label"] for source in json.loads(shown.out)["sources"]]


async def test_feeds_of_a_file_become_sources_and_what_is_there_is_left_alone(tmp_path):
    await an_event(tmp_path)
    first = await run(tmp_path, "import", "opml", "conf", "feeds.opml")
    again = await run(tmp_path, "import", "opml", "conf", "feeds.opml", "--json")

    assert (first.status, first.out) == (0, "")
    assert first.err == (
        "  there already: Tide (https://tide.example/rss)\n  no web address: Broken (tide.rss)\n"
        "Added 1 feed to conf; 1 there already; 1 without a web address.\n"
    )
    told = json.loads(again.out)
    assert {name: [one["title"] for one in some] for name, some in told.items()} == {
        "added": [], "present": ["Quay News", "Tide"], "refused": ["Broken"],
    }  # fmt: skip
    assert told["present"][0] == {"title": "Quay News", "url": "https://quay.example/feed", "folder": "Harbour"}
    assert await feeds(tmp_path) == ["feed http://www.tide.example/rss", "Quay News"]


async def test_what_cannot_be_taken_in_says_why_and_changes_nothing(tmp_path):
    await an_event(tmp_path)
    (tmp_path / "empty.opml").write_text("<opml><body/></opml>")
    (tmp_path / "page.html").write_text("<html/>")
    ran = await asyncio.gather(
        run(tmp_path, "import", "opml", "conf", "empty.opml"),
        run(tmp_path, "import", "opml", "conf", "page.html"),
        run(tmp_path, "import", "opml", "nowhere", "feeds.opml"),
        run(tmp_path, "import", "opml", "conf", "missing.opml"),
    )
    assert [one.status for one in ran] == [1, 1, 1, 1]
    assert [one.err for one in ran] == [
        "empty.opml lists no feeds: nothing was done\n",
        "the file is no OPML: it begins with <html>\n",
        "there is no event 'nowhere'\n",
        "cannot use missing.opml: No such file or directory; mend that and try again\n",
    ]
    assert await feeds(tmp_path) == ["feed http://www.tide.example/rss"]
