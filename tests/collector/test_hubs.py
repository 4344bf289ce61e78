"""Which hub is asked, and how far it is trusted."""

from datetime import UTC, datetime, timedelta

from collector import hubs
from collector.feed import Following
from collector.ledger import Hub, Subscription

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ONE, TWO = "https://one.example/", "https://two.example/"
URL = "https://meadow.example/news"


def ago(minutes):
    return NOW - timedelta(minutes=minutes)


def agreed(*, since=60, heard=None):
    return Subscription(
        hub=Hub(url=ONE, topic=URL),
        since=None if since is None else ago(since),
        heard_at=None if heard is None else ago(heard),
    )


def missed(subscription, *published, before=0):
    return hubs.missed(before, subscription, published, read_at=ago(5).timestamp(), now=NOW)


def test_the_server_has_the_first_word_then_the_document_then_the_address():
    server, document = Following(hubs=(ONE,), topic="s"), Following(hubs=(TWO,), topic="d")
    assert hubs.named(server, document, URL) == server
    assert hubs.named(Following(), document, URL) == document
    assert hubs.named(Following(topic="s"), Following(hubs=(TWO,)), URL) == Following(hubs=(TWO,), topic="s")
    assert hubs.named(Following(hubs=(ONE,)), Following(), URL) == Following(hubs=(ONE,), topic=URL)


def test_news_that_a_poll_found_first_was_missed():
    assert missed(agreed(), ago(3)) == 1
    assert missed(agreed(), ago(3), ago(2), before=1) == 2


def test_nothing_was_missed():
    assert missed(None, ago(3), before=2) == 0  # without a hub
    assert missed(agreed(since=None), ago(3), before=2) == 0  # which has not agreed
    assert missed(agreed(heard=4), ago(3), before=2) == 0  # and pushed since the last poll
    assert missed(agreed(since=2), ago(3)) == 0  # said before it agreed
    assert missed(agreed(), ago(0.5)) == 0  # may be on its way
    assert missed(agreed(), ago(60), None) == 0  # old, or of no date
    assert missed(agreed(), before=2) == 2  # no news: as it was


def test_the_first_hub_that_is_not_given_up_is_wanted():
    later, before = (NOW + timedelta(hours=1)).timestamp(), ago(1).timestamp()
    assert hubs.wanted([ONE, TWO], URL, {}, NOW) == Hub(url=ONE, topic=URL)
    assert hubs.wanted([ONE, TWO], URL, {ONE: later}, NOW) == Hub(url=TWO, topic=URL)
    assert hubs.wanted([ONE, TWO], URL, {ONE: before}, NOW) == Hub(url=ONE, topic=URL)
    assert hubs.wanted([ONE], URL, {ONE: later}, NOW) == hubs.NOBODY
    assert hubs.wanted([], URL, {}, NOW) == hubs.NOBODY


def test_a_hub_proves_itself_by_pushing_and_by_missing_nothing():
    assert hubs.proves_itself(agreed(heard=30), 0)
    assert not hubs.proves_itself(agreed(heard=30), 1)
    assert not hubs.proves_itself(agreed(), 0)
    assert not hubs.proves_itself(agreed(since=20, heard=30), 0)  # that was before it lapsed
    assert not hubs.proves_itself(agreed(since=None, heard=30), 0)
    assert not hubs.proves_itself(None, 0)
