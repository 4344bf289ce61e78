"""The feeds of an event, given out to anybody."""

from xml.etree import ElementTree

import pytest

from backchannel.outlines import read
from storage import events, sources
from tests.dashboard.newsroom import NOON, an_event
from timeline.link import may_be_told, without_key
from timeline.network import Health, Source


async def listed(store, event, *feeds):
    kept = await store.write(events.save, event, origin="command", at=NOON)
    for label, url in feeds:
        told = Source(
            id=0, event_id=kept.id, kind="feed", address=url, label=label, settings={"url": url},
            collect_from=kept.collect_from, collect_until=kept.collect_until,
        )  # fmt: skip
        await store.write(sources.add, kept.id, told, origin="command")
    return kept


async def get(session, url, status=200):
    async with session.get(url) as answer:
        assert answer.status == status
        return answer.headers, await answer.read()


async def test_feeds_are_given_out_as_strict_opml_and_can_be_taken_in_again(server, store, session):
    given = [("Quay & <Tide>\x07", "https://quay.example/feed?a=1&b=2"), ("", "https://tide.example/rss")]
    await listed(store, an_event("feeds"), *given)
    headers, body = await get(session, server / "e/feeds/sources.opml")
    root = ElementTree.fromstring(body)

    assert headers["Content-Type"] == "text/x-opml; charset=utf-8"
    assert (root.tag, root.get("version"), [child.tag for child in root]) == ("opml", "2.0", ["head", "body"])
    assert [dict(one.attrib) for one in root.iter("outline")] == [
        {
            "type": "rss", "text": "Quay & <Tide>", "title": "Quay & <Tide>",
            "xmlUrl": "https://quay.example/feed?a=1&b=2",
        },
        {
            "type": "rss", "text": "https://tide.example/rss", "title": "https://tide.example/rss",
            "xmlUrl": "https://tide.example/rss",
        },
    ]  # fmt: skip
    assert [one.url for one in read(body)] == [url for _, url in given]


async def test_what_is_not_for_everybody_is_left_out(server, store, session):
    secret = "https://quay.example/feed?token=abc"
    event = await listed(
        store,
        an_event("feeds"),
        ("", "https://tide.example/rss"),
        ("Secret", secret),
        ("Gone", "https://gone.example/"),
    )
    [kept, _, gone] = await store.read(sources.of_event, event.id)
    await store.write(sources.sync, event.id, [kept.source], origin="command", at=NOON)
    await store.write(sources.report, gone.source.id, Health(state="ok", at=NOON))
    _, body = await get(session, server / "e/feeds/sources.opml")
    assert [one.url for one in read(body)] == ["https://tide.example/rss"]


async def test_a_draft_gives_nothing_and_an_unlisted_event_is_not_indexed(server, store, session):
    await listed(store, an_event("draft", visibility="draft"), ("", "https://tide.example/rss"))
    await listed(store, an_event("quiet", visibility="unlisted"), ("", "https://tide.example/rss"))
    await get(session, server / "e/draft/sources.opml", 404)
    headers, _ = await get(session, server / "e/quiet/sources.opml")
    assert headers["X-Robots-Tag"] == "noindex"


async def test_the_timeline_leads_to_it(server, room, session):
    _, page = await get(session, server / "e/conf")
    assert b'type="text/x-opml" title="Feeds of A conference" href="/e/conf/sources.opml"' in page


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://quay.example/feed", True),
        ("https://quay.example/?feed=rss2&cat=5&key=", False),
        ("https://video.example/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrst12", True),
        ("https://quay.example/2026-socitm-conference-of-the-coast/feed", True),
        ("https://user:word@quay.example/feed", False),
        ("https://quay.example/feed?access_token=1", False),
        ("https://quay.example/feed?u=3f9c1d2e4b5a69788f7e6d5c", False),
        ("https://quay.example/private/feed", False),
        ("https://quay.example/u/3f9c1d2e4b5a69788f7e6d5c/rss", False),
        ("http://127.0.0.1/feed", False),
        ("http://[fd00::1]/feed", False),
        ("http://intranet/feed", False),
        ("https://wiki.council.internal/feed", False),
    ],
)
def test_an_address_with_a_key_or_of_a_house_network_is_nobodys_business(url, told):
    assert may_be_told(url) is told


@pytest.mark.parametrize(
    "url",
    [
        "https://quay.example/feed?access_token=s3same",
        "http://127.0.0.1:81/u/3f9c1d2e4b5a69788f7es3same/rss",
        "https://me:s3same@quay.example/feed",
    ],
)
def test_a_name_made_of_an_address_keeps_its_key_back(url):
    name = without_key(url)
    assert "s3same" not in name
    assert name.startswith(url.partition("//")[0])
    assert name != without_key(url + "2"), "two feeds of one site are two names"


def test_an_address_without_a_key_is_its_own_name():
    assert without_key("https://quay.example/?feed=rss2") == "https://quay.example/?feed=rss2"
