"""What X is asked for: terms, rules and queries, and whose rules are whose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.x_rules import OURS, RULE_LENGTH, change, is_hashtag, packed, terms, wanted_rules
from tests.fakes.ledger import a_source
from timeline.errors import SourceUnavailable


def source(number=1, tags=("pyconf",), accounts=(), **more):
    return a_source(number, "x", hashtags=tags, settings={"accounts": accounts}, **more)


@pytest.mark.parametrize("word", ["pyconf", "PyConf26", "größe", "हिन्दी", "日本語", "a_b", "26a", "l·l"])
def test_what_x_reads_as_a_hashtag(word):
    assert is_hashtag(word)


@pytest.mark.parametrize("word", ["2026", "c++", 'a"b', "a)b", "a-b", "", "_", "a b", "#"])
def test_what_x_does_not(word):
    assert not is_hashtag(word)


def test_hashtags_are_asked_for_as_written_and_accounts_however_they_are_named():
    asked = source(tags=("grosse",), spellings=("#Größe",), accounts=("@Ada", "bob"))
    assert terms(asked) == {
        "grosse": "#Größe",
        "@Ada": "from:Ada",
        "bob": "from:bob",
    }


@pytest.mark.parametrize("account", ["@a b", "https://x.com/ada", "@ada@mastodon.example", 'x" OR cats', "@", "a" * 16])
def test_an_account_that_cannot_be_one_is_named(account):
    with pytest.raises(SourceUnavailable, match="no account name at X"):
        terms(source(accounts=(account,)))


def test_a_hashtag_that_x_cannot_know_is_left_out_and_alone_is_a_mistake():
    assert terms(source(tags=("c++", "pyconf"))) == {"pyconf": "#pyconf"}
    with pytest.raises(SourceUnavailable, match="none of the event's hashtags"):
        terms(source(tags=("c++",)))


@given(st.lists(st.text("abcdef_", min_size=1, max_size=99), unique=True, max_size=80), st.sampled_from([512, 1024]))
def test_packs_hold_every_term_once_within_their_length(words, most):
    wanted = {word: f"#{word}" for word in words}
    packs = packed(wanted, most)
    assert [key for pack in packs for key in pack.keys] == words
    assert all(len(pack.value) <= most for pack in packs)
    assert all(pack.value.startswith("(#") and pack.value.endswith(") -is:retweet") for pack in packs)


def test_sources_that_want_the_same_share_a_rule_that_names_the_first():
    rules = wanted_rules([source(1), source(2), source(3, tags=("PyConf", "more"))])
    assert rules == {"(#pyconf) -is:retweet": f"{OURS}1", "(#more) -is:retweet": f"{OURS}3"}


def test_many_hashtags_are_several_rules():
    rules = wanted_rules([source(tags=tuple(f"a{'x' * 90}{number}" for number in range(30)))])
    assert len(rules) == 3
    assert all(len(value) <= RULE_LENGTH for value in rules)


def test_a_source_with_a_mistake_does_not_silence_the_others():
    assert list(wanted_rules([source(1, accounts=("@a b",)), source(2)])) == ["(#pyconf) -is:retweet"]
    with pytest.raises(SourceUnavailable):
        wanted_rules([source(1, accounts=("@a b",))])


def test_only_rules_of_ours_are_ever_deleted():
    kept = [
        {"id": "1", "value": "(#pyconf) -is:retweet", "tag": f"{OURS}1"},
        {"id": "2", "value": "(#old) -is:retweet", "tag": f"{OURS}7"},
        {"id": 3, "value": "cats", "tag": None},
        {"id": "4", "value": "(#old) -is:retweet", "tag": "somebody else's"},
        {"id": "5", "value": "(#pyconf) -is:retweet", "tag": f"{OURS}2"},
        {"id": "6", "value": "(#theirs) -is:retweet"},
    ]
    wanted = dict.fromkeys(("(#pyconf) -is:retweet", "(#theirs) -is:retweet", "(#new) -is:retweet"), f"{OURS}1")
    assert change(kept, wanted) == ([("(#new) -is:retweet", f"{OURS}1")], ["2", "5"])
