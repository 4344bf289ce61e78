import json

from collector.networks.x import INFO as X
from tests.fakes.appview import FakeAppView
from tests.fakes.feedserver import FeedServer, item, rss
from tests.fakes.jetstream import FakeJetstream
from tests.fakes.mastodon import FakeMastodon
from tests.fakes.x import FakeX
from tests.service import Service, run

HEAD = '[network]\nallow_private_addresses = true\n[[event]]\nslug = "a"\ntitle = "A"\nhashtags = ["pyconf"]\n'


def feed(url: str) -> str:
    return f'[[event.source]]\nkind = "feed"\nurl = "{url}"\n'


async def test_all_is_well(tmp_path):
    async with (
        FakeMastodon() as mastodon,
        FakeJetstream() as jetstream,
        FakeAppView() as appview,
        FeedServer() as feeds,
    ):
        feeds.serve("/news", rss(item(1)))
        (tmp_path / "backchannel.toml").write_text(
            f'{HEAD}[[event.source]]\nkind = "mastodon"\nserver = "{mastodon.url}"\n'
            f'[[event.source]]\nkind = "bluesky"\njetstream = ["{jetstream.url}"]\nappview = "{appview.url}"\n'
            f'[[event.source]]\nkind = "replay"\n{feed(feeds.url("/news"))}'
        )

        ran = await run(tmp_path, "check")

    assert (ran.status, ran.err) == (0, "")
    assert [line.split("\t")[:2] for line in ran.out.splitlines()] == [["ok", "a"]] * 4


async def test_some_sources_are_not(tmp_path):
    async with FeedServer() as feeds:
        feeds.serve("/news", rss(item(1)))
        (tmp_path / "backchannel.toml").write_text(HEAD + feed(feeds.url("/news")) + feed(feeds.url("/gone")))

        ran = await run(tmp_path, "check", "--json")

    assert ran.status == 3
    well, ill = json.loads(ran.out)
    assert (well["ok"], ill["ok"]) == (True, False)
    assert ill["source"] == f"feed {feeds.url('/gone')}"
    assert "404" in ill["found"]
    assert ill["hint"]


async def test_nothing_works(tmp_path):
    async with FeedServer() as feeds:
        (tmp_path / "backchannel.toml").write_text(HEAD + feed(feeds.url("/gone")))

        ran = await run(tmp_path, "check")

    assert ran.status == 1
    assert ran.out.startswith(f"failing\ta\tfeed {feeds.url('/gone')}: ")


async def test_no_sources_are_no_mistake_and_sources_added_by_command_are_tried_too(tmp_path):
    (tmp_path / "backchannel.toml").write_text("[network]\nallow_private_addresses = true")

    bare = await run(tmp_path, "check")
    async with FeedServer() as feeds:
        await run(tmp_path, "event", "add", "b", "--title", "B", "--feed", feeds.url("/gone"))
        added = await run(tmp_path, "check")

    assert (bare.status, bare.err) == (0, "The configuration is well; it names no sources yet.\n")
    assert (added.status, added.out.split("\t")[:2]) == (1, ["failing", "b"])


async def test_only_trying_makes_no_database(tmp_path):
    (tmp_path / "backchannel.toml").write_text(HEAD)

    await run(tmp_path, "check")

    assert [path.name for path in tmp_path.iterdir()] == ["backchannel.toml"]


async def test_what_has_no_effect_yet_is_told(tmp_path):
    (tmp_path / "backchannel.toml").write_text(
        '[[event]]\nslug = "a"\ntitle = "A"\nschedule = "https://example.org/schedule.xml"'
    )

    ran = await run(tmp_path, "check")

    assert ran.status == 0
    assert ran.err.splitlines() == [
        "event[a].schedule is kept for a later version of Backchannel, and has no effect yet",
        "The configuration is well; it names no sources yet.",
    ]


async def test_a_network_that_asks_something_of_us_says_so_and_what_its_budget_has_come_to(tmp_path):
    async with FakeX() as x:
        (tmp_path / "backchannel.toml").write_text(
            f'{HEAD}[[event.source]]\nkind = "x"\nbearer_token = "{x.token}"\napi = "{x.url}"\n'
            "budget_posts_per_day = 12\n"
        )
        before = await run(tmp_path, "check")
        asked = {path for _, path, _ in x.asked}
        async with Service(tmp_path) as service:
            await service.stop()
        after = await run(tmp_path, "check", "--json")

    assert asked == {"/2/tweets/search/stream/rules"}  # no post was read, so nothing was charged for
    assert (before.status, before.out.split("\t")[0], "read today" in before.out) == (0, "ok", False)
    assert before.err.splitlines() == [f"X asks: {term}" for term in X.terms]
    assert [line for line in before.err.splitlines() if "Enterprise plan" in line]
    [finding] = json.loads(after.out)
    assert (finding["terms"], finding["budget"]["limit"], finding["budget"]["spent"]) == (list(X.terms), 12, 0)
