from pathlib import Path

import pytest

from collector.registry import adapters
from config.load import load
from config.mistakes import ConfigError

HERE = Path(__file__).parent


def test_every_mistake_is_told_at_once_with_file_key_and_fix(told, monkeypatch):
    monkeypatch.setenv("BACKCHANNEL_LOG__FORMAT", "yaml")
    monkeypatch.setenv("BACKCHANNEL_SITE__TITEL", "x")
    monkeypatch.setenv("BACKCHANNEL_EVENT__0__SLUG", "x")
    monkeypatch.setenv("BACKCHANNEL_STORE__URL", "x")

    mistakes = told((HERE / "every_mistake.toml").read_text())

    assert mistakes == (HERE / "every_mistake.txt").read_text().splitlines()


def test_two_events_cannot_share_a_slug(told):
    event = '[[event]]\nslug = "a"\ntitle = "A"\n'

    assert told(event * 2) == ["backchannel.toml: event[2].slug: is taken by another event above; give each its own"]


def test_the_same_source_twice_is_a_mistake(told):
    source = '[[event.source]]\nkind = "feed"\nurl = "https://example.org"\n'

    assert told(f'[[event]]\nslug = "a"\ntitle = "A"\n{source * 2}') == [
        "backchannel.toml: event[a].source[2]: is the same source as one above; take one of them out"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[site]\ntitle = \n", "backchannel.toml: line 2, column 9: not TOML: Invalid value; mend this line"),
        (
            '[site]\ntitle = "x\nlogo = "y"',
            "backchannel.toml: line 2, column 11: a quote is not closed; mend this line",
        ),
        ("title = 'x\n", "backchannel.toml: end of document: a quote is not closed"),
        ('title = "x', "backchannel.toml: end of document: a quote is not closed"),
        ("[site", "backchannel.toml: end of document: not TOML: Expected"),
        (
            "[event]\nslug = 'a'",
            "backchannel.toml: event: events are a list; write [[event]] with two brackets on each side",
        ),
        (
            "site = 7",
            'backchannel.toml: site: must be a table, not "7"; write its keys under a line with its name in brackets',
        ),
        ("x = " + "[" * 5000, "backchannel.toml: "),
    ],
)
def test_a_file_that_is_no_configuration_is_told_by_line(told, text, expected):
    (mistake,) = told(text)

    assert mistake.startswith(expected)


def test_a_missing_file_an_unreadable_one_and_a_binary_one_are_told(tmp_path):
    (tmp_path / "binary.toml").write_bytes(b"a = 1\nb = '\xff'")
    (tmp_path / "huge.toml").write_bytes(b"#" * 1_000_001)

    with pytest.raises(ConfigError, match="cannot be read: No such file or directory; name another with -c"):
        load(tmp_path / "missing.toml", {})
    with pytest.raises(ConfigError, match="cannot be read: Is a directory; name another with -c"):
        load(tmp_path, {})
    with pytest.raises(ConfigError, match="line 2: not UTF-8; save the file as UTF-8"):
        load(tmp_path / "binary.toml", {})
    with pytest.raises(ConfigError, match="is over 1 MB"):
        load(tmp_path / "huge.toml", {})


WHOLE = "is no address; write it whole, beginning with"


@pytest.mark.parametrize(
    ("kind", "setting", "told_of"),
    [
        ("mastodon", 'server = "mastodon.social"', f'server: "mastodon.social" {WHOLE} https:// or http://'),
        (
            "mastodon",
            'server = "wss://mastodon.social"',
            f'server: "wss://mastodon.social" {WHOLE} https:// or http://',
        ),
        (
            "mastodon",
            'server = "https://me:hunter2@mastodon.social"',
            "server: the address carries a user name or password; leave it out of the address",
        ),
        ("bluesky", 'jetstream = ["jet.example"]', f'jetstream: "jet.example" {WHOLE} wss:// or ws://'),
        ("bluesky", 'jetstream = "https://jet.example"', f'jetstream: "https://jet.example" {WHOLE} wss:// or ws://'),
        ("bluesky", 'service = "bsky.social"', f'service: "bsky.social" {WHOLE} https:// or http://'),
        ("bluesky", 'wire = "v3"', 'wire: cannot be "v3"; write one of: v2, v1'),
    ],
)
def test_what_a_network_cannot_use_is_told_with_what_it_can(tmp_path, kind, setting, told_of):
    file = tmp_path / "backchannel.toml"
    file.write_text(f'[[event]]\nslug = "a"\ntitle = "A"\n[[event.source]]\nkind = "{kind}"\n{setting}\n')
    kinds = {key: adapter.INFO for key, adapter in adapters().items()}

    with pytest.raises(ConfigError) as caught:
        load(file, kinds)

    assert [str(mistake).partition("source[1].")[2] for mistake in caught.value.mistakes] == [told_of]
