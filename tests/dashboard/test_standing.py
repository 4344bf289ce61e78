"""How a source stands, in the words of the desk."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dashboard.filters import ago, ahead, sentence
from dashboard.standing import BARS, Paces, Standing, standings, summary
from tests.factories import DAY, FEED, HOUR, MASTODON, MINUTE, NOON, SECOND, a_source, an_event
from timeline.network import Budget, Field, NetworkInfo, SourceStatus

EVENT = an_event()
LIVE = replace(MASTODON, beside_s=3_600.0)
METERED = NetworkInfo(key="x", label="X", fields=(Field(name="most", label="Most"),), budget="most", terms=("Pay.",))
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


def stands(state="ok", *, event=EVENT, info=MASTODON, lag_s=None, bars=(), now=NOON, **more) -> Standing:
    """A source in this state; ``settings``, ``label`` and ``every_s`` are its own, the rest is of its status."""
    own = {name: more.pop(name) for name in ("settings", "label", "every_s") if name in more}
    source = a_source(id=1, kind=info.key, spellings=("Harbour26",), **own)
    status = SourceStatus(source=source, **{"state": state, "last_success_at": now} | more)
    paces = Paces(lags={} if lag_s is None else {1: lag_s}, arrivals={1: bars} if bars else {})
    [told] = standings(event, [status], [info], paces, now)
    return told


@pytest.mark.parametrize(
    ("mood", "told"),
    [
        ("up", {"state": "ok"}),
        ("new", {"state": "waiting", "last_success_at": None}),
        ("slow", {"state": "waiting", "error": "the host asked us to wait"}),
        ("slow", {"state": "ok", "error": "the live line is down"}),
        ("slow", {"state": "ok", "lag_s": 121}),
        ("up", {"state": "ok", "lag_s": 119}),
        ("slow", {"state": "ok", "next_poll_at": NOON - 3 * MINUTE}),
        ("up", {"state": "ok", "next_poll_at": NOON - MINUTE}),
        ("fault", {"state": "failing", "error": "it answers 502"}),
        ("off", {"state": "stopped"}),
        ("off", {"state": "failing", "event": an_event(archived_at=NOON)}),
    ],
)
def test_the_mood_is_the_worst_of_what_is_known(mood, told):
    assert stands(**told).mood == mood


def test_names_and_places():
    server = {"server": "https://www.tootland.example"}
    assert stands(settings=server).name == "Mastodon on tootland.example"
    assert stands(settings=server, label="The big one").name == "The big one"
    assert stands(info=FEED, settings={"url": "https://blog.example/feed"}).name == "blog.example"
    feed = stands(info=FEED, settings={"url": "https://blog.example/feed/?key=1"})
    assert (feed.name, feed.what) == ("blog.example", "blog.example/feed")
    assert (stands().name, stands().what) == ("Mastodon", "#Harbour26")
    assert stands(settings={"accounts": ("@a", "@b", "@c")}).what == "#Harbour26, @a and 2 more"


def test_how_it_is_heard():
    soon, late = {"next_poll_at": NOON + 20 * SECOND}, {"next_poll_at": NOON + 50 * MINUTE}
    assert stands().how == "listening live"
    assert stands("waiting", error="the budget is used up", **late).how == ""
    assert stands(**soon).how == "asked every 30 s"
    assert stands(info=FEED, every_s=900.0, **soon).how == "asked every 15 min"
    assert stands(info=LIVE, **late).how == "listening live"
    assert stands(info=LIVE, **soon).how == "asked every 30 s"
    assert stands(info=FEED, **late).how == "asked every 50 min"
    assert stands(info=LIVE, error="the live line is down", **late).how == "asked every 30 s"


def test_the_rate_is_by_the_minute_where_it_is_quick_and_by_the_hour_where_it_is_not():
    quick, slow = [3] * BARS, [0] * (BARS - 1) + [2]
    assert (stands(bars=quick).rate, stands(bars=quick).hour) == ("1 a minute", 60)
    assert (stands(bars=slow).rate, stands().rate) == ("2 this hour", "none this hour")
    assert stands(bars=slow).spark.count("M") == 1


@pytest.mark.parametrize(
    ("spent", "words", "short", "bar"),
    [
        (300, "300 of 3,000 posts read today, about 600 by midnight UTC", False, (10, 20)),
        (2_000, "2,000 of 3,000 posts read today, spent by about 18:00 UTC at this pace", True, (67, 100)),
        (3_000, "3,000 of 3,000 posts read today, none left until midnight UTC", True, (100, 100)),
    ],
)
def test_a_budget_tells_where_it_is_going(spent, words, short, bar):
    spend = stands(info=METERED, budget=Budget(limit=3_000, spent=spent, resets_at=MIDNIGHT)).spend
    assert (spend.words, spend.short, (spend.spent, spend.forecast)) == (words, short, bar)


def test_what_needs_a_look_is_named_first_and_what_is_stopped_is_not_counted():
    def status(number, state, **more):
        return SourceStatus(source=a_source(id=number, label=f"S{number}"), state=state, **more)

    many = [status(1, "ok"), status(2, "stopped"), status(3, "failing", error="x"), status(4, "ok", error="y")]
    told = standings(EVENT, many, [MASTODON], Paces(), NOON)

    assert [one.id for one in told] == [3, 4, 1, 2]
    assert summary(told) == "1 of 3 sources needs a look: S3."
    assert summary(told[1:]) == "All 2 answer, not all in full: S4."
    assert summary(told[2:]) == "The source is up."
    assert summary(told[3:]) == "Nothing is being collected."
    assert summary([]) == "No sources yet."


def test_times_are_told_as_people_would():
    told = [ago(NOON - span, NOON, EVENT) for span in (4 * SECOND, 89 * SECOND, 2 * MINUTE, 2 * HOUR, DAY, 400 * DAY)]
    assert told == ["4 s ago", "89 s ago", "2 min ago", "10:00", "20 November, 12:00", "Friday 17 October 2025"]
    coming = [ahead(NOON + span, NOON, EVENT) for span in (-SECOND, 9 * SECOND, 2 * MINUTE, 2 * HOUR)]
    assert coming == ["now", "in 9 s", "in 2 min", "14:00"]


def test_reasons_become_sentences_and_hosts_keep_their_names():
    assert [sentence(words) for words in ("it answers 502", "a.example answers 502.", "the host: gone?")] == [
        "It answers 502.",
        "a.example answers 502.",
        "The host: gone?",
    ]
