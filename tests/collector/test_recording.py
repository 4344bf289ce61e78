"""Reading recordings: what lines say, what is refused, which pictures may be had."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector import recording
from collector.recording import picture_address
from timeline.errors import SourceUnavailable
from timeline.post import Author, AuthorUpdate, Counts, Media, Poll, PollOption, Post, Removal, Sighting, Unreadable

QUAY = Path(__file__).parents[1] / "payloads" / "replay" / "quay.jsonl"
STARTS = datetime(2026, 5, 4, 8, tzinfo=UTC)
HEADER = '{"recording": "Quay Days", "starts": "2026-05-04T08:00:00Z", "days": 1, "hashtag": "quay26"}'
AUTHOR = {"uri": "https://pier.example/users/una", "name": "Una"}
POST = {"network": "mastodon", "uri": "https://pier.example/1", "author": AUTHOR, "html": "<p>One</p>"}


def test_every_kind_of_line_is_heard_as_what_it_is():
    played = recording.read(QUAY)

    assert (played.title, played.starts, played.days, played.hashtag) == ("Quay Days", STARTS, 1, "quay26")
    assert [(beat.at.total_seconds(), type(beat.heard)) for beat in played.beats] == [
        (-600, Sighting),
        (0, Sighting),
        (60, Sighting),
        (90, Sighting),
        (100, AuthorUpdate),
        (120, Sighting),
        (180, Removal),
        (7200, Sighting),
    ]
    assert played.faults == ()


def test_a_post_is_read_whole():
    assert recording.read(QUAY).beats[1].heard == Sighting(
        ref="https://pier.example/users/una/statuses/1",
        post=Post(
            network="mastodon",
            uri="https://pier.example/users/una/statuses/1",
            url="https://pier.example/@una/1",
            author=Author(
                network="mastodon",
                uri="https://pier.example/users/una",
                name="Una",
                handle="@una@pier.example",
                avatar=picture_address(QUAY.parent, "pictures/una.webp"),
            ),
            published_at=STARTS,
            html="<p>Frist in the queue #quay26</p>",
            hashtags=("quay26",),
            media=(
                Media(
                    kind="image",
                    source_url=picture_address(QUAY.parent, "pictures/queue.webp"),
                    alt="A queue of one",
                    width=1200,
                    height=675,
                ),
            ),
        ),
    )


def test_an_edit_is_the_whole_post_again_with_its_date():
    before, after = _posts(QUAY, "https://pier.example/users/una/statuses/1")

    assert after == replace(before, html="<p>First in the queue #quay26</p>", edited_at=STARTS + timedelta(seconds=90))


def test_counts_are_the_post_again_by_its_completed_author():
    before, after = _posts(QUAY, "at://did:plc:quay/app.bsky.feed.post/3k1")

    assert before.poll == Poll(
        options=(PollOption(text="Tea", votes=3), PollOption(text="Coffee", votes=4)),
        closes_at=STARTS + timedelta(seconds=660),
    )
    assert not before.author.known
    assert after == replace(
        before,
        author=Author(network="bluesky", uri="did:plc:quay", name="Bo", handle="@bo.example"),
        counts=Counts(replies=1, boosts=2, likes=5),
        poll=replace(before.poll, options=(PollOption(text="Tea", votes=4), PollOption(text="Coffee", votes=9))),
    )


def test_a_late_post_bears_the_time_it_was_written():
    [late] = _posts(QUAY, "https://pier.example/users/una/statuses/2")

    assert late.published_at == STARTS + timedelta(seconds=200)
    assert late.author.avatar == "https://cdn.example/una.png"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "line 3: Input data was truncated"),
        ('{"at": 1}', "line 3: it needs one of post, edit, counts, author, remove"),
        (
            '{"at": 1, "remove": "https://pier.example/1", "author": {"uri": "a", "name": "b"}}',
            "line 3: it needs one of",
        ),
        ('{"at": 1, "remove": "https://pier.example/9"}', "line 3: nothing to remove: https://pier.example/9"),
        ('{"at": 1, "edit": {"html": ""}}', "line 3: nothing to change: None"),
        ('{"at": 1, "edit": {"uri": "https://pier.example/1", "html": 7}}', "line 3: Expected `str`, got `int`"),
        ('{"at": 1, "edit": {"uri": "https://pier.example/1", "htlm": ""}}', "line 3: Object contains unknown field"),
        (
            '{"at": 1, "counts": {"uri": "https://pier.example/1", "likes": "many"}}',
            "line 3: Expected `int`, got `str`",
        ),
        ('{"at": 1, "counts": {"uri": "https://pier.example/9"}}', "line 3: nothing to change: https://pier.example/9"),
        ('{"at": -9, "remove": "https://pier.example/1"}', "line 3: it lies before the line above it"),
        ('{"at": 1e300, "remove": "https://pier.example/1"}', "line 3: Expected `float` <= 96000000"),
        (json.dumps({"at": 1, "post": POST}), "line 3: a second post https://pier.example/1"),
        ('{"at": 1, "post": ' + "[" * 5000, "line 3: "),
        ('{"at": 1, "post": {"network": "mastodon"}}', "line 3: Object missing required field"),
    ],
)
def test_a_broken_line_is_unreadable_and_never_the_end(tmp_path, line, fault):
    rest = json.dumps({"at": 2, "remove": POST["uri"]})
    file = _written(tmp_path, json.dumps({"at": 0, "post": POST}), line, rest)

    played = recording.read(file)

    assert [type(beat.heard) for beat in played.beats] == [Sighting, Unreadable, Removal]
    assert len(played.faults) == 1
    assert played.faults[0].startswith(fault)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_line_whatever_it_is_ends_the_reading(tmp_path_factory, junk):
    junk = junk.replace(b"\n", b" ")
    file = tmp_path_factory.mktemp("junk") / "junk.jsonl"
    file.write_bytes(b"\n".join([HEADER.encode(), junk, json.dumps({"at": 0, "post": POST}).encode()]))

    assert recording.read(file).beats[-1].heard.ref == POST["uri"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is no recording"),
        ("<html>", "is no recording"),
        (HEADER.replace("Z", ""), "is no recording"),
        (HEADER, "has no posts"),
        (HEADER + '\n{"at": 1, "remove": "x"}', "has no posts"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path, content, reason):
    file = tmp_path / "demo.jsonl"
    file.write_text(content)

    with pytest.raises(SourceUnavailable, match=reason):
        recording.read(file)


def test_a_missing_or_oversized_recording_is_refused(tmp_path):
    with pytest.raises(SourceUnavailable, match="there is no recording"):
        recording.read(tmp_path / "gone.jsonl")
    with pytest.raises(SourceUnavailable, match="larger than 0"):
        recording.read(QUAY, limit_bytes=100)


def test_a_picture_is_found_below_the_recordings_folder(tmp_path):
    file = _written(tmp_path, json.dumps({"at": 0, "post": POST}))
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "quay.webp").write_bytes(b"RIFF")

    assert recording.picture(picture_address(tmp_path, "pictures/quay.webp"), [QUAY, file]) == b"RIFF"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt",
        "pictures/../../secret.txt",
        "/etc/passwd",
        "//etc/passwd",
        "pictures/out.webp",
        "pictures/away/secret.txt",
        "pictures/circle.webp",
        "pictures/pipe.webp",
        "pictures",
        "pictures/\0.webp",
        "pictures/" + "x" * 5000,
        "",
    ],
)
def test_no_address_leads_out_of_the_recordings_folder(tmp_path, name):
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "played"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "out.webp").symlink_to(tmp_path / "secret.txt")
    (folder / "pictures" / "away").symlink_to(tmp_path)
    (folder / "pictures" / "circle.webp").symlink_to("circle.webp")
    os.mkfifo(folder / "pictures" / "pipe.webp")
    file = _written(folder, json.dumps({"at": 0, "post": POST}))

    with pytest.raises(SourceUnavailable):
        recording.picture(picture_address(folder, name), [file])


def test_only_recordings_being_played_lend_pictures(tmp_path):
    file = _written(tmp_path, json.dumps({"at": 0, "post": POST}))
    (tmp_path / "quay.webp").write_bytes(b"RIFF")
    address = picture_address(tmp_path, "quay.webp")
    assert recording.picture(address, [file]) == b"RIFF"

    with pytest.raises(SourceUnavailable, match="not being played"):
        recording.picture(address, [QUAY])
    with pytest.raises(SourceUnavailable, match="not being played"):
        recording.picture(address.replace("replay:", "https:"), [file])
    with pytest.raises(SourceUnavailable, match="larger than"):
        recording.picture(address, [file], limit_bytes=3)


def _posts(file: Path, uri: str) -> list[Post]:
    sightings = (beat.heard for beat in recording.read(file).beats if isinstance(beat.heard, Sighting))
    return [sighting.post for sighting in sightings if sighting.ref == uri]


def _written(folder: Path, *lines: str) -> Path:
    file = folder / "demo.jsonl"
    file.write_text("\n".join([HEADER, *lines, ""]))
    return file
