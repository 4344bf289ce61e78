"""What readers type is read as they mean it, and nothing that can be typed breaks anything."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import BLUESKY, MASTODON, an_event
from timeline.query import Mistake, Query, Span, Term, network_names, parse
from timeline.words import MAX_WORD, joined, placed, words

NAMES = network_names([MASTODON, BLUESKY])
LONDON = ZoneInfo("Europe/London")
# Monday to Wednesday
EVENT = an_event(
    starts_at=datetime(2026, 10, 12, 8, tzinfo=UTC),
    ends_at=datetime(2026, 10, 14, 16, tzinfo=UTC),
    collect_from=datetime(2026, 9, 28, tzinfo=UTC),
    collect_until=datetime(2026, 10, 28, tzinfo=UTC),
)
NOW = datetime(2026, 10, 13, 23, 30, tzinfo=UTC)  # half past midnight in London


def read(text: str) -> Query:
    return parse(text, event=EVENT, networks=NAMES, now=NOW)


def day(number: int, month: int = 10) -> Span:
    """A whole day in London."""
    since = datetime.combine(date(2026, month, number), time(), tzinfo=LONDON)
    return Span(since.astimezone(UTC), (since + timedelta(days=1)).astimezone(UTC))


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("harbour ", Query(terms=(Term(("harbour",)),))),
        ("harbour", Query(terms=(Term(("harbour",), prefix=True),))),
        ("h", Query(terms=(Term(("h",)),))),
        ("Open Dàta ", Query(terms=(Term(("open",)), Term(("data",))))),
        ('"Open data" quay ', Query(terms=(Term(("open", "data")), Term(("quay",))))),
        ("“open data” ", Query(terms=(Term(("open", "data")),))),
        ('"open da', Query(terms=(Term(("open", "da"), prefix=True),))),
        ("e-mail 14:30 ", Query(terms=(Term(("e", "mail")), Term(("14", "30"))))),
        ("-slides quay ", Query(terms=(Term(("quay",)),), without=(Term(("slides",)),))),
        ('-"no slides"', Query(without=(Term(("no", "slides")),))),
        ("#Harbour26 ", Query(terms=(Term(("harbour26",), "tags"),))),
        ("#open_data", Query(terms=(Term(("opendata",), "tags", prefix=True),))),
        ("from:@ada@chat.example ", Query(authors=(Term(("ada", "chat", "example"), "author"),))),
        ('from:"Ada Byron" ', Query(authors=(Term(("ada", "byron"), "author"),))),
        ("FROM:ad", Query(authors=(Term(("ad",), "author", prefix=True),))),
        ("-from:ada", Query(without=(Term(("ada",), "author"),))),
        ("network:Mastodon -network:bluesky", Query(networks=("mastodon",), without_networks=("bluesky",))),
        ("has:media has:pictures -has:link", Query(has=("media",), without_has=("link",))),
        ("colour:blue ", Query(terms=(Term(("colour", "blue")),))),
        ("from: ", Query(terms=(Term(("from",)),))),
        ("東京", Query(terms=(Term(("東", "京")),))),
        ("quay quay ", Query(terms=(Term(("quay",)),))),
        ("network:myspace quay ", Query(terms=(Term(("quay",)),), mistakes=(Mistake("network", "myspace"),))),
        ("has:cats", Query(mistakes=(Mistake("has", "cats"),))),
        ("day:someday", Query(mistakes=(Mistake("day", "someday"),))),
        ("day:2026-02-30", Query(mistakes=(Mistake("day", "2026-02-30"),))),
        ("day:13", Query(days=(day(13),))),
        ("day:5", Query(days=(day(5),))),
        ("day:2026-10-12 day:2026-10-13", Query(days=(day(12), day(13)))),
        ("day:Monday", Query(days=(day(12),))),
        ("day:tue", Query(days=(day(13),))),
        ("day:thursday", Query(days=(day(15),))),
        ("day:today", Query(days=(day(14),))),
        ("-day:yesterday", Query(without_days=(day(13),))),
    ],
)
def test_a_query_is_read_as_it_is_meant(text: str, query: Query) -> None:
    assert read(text) == query


def test_a_day_in_which_clocks_change_is_whole() -> None:
    [span] = read("day:2026-10-25").days

    assert span.until - span.since == timedelta(hours=25)


@pytest.mark.parametrize(("text", "answerable"), [("quay", True), ("-quay", True), ("%", False), ("quay day:x", False)])
def test_what_is_not_understood_is_not_answered(text: str, answerable: bool) -> None:
    assert read(text).answerable is answerable


TYPED = st.lists(
    st.sampled_from(["from:", "day:", "has:", "network:", "-", '"', "#", ":", " ", "day:9999-12-31", "day:0001-01-01"])
    | st.text(max_size=6),
    max_size=12,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(text=TYPED)
def test_nothing_that_can_be_typed_breaks_it(text: str) -> None:
    found = read(text)

    terms = (*found.terms, *found.authors, *found.without)
    assert all(term.words for term in terms)
    assert all(word == joined(word) for term in terms for word in term.words)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Quay, at 9!", ["the", "quay", "at", "9"]),
        ("Café cafe\u0301 CAFÉ Straße", ["cafe", "cafe", "cafe", "strasse"]),
        ("snake_case #open", ["snake", "case", "open"]),
        ("Привет, мир", ["привет", "мир"]),
        ("हिन्दी में", ["हिनदी", "में"]),
        ("東京タワー 2026", ["東", "京", "タ", "ワ", "ー", "2026"]),
        ("ｆｕｌｌ ½", ["full", "12"]),
        ("\u0e33", ["\u0e4d", "\u0e32"]),
        ("🎉 …", []),
        ("x" * 200, ["x" * MAX_WORD]),
    ],
)  # fmt: skip
def test_words_are_folded_whatever_the_script(text: str, found: list[str]) -> None:
    assert words(text) == found


@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_every_word_is_found_again_by_itself(text: str) -> None:
    found = words(text)

    assert [word.folded for word in placed(text)] == found
    assert all(words(word) == [word] for word in found if len(word) < MAX_WORD)
    assert all(0 <= word.start < word.end <= len(text) for word in placed(text))
