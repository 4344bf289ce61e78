"""Records of anybody's client: whatever they hold, no HTML of ours breaks and no byte is miscounted."""

import html
import re
from contextlib import suppress
from datetime import UTC, datetime

import nh3
from hypothesis import given, settings
from hypothesis import strategies as st

from collector import atproto
from timeline.errors import UnreadablePost
from timeline.text import plain

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_spans = st.tuples(st.integers(-5, 60), st.integers(-5, 60))


def facets(spans):
    tag = {"$type": "app.bsky.richtext.facet#tag", "tag": "quay"}
    return [{"features": [tag], "index": {"byteStart": start, "byteEnd": end}} for start, end in spans]


@settings(max_examples=300)
@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=30),
    st.lists(_spans, max_size=5),
)
def test_no_facet_changes_the_words(text, spans):
    made = atproto.to_html(text, facets(spans))
    words = html.unescape(re.sub(r"<[^>]+>", "", made.replace("<br>", "\n").replace("</p><p>", "\n\n")))
    assert words.split() == text.split()
    assert made.count("<a ") == made.count("</a>") <= len(spans)


@settings(max_examples=200)
@given(st.text(max_size=20), st.text(max_size=10), st.text(max_size=10))
def test_what_is_said_never_becomes_markup(text, tag, link):
    features = [
        {"$type": "app.bsky.richtext.facet#link", "uri": f"https://a.example/{link}"},
        {"$type": "app.bsky.richtext.facet#tag", "tag": tag},
    ]
    end = len(text.encode("utf-8", "replace"))
    made = atproto.to_html(text, [{"features": [each], "index": {"byteStart": 0, "byteEnd": end}} for each in features])
    allowed = nh3.clean(made, tags={"p", "br", "a"}, attributes={"a": {"href", "class"}}, link_rel=None)
    assert plain(allowed) == plain(made)
    assert not re.search(r"<(?!/?(?:p|br|a)\b)", made)


@settings(max_examples=300)
@given(
    st.dictionaries(
        st.sampled_from(["text", "createdAt", "langs", "facets", "tags", "reply", "embed", "labels"]),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=4),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(
                        ["images", "record", "media", "external", "video", "values", "parent", "uri", "image", "ref"]
                    ),
                    inner,
                    max_size=2,
                )
            ),
            max_leaves=6,
        ),
    )
)
def test_no_record_breaks_the_reader(record):
    with suppress(UnreadablePost):
        atproto.to_post("did:plc:x", "at://did:plc:x/app.bsky.feed.post/1", record, at=NOON)


def test_overlapping_tags_keep_the_first():
    """ "#php #php8" by a client that finds ``#php`` in both."""
    made = atproto.to_html("#php #php8", facets([(0, 4), (5, 9), (5, 10)]))
    assert made.count("<a ") == 2


def test_a_profile_without_a_name_goes_by_its_handle():
    update = atproto.to_author(
        {
            "did": "did:plc:x",
            "handle": "x.example",
            "displayName": "",
            "labels": [
                {"val": "!no-unauthenticated", "src": "did:plc:x"},
                {"val": "spam", "src": "did:plc:y", "neg": True},
            ],
        }
    )
    assert (update.author.name, update.author.labels) == ("x.example", ("!no-unauthenticated",))
