"""Entries that come under other names are known again; what is new comes at once."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector import feedparse
from collector.feed import Feed
from collector.feedidentity import REMEMBERED, recognise
from collector.feedposts import read
from collector.feedshown import Shown
from tests.fakes.feedserver import rss
from timeline.link import same_page
from timeline.post import Sighting

AT = "https://feeds.example/news"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NUMBERS = range(1, 13)


@dataclass(frozen=True)
class Story:
    """One entry, as its author thinks of it; ``number`` tells it from the others."""

    number: int
    title: str = ""
    dated: datetime | None = None
    words: str = ""

    @property
    def at(self):
        return self.dated or NOON - timedelta(hours=self.number)


@dataclass(frozen=True)
class Style:
    """How a blog writes its feed today."""

    site: str = "http://blog.example"
    path: str = "/{number}-{slug}"
    query: str = ""
    guid: str = "http://blog.example/?p={number}"

    def feed(self, stories, *, turn=0):
        return rss(*(self.item(story, place, turn) for place, story in enumerate(stories, 1)))

    def item(self, story, place, turn):
        told = {"number": story.number, "slug": story.title.replace(" ", "-").lower(), "turn": turn, "place": place}
        link = (self.site + self.path + self.query).format(**told).replace("&", "&amp;")
        guid = f"<guid isPermaLink='false'>{self.guid.format(**told)}</guid>" if self.guid else ""
        return (
            f"<item><title>{story.title}</title><link>{link}</link>{guid}"
            f"<description>{story.words}</description><pubDate>{story.at:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        )


def story(number, **more):
    return Story(number, **{"title": f"Story {number}", "words": f"Words of story [{number}]", **more})


BEFORE = Style()
STYLES = {
    "https": replace(BEFORE, site="https://blog.example", guid="https://blog.example/?p={number}"),
    "another domain": replace(BEFORE, site="https://new.example", guid="https://new.example/?p={number}"),
    "another permalink": replace(BEFORE, path="/2026/11/{slug}", guid="http://blog.example/2026/11/{slug}"),
    "all at once": Style(site="https://new.example", path="/posts/{slug}/", guid="tag:new.example,2026:{slug}"),
    "counted links": replace(BEFORE, query="?utm_source=rss&utm_campaign={turn}", guid=""),
    "a guid for every answer": replace(BEFORE, guid="urn:answer:{turn}:{place}"),
    "a guid by place": replace(BEFORE, guid="{place}"),
    "a guid by title": replace(BEFORE, guid="{slug}"),
    "one guid for all": replace(BEFORE, guid="post"),
    "no guid": replace(BEFORE, guid=""),
    "one link for all": Style(path="/", guid="urn:story:{number}"),
    "one link for all and a guid for every answer": Style(path="/", guid="{turn}-{place}"),
}


class Reader:
    """A feed read again and again: what it is remembered by survives as JSON."""

    def __init__(self, *, skipping=False):
        """``skipping``: what the feed says word for word as before is left out, as it is between polls."""
        self.skipping = skipping
        self.known = b""
        self.shown = Shown()
        self.now = NOON
        self.turn = 0

    def read(self, style, stories):
        """The uri of each story, in order."""
        self.turn += 1
        self.now += timedelta(minutes=5)
        feed = feedparse.parse(style.feed(stories, turn=self.turn).encode(), AT, known=self.known)
        assert isinstance(feed, Feed)
        self.known = feed.known if self.skipping else b""
        self.reading = read(feed, AT, shown=Shown.of(self.shown.cursor()), now=self.now)
        self.before, self.shown = self.shown, self.reading.shown
        return [one.ref for one in self.reading.heard if isinstance(one, Sighting)]

    def posts(self):
        return [one.post for one in self.reading.heard]

    def named(self):
        """The uri of each story that was given, by its number."""
        return {int(re.search(r"\[(\d+)\]", one.html)[1]): one.uri for one in self.posts()}


@pytest.mark.parametrize("name", STYLES)
def test_a_feed_that_calls_its_entries_otherwise_does_not_say_them_again(name):
    reader = Reader()
    first = reader.read(BEFORE, [story(2), story(1)])
    again = reader.read(STYLES[name], [story(3), story(2), story(1)])
    later = reader.read(STYLES[name], [story(4), story(3), story(2), story(1)])

    assert again[1:] == first
    assert later[1:] == again
    assert len(set(later)) == 4


def test_it_is_said_once_that_entries_have_other_names():
    reader = Reader()
    stories = [story(number) for number in NUMBERS]
    restless = STYLES["a guid for every answer"]
    said = []
    for style in (BEFORE, BEFORE, restless, restless, restless):
        reader.read(style, stories)
        said.append(reader.reading.said(reader.before))
    told = "the feed gave 12 of its entries other names; they are known again and stay what they were"
    assert said == [None, None, told, None, None]


def test_a_single_new_permalink_is_not_worth_a_word():
    reader = Reader()
    [first] = reader.read(BEFORE, [story(1)])
    [again] = reader.read(STYLES["another permalink"], [story(1)])
    assert (again, reader.reading.said(reader.before)) == (first, None)


def test_a_blog_that_moves_and_cuts_its_dates_to_days_is_known_by_titles_and_words():
    reader = Reader()
    stories = [story(number) for number in (3, 2, 1)]
    first = reader.read(BEFORE, stories)
    cut = [replace(one, dated=one.at.replace(hour=0)) for one in stories]
    moved = Style(site="https://new.example", path="/{slug}.html", guid="https://new.example/{slug}.html")
    assert reader.read(moved, [story(4), *cut])[1:] == first


def test_an_entry_that_resurfaces_with_a_fresh_date_keeps_its_first_one():
    reader = Reader()
    reader.read(BEFORE, [story(5)])
    reader.read(BEFORE, [story(5, dated=NOON)])
    [post] = reader.posts()
    assert post.published_at == NOON - timedelta(hours=5)


def test_an_entry_of_the_future_that_is_told_again_stays_at_when_it_was_first_seen():
    reader = Reader()
    reader.read(BEFORE, [story(1, dated=datetime(2106, 2, 7, tzinfo=UTC))])
    reader.read(BEFORE, [story(1, dated=datetime(2106, 2, 7, tzinfo=UTC))])
    [post] = reader.posts()
    assert post.published_at == NOON + timedelta(minutes=5)


def test_entries_with_one_guid_and_pages_of_their_own_are_all_shown():
    reader = Reader()
    shared = STYLES["one guid for all"]
    assert reader.read(shared, [story(2), story(1)]) == [
        "http://blog.example/2-story-2",
        "http://blog.example/1-story-1",
    ]


def test_an_entry_listed_twice_under_two_guids_is_shown_once():
    twice = rss(BEFORE.item(story(1), 1, 1), STYLES["a guid by title"].item(story(1), 2, 1))
    feed = feedparse.parse(twice.encode(), AT)
    assert [one.ref for one in read(feed, AT, now=NOON).heard] == ["http://blog.example/?p=1"]


def test_an_entry_like_one_that_is_still_listed_is_new():
    reader = Reader(skipping=True)
    day = datetime(2026, 11, 20, tzinfo=UTC)
    first = reader.read(BEFORE, [story(1, title="Photo of the day", dated=day)])
    again = reader.read(BEFORE, [story(n, title="Photo of the day", dated=day) for n in (2, 1)])
    assert (len(again), set(again) & set(first)) == (1, set())


def test_a_weekly_title_on_one_page_is_new_every_week():
    reader = Reader()
    home = Style(site="https://meadow.example", path="/", guid="{place}-{turn}")  # the feed's own page
    weeks = [story(1, title="Open thread", words=f"Week {n}", dated=NOON - timedelta(weeks=n)) for n in (3, 2, 1)]
    seen = [reader.read(home, [week])[0] for week in weeks]
    assert len(set(seen)) == 3


def test_a_link_that_keeps_its_page_keeps_its_spelling():
    reader = Reader()
    reader.read(BEFORE, [story(1)])
    reader.read(STYLES["counted links"], [story(1)])
    [post] = reader.posts()
    assert post.url == "http://blog.example/1-story-1"


def test_what_is_remembered_is_bounded_and_the_oldest_goes_first():
    reader = Reader()
    for number in range(REMEMBERED // 100 + 1):
        reader.read(BEFORE, [story(1 + number * 100 + n) for n in range(100)])
    assert len(reader.shown.entries) == REMEMBERED
    assert len(reader.read(BEFORE, [story(1 + n) for n in range(100)])) == 100


def test_what_another_version_remembered_is_left_aside():
    assert Shown.of({"entries": [["too", "short"]]}) == Shown()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://www.blog.example/a/", "https://blog.example/a", True),
        ("https://blog.example/a?utm_source=rss&p=1", "https://blog.example/a?p=1#utm_medium=feed", True),
        ("https://blog.example:443/%61", "https://blog.example/a", True),
        ("https://blog.example/a?p=1", "https://blog.example/a?p=2", False),
        ("https://blog.example/a#1", "https://blog.example/a#2", False),
        ("https://blog.example/a", "https://other.example/a", False),
        ("https://blog.example:8443/a", "https://blog.example/a", False),
    ],
)
def test_two_addresses_of_one_page(one, other, same):
    assert (same_page(one) == same_page(other)) is same


RENDERINGS = st.lists(
    st.tuples(st.sampled_from([BEFORE, *STYLES.values()]), st.sets(st.sampled_from(NUMBERS), min_size=1)), min_size=1,
    max_size=8,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(RENDERINGS, st.booleans())
@example([(STYLES["a guid by place"], {1}), (STYLES["a guid by place"], {2})], False)
def test_whatever_a_feed_calls_them_each_entry_is_one_post_and_none_is_lost(renderings, skipping):
    reader = Reader(skipping=skipping)
    names = {}
    for style, numbers in renderings:
        reader.read(style, [story(number) for number in sorted(numbers)])
        for number, uri in reader.named().items():
            assert names.setdefault(number, uri) == uri
        assert names.keys() >= numbers
    assert len(set(names.values())) == len(names)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(list(STYLES.values())),
    st.lists(st.sampled_from(["new", "retitled", "redated", "reworded"]), max_size=8),
    st.booleans(),
)
def test_one_edit_at_a_time_makes_no_other_post(style, steps, skipping):
    reader = Reader(skipping=skipping)
    stories = [story(1), story(2), story(3)]
    reader.read(style, stories)
    names = reader.named()
    for number, step in enumerate(steps, 10):
        match step:
            case "new":
                stories = [story(number), *stories][:6]
            case "retitled":
                stories[-1] = replace(stories[-1], title=f"Retold {number}")
            case "redated":
                stories[-1] = replace(stories[-1], dated=NOON + timedelta(minutes=number))
            case "reworded":
                stories[-1] = replace(stories[-1], words=f"Other words {number} [{stories[-1].number}]")
        reader.read(style, stories)
        for one, uri in reader.named().items():
            assert names.setdefault(one, uri) == uri
        assert names.keys() >= {one.number for one in stories}
    assert len(set(names.values())) == len(names)


def test_more_entries_than_are_usually_remembered_are_all_known_again():
    feed = feedparse.parse(BEFORE.feed([story(n) for n in range(1, 2_001)]).encode(), AT)
    first = recognise(feed, Shown(), AT, now=NOON)
    again = recognise(feed, first.shown, AT, now=NOON)
    assert len(again.entries) == 2_000
    assert [one.uri for one in again.entries] == [one.uri for one in first.entries]
