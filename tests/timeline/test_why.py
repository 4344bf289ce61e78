"""Each rule that keeps a post from a timeline, told in words."""

from dataclasses import replace

import pytest

from tests.factories import BLUESKY, DAY, FEED, HOUR, MASTODON, MINUTE, NOON, a_post, a_source, an_author, an_event
from timeline import why
from timeline.item import State
from timeline.network import Gap, SourceStatus

EVENT = an_event()
SOURCE = a_source(hashtags=("harbour26",), spellings=("Harbour26",))


def told(post, *, source=SOURCE, info=MASTODON, event=EVENT, now=NOON, **status):
    how = SourceStatus(source=source, **status) if status else None
    return why.of_post(post, source, info, event, now, status=how)


@pytest.mark.parametrize(
    ("state", "reason", "answer", "words", "do"),
    [
        (State.SHOWN, None, "shown", "on the timeline since 2026-11-21 12:00", ""),
        (State.HELD, "waiting for approval", "held", "waiting for approval", "Staff can approve it."),
        (
            State.HELD, "the author shows posts to signed-in readers only", "held",
            "the author shows posts to signed-in readers only", "Only its author can change that.",
        ),
        (
            State.HIDDEN, "no longer mentions the event", "hidden", "no longer mentions the event",
            "It comes back by itself when that changes.",
        ),
        (State.HIDDEN, None, "hidden", "somebody of staff decided so", "Staff can show it again."),
        (State.STASHED, None, "stashed", "somebody of staff decided so", "Staff can show it again."),
    ],
)  # fmt: skip
def test_what_we_have_says_how_it_stands(state, reason, answer, words, do):
    assert why.of_item(state, reason, EVENT, seen_at=NOON) == why.Why(answer=answer, why=words, do=do)


def test_what_a_draft_shows_only_staff_see():
    shown = why.of_item(State.SHOWN, None, an_event(visibility="draft"), seen_at=NOON)
    assert (shown.answer, "only staff see" in shown.why) == ("shown", True)


def test_a_tag_that_is_only_in_the_words_is_told_apart_from_none():
    words = a_post(html="<p>Hello #HARBOUR26</p>", hashtags=())
    none = a_post(html="<p>Hello</p>", hashtags=())
    other = a_post(html="<p>Hello</p>", hashtags=("lunch",))

    assert told(words).why == (
        "#Harbour26 is in its words, but the app that wrote it made no hashtag of it (no facet, no tag)"
    )
    assert told(none).why == "it has no hashtag, and the event follows #Harbour26"
    assert told(other).why == "it has only #lunch, and the event follows #Harbour26"


def test_a_feed_that_takes_only_what_is_tagged_says_so():
    source = replace(SOURCE, kind="feed", keep="tagged")
    assert told(a_post(network="feed", html="", hashtags=()), source=source, info=FEED).why == (
        "this source takes only what mentions #Harbour26 (keep = tagged)"
    )


def test_an_event_without_hashtags_says_so():
    assert told(a_post(), source=replace(SOURCE, hashtags=(), spellings=())).do == "Give the event a hashtag."


def test_outside_the_dates():
    early = told(a_post(published_at=NOON - 30 * DAY))
    late = told(a_post(), now=NOON + 30 * DAY)
    put_away = told(a_post(), now=NOON + 30 * DAY, event=an_event(archived_at=NOON))

    assert early.why.startswith("outside the dates: published on 2026-10-22")
    assert early.do == "Set collect_from of the event to an earlier day."
    assert late.why == "outside the dates: the event has taken nothing new in since 2026-12-07 12:00"
    assert (late.do, put_away.do) == ("Set collect_until of the event to a later day.", "")


def test_an_author_who_opted_out():
    author = an_author(network="bluesky", labels=("!no-unauthenticated",))
    source = replace(SOURCE, kind="bluesky")
    assert told(a_post(network="bluesky", author=author), source=source, info=BLUESKY).why == (
        "not collected yet, and it would be held: the author shows posts to signed-in readers only"
    )


def test_what_belongs_and_is_not_there_is_the_sources_fault_or_a_matter_of_time():
    failing = told(a_post(), state="failing", error="it answers 502", hint="Tell its host.", failing_since=NOON)
    waiting = told(a_post(), state="waiting", error="today's budget is spent", hint="It goes on after midnight.")
    gap = Gap(since=NOON - HOUR, until=NOON + MINUTE, reason="the host keeps nothing from so long ago")
    lost = told(a_post(), state="ok", gap=gap)
    held = told(a_post(), event=an_event(moderation="before"), state="ok")

    assert failing.why == "it belongs here, but the source fails since 2026-11-21 12:00: it answers 502"
    assert (failing.do, waiting.do) == ("Tell its host.", "It goes on after midnight.")
    assert waiting.why == "it belongs here, but the source waits: today's budget is spent"
    assert lost.why == (
        "it falls into a gap, 2026-11-21 11:00 to 2026-11-21 12:01: the host keeps nothing from so long ago"
    )
    assert held.why == ("it belongs here, and has not been collected yet, and it would be held: waiting for approval")
    assert told(a_post()).do.startswith("Wait a minute")
