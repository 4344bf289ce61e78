"""``backchannel check --post``, as people type it."""

import json
from datetime import UTC, datetime, timedelta

from storage import events, intake, sources
from storage.store import Store
from tests.fakes.appview import FakeAppView
from tests.fakes.feedserver import FeedServer, item, rss
from tests.fakes.mastodon import FakeMastodon
from tests.service import run
from timeline.network import NetworkInfo
from timeline.post import Author, Post, Removal, Sighting

HEAD = '[network]\nallow_private_addresses = true\n[[event]]\nslug = "a"\ntitle = "A"\nhashtags = ["pyconf"]\n'
MASTODON = NetworkInfo(key="mastodon", label="Mastodon", fields=(), deletes="scoped")


def configure(folder, *told):
    (folder / "backchannel.toml").write_text(HEAD + "".join(f"[[event.source]]\n{each}\n" for each in told))


def mastodon(server):
    return f'kind = "mastodon"\nserver = "{server.url}"'


async def ask(folder, address):
    ran = await run(folder, "check", "--post", address, "--json")
    return ran.status, [(one["event"], one["answer"], one["why"]) for one in json.loads(ran.out)]


async def collected(folder, status, *, removed=False):
    """As ``serve`` would have kept it."""
    await run(folder, "event", "add", "kept", "--title", "K", "--hashtag", "pyconf", "--mastodon", "https://m.example")
    store = await Store.open(f"sqlite:///{folder}/backchannel.db")
    now = datetime.now(UTC)
    event = await store.read(events.by_slug, "kept")
    [source] = await store.read(sources.active, now, {"mastodon": MASTODON})
    post = Post(
        network="mastodon", uri=status["uri"], url=status["url"], published_at=now, html="x", hashtags=("pyconf",),
        author=Author(network="mastodon", uri="https://m.example/users/ada", name="Ada"),
    )  # fmt: skip
    heard = [Sighting(ref=status["id"], post=post), *([Removal(ref=status["id"])] if removed else [])]
    await store.write(intake.accept, heard, source_ids=[source.id], networks={"mastodon": MASTODON}, at=now)
    await store.close()
    return event


async def test_a_post_that_is_shown_says_where_and_since_when(tmp_path):
    (tmp_path / "backchannel.toml").write_text('[site]\nbase_url = "https://live.example.org"\n')
    await collected(
        tmp_path, {"id": "1", "uri": "https://m.example/users/ada/statuses/1", "url": "https://m.example/@ada/1"}
    )

    ran = await run(tmp_path, "check", "--post", "https://m.example/@ada/1")

    answer, event, words = ran.out.rstrip("\n").split("\t")
    assert (ran.status, ran.err, answer, event) == (0, "", "shown", "kept")
    assert words.startswith("on the timeline since ")
    assert words.endswith(", as https://live.example.org/p/1")


async def test_a_post_that_was_removed_stays_away(tmp_path):
    (tmp_path / "backchannel.toml").write_text("")
    uri = "https://m.example/users/ada/statuses/1"
    await collected(tmp_path, {"id": "1", "uri": uri, "url": "https://m.example/@ada/1"}, removed=True)

    status, [(event, answer, words)] = await ask(tmp_path, uri)

    assert (status, event, answer) == (3, None, "removed")
    assert words.endswith("and nothing brings it back")


async def test_what_we_do_not_have_is_asked_for_and_measured_by_the_rules(tmp_path):
    async with FakeMastodon() as server:
        configure(tmp_path, mastodon(server))
        said = {
            "well": server.post("Hello"),
            "untagged": server.post("Hello", tags=("lunch",)),
            "old": server.post("Hello", at=datetime.now(UTC) - timedelta(days=60)),
            "followers": server.post("Hello", visibility="private"),
        }
        asked = {name: await ask(tmp_path, status["url"]) for name, status in said.items()}
        gone = await ask(tmp_path, f"{server.url}/@ada/123456")

    assert {name: status for name, (status, _) in asked.items()} == dict.fromkeys(said, 3)
    assert asked["well"][1] == [("a", "missing", "it belongs here, and has not been collected yet")]
    assert asked["untagged"][1] == [("a", "missing", "it has only #lunch, and the event follows #pyconf")]
    assert asked["old"][1][0][2].startswith("outside the dates: published on ")
    assert asked["followers"][1] == [(None, "missing", "this post is for followers only")]
    assert gone == (3, [(None, "missing", f"mastodon {server.url} says that there is no such post, or none in public")])


async def test_bluesky_tells_a_tag_without_a_facet_and_an_author_who_opted_out(tmp_path):
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    record = {"$type": "app.bsky.feed.post", "text": "Hello #pyconf", "createdAt": now}
    facet = {
        "index": {"byteStart": 6, "byteEnd": 13},
        "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "pyconf"}],
    }
    async with FakeAppView() as appview:
        configure(tmp_path, f'kind = "bluesky"\njetstream = ["ws://127.0.0.1:9"]\nappview = "{appview.url}"')
        appview.know("did:plc:shy", "shy.example", "Shy", labels=("!no-unauthenticated",))
        bare = appview.show({"did": "did:plc:ann", "rkey": "aaa", "record": record})
        shy = appview.show({"did": "did:plc:shy", "rkey": "bbb", "record": {**record, "facets": [facet]}})

        asked = [await ask(tmp_path, bare), await ask(tmp_path, shy)]

    assert [status for status, _ in asked] == [3, 3]
    assert "made no hashtag of it" in asked[0][1][0][2]
    assert asked[1][1][0][2].endswith("it would be held: the author shows posts to signed-in readers only")


async def test_what_nobody_can_tell_is_said_with_the_next_step(tmp_path):
    async with FeedServer() as feeds:
        feeds.serve("/news", rss(item(1)))
        configure(tmp_path, f'kind = "feed"\nurl = "{feeds.url("/news")}"')
        listed = await run(tmp_path, "check", "--post", feeds.url("/an-entry"))
        elsewhere = await run(tmp_path, "check", "--post", "https://else.example/@ann/1")
    nonsense = await run(tmp_path, "check", "--post", "that one")

    assert (listed.status, elsewhere.status, nonsense.status) == (3, 3, 1)
    assert "cannot be asked for single posts" in listed.out
    assert "else.example is not among them. Add else.example as a source" in elsewhere.out
    assert nonsense.err == "'that one' is no address of a post: copy it whole, as https://… or at://…\n"


async def test_a_feed_that_is_down_does_not_answer_for_another_address(tmp_path):
    async with FeedServer() as gone:
        down = gone.url("/news").replace("127.0.0.1", "localhost")
    async with FeedServer() as feeds:
        feeds.serve("/news", rss(item(1)))
        configure(tmp_path, *(f'kind = "feed"\nurl = "{url}"' for url in (down, feeds.url("/news"))))
        elsewhere = await run(tmp_path, "check", "--post", "https://else.example/@ann/1")
        of_it = await run(tmp_path, "check", "--post", down.replace("/news", "/an-entry"))

    assert "else.example is not among them; feed" in elsewhere.out
    assert "could not be asked: localhost cannot be reached. Add else.example as a source" in elsewhere.out
    assert of_it.out.startswith("missing\t-\tlocalhost cannot be reached")


async def test_x_is_never_asked(tmp_path):
    configure(tmp_path, 'kind = "x"\nbearer_token = "not a token"\napi = "http://127.0.0.1:9"')

    status, told = await ask(tmp_path, "https://x.com/ann/status/123")

    assert (status, told) == (3, [(None, "missing", "X charges for looking at a post, so it is not asked")])
