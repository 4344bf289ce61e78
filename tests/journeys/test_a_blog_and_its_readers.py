"""A blog taken in from a list while the service runs: its entry, and what is said under it, reach a reader."""

import time

from tests.fakes.feedserver import FeedServer, item, rss
from tests.reader import Reader
from tests.service import Service, get, run

WFW = "xmlns:wfw='http://wellformedweb.org/CommentAPI/'"
COMMENT = (
    "<item><title>By: Wim</title><guid isPermaLink='false'>c1</guid><dc:creator>Wim Stee</dc:creator>"
    "<description>Is there a lift?</description><pubDate>Sat, 21 Nov 2026 11:00:00 GMT</pubDate></item>"
)


async def test_a_feed_of_a_list_is_read_within_seconds_and_its_discussion_is_on_the_entrys_page(tmp_path):
    async with FeedServer() as server:
        told = f"<wfw:commentRss {WFW}>{server.url('/1/comments')}</wfw:commentRss>"
        server.serve("/news", rss(item(1, more=told)))
        server.serve("/1/comments", rss(COMMENT, title="Comments"))
        (tmp_path / "backchannel.toml").write_text(
            "[network]\nallow_private_addresses = true\n"
            '[[event]]\nslug = "quay"\ntitle = "Quay Days"\nhashtags = ["quay"]\n'
            "starts = 2026-11-21T08:00:00\nends = 2099-12-31\n"
        )
        (tmp_path / "list.opml").write_text(
            f'<opml version="2.0"><body><outline text="N" xmlUrl="{server.url("/news")}"/></body></opml>'
        )
        async with Service(tmp_path) as service, Reader(service.url, "quay") as reader:
            await reader.until_connected()
            imported = await run(tmp_path, "import", "opml", "quay", "list.opml")
            began = time.monotonic()
            await reader.until(lambda reader: reader.posts and reader.posts[-1]["counts"]["replies"] == 1)
            took = time.monotonic() - began
            page = await get(f"{service.url}/p/{reader.posts[-1]['id']}")

    assert (imported.status, imported.err) == (0, "Added 1 feed to quay.\n")
    assert took < 6  # it is picked up within 5 s, and read at once
    assert {post["title"] for post in reader.posts} == {"The hall is open 1"}
    assert ("1 comment</h2>" in page, "Is there a lift?" in page, "Wim Stee" in page) == (True, True, True)
