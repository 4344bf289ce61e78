"""Entries that were taken before are left out where they say the same."""

from collector import feedparse
from tests.fakes.feedserver import item, rss

URL = "https://meadow.example/news"


def read(*items, known=b"", title="Meadow News", url=URL):
    return feedparse.parse(rss(*items, title=title).encode(), url, known=known)


def titles(feed):
    return [entry.title for entry in feed.entries]


def test_only_what_is_new_or_says_something_else_is_read_again():
    first = read(item(2), item(1))
    again = read(item(3), item(2, words="The hall is shut"), item(1), known=first.known)
    assert titles(first) == ["The hall is open 2", "The hall is open 1"]
    assert titles(again) == ["The hall is open 3", "The hall is shut 2"]
    assert titles(read(item(3), item(2, words="The hall is shut"), item(1), known=again.known)) == []


def test_an_entry_that_comes_back_is_read_again():
    first = read(item(1))
    without = read(item(2), known=first.known)
    assert titles(read(item(1), item(2), known=without.known)) == ["The hall is open 1"]


def test_a_feed_of_another_name_or_place_is_read_anew():
    first = read(item(1))
    assert titles(read(item(1), known=first.known, title="Meadow Times")) == ["The hall is open 1"]
    assert titles(read(item(1), known=first.known, url="https://elsewhere.example/")) == ["The hall is open 1"]


def test_entries_of_one_id_stay_together():
    first = read(item(1), item(1))
    changed = read(item(1), item(1, words="The hall is shut"), known=first.known)
    assert titles(changed) == ["The hall is open 1", "The hall is shut 1"]


def test_the_patient_parser_knows_entries_too():
    def ruin(*items):
        return rss(*items).replace("The hall", "R&D <b>the hall").encode()

    first = feedparse.parse(ruin(item(1)), URL)
    again = feedparse.parse(ruin(item(2), item(1)), URL, known=first.known)
    assert (first.flaw, len(first.entries)) == (again.flaw, 1)
    assert [entry.id for entry in again.entries] == ["https://meadow.example/2"]
