"""The looks at the bytes of a frame let through whatever is wanted, on both wires and however it is written."""

import json

from hypothesis import given
from hypothesis import strategies as st

from collector import jetstream
from tests.fakes.jetstream import POSTS
from tests.fakes.jetstream_wishes import as_v1
from timeline.post import Sighting
from timeline.text import fold_hashtag

WANTED = {"quayconf", "日本"}
FOLLOWED = {"did:plc:followed": "@ida.example"}
tags = st.sampled_from(["quayconf", "QuayConf", "ＱｕａｙＣｏｎｆ", "日本", "quay", 'qu"ay', "#quayconf"]) | st.text(
    max_size=8
)
texts = st.text(max_size=40) | st.sampled_from(
    [
        '"operation":"create"',
        '"tags":["quayconf"]',
        "#tag",
        '"did":"did:plc:followed"',
        '{"kind":"commit"}',
        "\\u0023tag",
    ]
)
facets = st.lists(
    st.fixed_dictionaries(
        {
            "features": st.lists(st.fixed_dictionaries({"$type": st.just("app.bsky.richtext.facet#tag"), "tag": tags})),
            "index": st.just({"byteStart": 0, "byteEnd": 1}),
        }
    ),
    max_size=3,
)
records = st.fixed_dictionaries(
    {"$type": st.just(POSTS), "text": texts, "createdAt": st.just("2026-11-21T09:00:00Z")},
    optional={"facets": facets, "tags": st.lists(tags, max_size=3), "operation": texts, "did": texts, "note": texts},
)
writers = st.sampled_from(
    [
        lambda told: json.dumps(told, ensure_ascii=False, separators=(",", ":")),
        lambda told: json.dumps(told, separators=(",", ":")),
        lambda told: json.dumps(told, ensure_ascii=False),
        lambda told: json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True),
        lambda told: json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("#", "\\u0023"),
    ]
)


@given(
    record=records,
    did=st.sampled_from(["did:plc:somebody", "did:plc:followed"]),
    operation=st.sampled_from(["create", "update"]),
    frozen=st.booleans(),
    writer=writers,
)
def test_what_is_wanted_is_heard_and_nothing_else(record, did, operation, frozen, writer):
    event = {
        "$type": "network.bsky.jetstream.subscribeEvents#commit",
        "seq": 7,
        "did": did,
        "time": "2026-11-21T09:00:01.000000Z",
        "witnessedAt": "2026-11-21T09:00:01.000000Z",
        "rev": "3k",
        "operation": operation,
        "collection": POSTS,
        "rkey": "3k",
        "record": record,
        "cid": "bafyrei",
    }
    told = as_v1(event) if frozen else {"$type": "message", "payload": event}
    frame = writer(told).encode("utf-8", "surrogatepass")

    heard = jetstream.hear([frame], "h", WANTED, wire="v1" if frozen else "v2", followed=FOLLOWED).heard

    bears = [feature["tag"] for facet in record.get("facets", ()) for feature in facet["features"]]
    wanted = any(fold_hashtag(tag) in WANTED for tag in [*bears, *record.get("tags", ())] if tag)
    assert bool(heard) == (wanted or operation == "update" or did in FOLLOWED)
    assert all(isinstance(thing, Sighting) for thing in heard)
