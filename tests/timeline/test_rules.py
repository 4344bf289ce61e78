"""What belongs where, who may be shown, and when an event is what."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import BLUESKY, FEED, MASTODON, NOON, SECOND, a_post, a_source, an_author, an_event
from timeline.consent import withheld
from timeline.errors import BadCursor
from timeline.item import Place, State
from timeline.link import web_address
from timeline.moderation import Verdict, judge
from timeline.network import Secret
from timeline.view import belongs


@pytest.mark.parametrize(
    ("post", "source", "network", "is_ours"),
    [
        ({"hashtags": ("Harbour26",)}, {}, MASTODON, True),
        ({"hashtags": ("ｈａｒｂｏｕｒ２６",)}, {}, BLUESKY, True),
        ({"hashtags": ("harbour2",)}, {}, MASTODON, False),
        ({"hashtags": ()}, {}, MASTODON, False),
        ({"hashtags": ()}, {}, FEED, True),
        ({"hashtags": ()}, {"keep": "tagged"}, FEED, False),
        ({"hashtags": ("harbour26",)}, {"keep": "tagged"}, FEED, True),
        ({"hashtags": ()}, {"settings": {"accounts": ("@Ottilie@mastodon.example",)}}, MASTODON, True),
        ({"hashtags": ()}, {"settings": {"accounts": ("@ana@mastodon.example",)}}, MASTODON, False),
        ({"hashtags": ()}, {"settings": {"accounts": ("https://mastodon.example/users/ottilie",)}}, MASTODON, True),
        (
            {"hashtags": ()},
            {"settings": {"accounts": ("@ottilie",), "server": "https://mastodon.example"}}, MASTODON, True,
        ),
        ({"hashtags": (), "author": an_author(handle="")}, {"settings": {"accounts": ("@", "")}}, MASTODON, False),
    ],
)  # fmt: skip
def test_a_post_belongs_by_hashtag_by_account_or_as_a_whole(
    post: dict[str, Any], source: dict[str, Any], network: Any, is_ours: bool
) -> None:
    assert belongs(a_post(**post), a_source(hashtags=("harbour26",), **source), network) is is_ours


@pytest.mark.parametrize("label", ["!no-unauthenticated", "!hide", "!takedown", "!suspend"])
def test_an_opt_out_withholds_with_a_reason(label: str) -> None:
    assert withheld(an_author(labels=("bot", label)))
    assert withheld(an_author(labels=("bot",))) is None


HELD = Verdict(state=State.HELD, reason="waiting for approval")


@pytest.mark.parametrize(
    ("event", "source", "author", "verdict"),
    [
        ({}, {}, {}, Verdict(state=State.SHOWN)),
        ({}, {"trusted": True}, {}, Verdict(state=State.SHOWN, checked=True)),
        ({"moderation": "before"}, {}, {}, HELD),
        ({"moderation": "before"}, {"trusted": True}, {}, Verdict(state=State.SHOWN, checked=True)),
        ({"consent": "strict"}, {}, {}, Verdict(state=State.SHOWN)),
        ({"consent": "usual"}, {}, {"known": False}, Verdict(state=State.SHOWN)),
        (
            {"consent": "strict"}, {"trusted": True}, {"known": False},
            Verdict(state=State.HELD, reason="waiting to hear who the author is", checked=True),
        ),
    ],
)  # fmt: skip
def test_a_post_is_shown_or_held_for_a_reason(
    event: dict[str, Any], source: dict[str, Any], author: dict[str, Any], verdict: Verdict
) -> None:
    assert judge(a_post(author=an_author(**author)), a_source(**source), an_event(**event)) == verdict


def test_an_event_comes_is_on_and_passes() -> None:
    event = an_event()
    moments = [event.starts_at - SECOND, event.starts_at, event.ends_at, event.ends_at + SECOND]

    assert [event.phase(moment) for moment in moments] == ["coming", "live", "live", "past"]
    assert replace(event, archived_at=NOON).phase(NOON) == "past"
    assert [event.collects(moment) for moment in (NOON, event.collect_until, event.collect_until + SECOND)] == [
        True, True, False,
    ]  # fmt: skip
    assert replace(event, archived_at=NOON).collects(NOON) is False


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(9999, 1, 1)).map(lambda at: at.replace(tzinfo=NOON.tzinfo)),  # noqa: DTZ001
    st.integers(0, 2**63 - 1),
)
def test_a_place_is_read_back_as_it_was_written(at: datetime, item_id: int) -> None:
    place = Place(published_at=at, id=item_id)

    assert Place.decode(place.encode()) == place


@given(st.text(max_size=30))
@pytest.mark.parametrize("prefix", ["", "MS4x", "!", "MTc2MzcyNjQwMDAwMDAwMC4"])
def test_any_other_word_is_no_place(prefix: str, word: str) -> None:
    try:
        place = Place.decode(prefix + word)
    except BadCursor:
        return
    assert Place.decode(place.encode()) == place


@pytest.mark.parametrize(
    "word", ["", "x", "MS4", "MS4t", "MS4tMQ", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTku", "MS45OTk5OTk5OTk5OTk5OTk5OTk5OTk5"]
)
def test_a_forged_place_is_refused(word: str) -> None:
    with pytest.raises(BadCursor):
        Place.decode(word)


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://a.example/x?y#z", "https://a.example/x?y#z"),
        (" http://a.example ", "http://a.example"),
        ("//a.example", None), ("https://", None), ("https:///x", None), ("javascript:alert(1)", None),
        ("mailto:a@a.example", None), ("https://[half", None), ("x" * 2_001, None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_an_address_is_a_link_only_if_it_leads_to_the_web(address: str | None, link: str | None) -> None:
    assert web_address(address) == link


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("hunter2")

    assert (repr(secret), str(secret), f"{secret}") == ("Secret(…)",) * 3
    assert secret.reveal() == "hunter2"
    assert [secret == other for other in (Secret("hunter2"), Secret("other"), "hunter2")] == [True, False, False]
    assert secret.fingerprint != Secret("other").fingerprint
