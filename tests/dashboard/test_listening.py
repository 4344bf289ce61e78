"""What readers are told of the places we listen to."""

from dataclasses import replace

from dashboard.listening import late, networks_heard
from tests.factories import BLUESKY, FEED, MASTODON, NOON, a_source, an_event
from timeline.network import Field, NetworkInfo, SourceStatus

EVENT = an_event()


def status(kind, state="ok", *, label="", polled=True, **settings):
    source = a_source(kind=kind, label=label, settings=settings)
    return SourceStatus(
        source=source, state=state, last_success_at=NOON, next_poll_at=NOON if polled else None, posts=2
    )


def heard(*statuses):
    return networks_heard(EVENT, statuses, [MASTODON, BLUESKY, FEED])


def test_servers_of_one_network_are_told_together():
    [mastodon, bluesky] = heard(
        status("mastodon", server="https://a.example"),
        status("mastodon", server="https://b.example"),
        status("mastodon", server="https://c.example"),
        status("mastodon", server="https://d.example"),
        status("bluesky", polled=False),
    )
    assert mastodon.what == "Posts with #harbour26 on a.example, b.example and 2 more"
    assert (mastodon.state, mastodon.polled, mastodon.posts) == ("ok", True, 8)
    assert (bluesky.what, bluesky.polled) == ("Posts with #harbour26", False)


def test_one_blog_that_fails_is_not_shown_up():
    [feeds] = heard(
        status("feed", label="Harbour news"), status("feed", "failing", url="https://www.blog.example/feed")
    )
    assert (feeds.what, feeds.state) == ("Harbour news and blog.example", "ok")
    assert late([feeds]) is None


def test_a_recording_says_that_it_is_one():
    info = NetworkInfo(key="replay", label="Recording", fields=(Field(name="file", label="File", kind="file"),))
    [recording] = networks_heard(EVENT, [status("replay", polled=False)], [info])
    assert (recording.label, recording.what) == ("Recording", "A recorded conference, played again")


def test_a_whole_network_that_fails_is_told():
    told = heard(status("feed"), status("bluesky", "failing"))
    assert late(told) == replace(told[1], state="failing")


def test_readers_are_not_told_of_what_only_limps():
    told = heard(replace(status("bluesky"), error="the live line is down", hint="It is asked meanwhile."))
    assert (told[0].state, late(told)) == ("ok", None)
