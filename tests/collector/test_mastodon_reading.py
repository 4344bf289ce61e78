"""What is read of a status, and which are passed over."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.mastodon_status import links_in, read
from timeline.post import Sighting, Unreadable

NOW = datetime.now(UTC)


def test_posts_that_are_not_public_are_passed_over():
    for visibility in ("unlisted", "private", "direct"):
        assert read({"visibility": visibility}, "example.org") is None


@settings(max_examples=300)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_no_status_breaks_the_reader(value):
    names = (
        "id",
        "uri",
        "content",
        "created_at",
        "account",
        "tags",
        "media_attachments",
        "poll",
        "card",
        "quote",
        "reblog",
    )
    for name in names:
        whole = {"id": "1", "uri": "https://a.example/1", "content": "", "created_at": "2026-11-21T09:00:00Z"}
        account = {"acct": "a", "uri": "https://a.example/a", "username": "a"}
        assert isinstance(read({**whole, "account": account, name: value}, "a.example"), Sighting | Unreadable | None)


def test_links_leave_out_people_and_hashtags():
    content = (
        '<p><a class="u-url mention" href="https://a.example/@b">@b</a> '
        '<a href="https://a.example/tags/x" class="mention hashtag">#x</a> '
        '<a href="https://c.example/?a=1&amp;b=2">c</a> <a href="javascript:x">d</a></p>'
    )
    assert links_in(content) == (("https://c.example/?a=1&b=2",), ("x",))
