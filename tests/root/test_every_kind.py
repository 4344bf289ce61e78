"""A configuration that uses everything there is to say of every kind of source is read as it stands."""

from collector import registry
from config.load import load

WHOLE = """
[site]
title = "Harbour live"
base_url = "http://127.0.0.1:8080"
contact = "comms@example.org"

[[event]]
slug = "harbour26"
title = "Harbour Towns 2026"
timezone = "Europe/London"
starts = 2026-10-11T09:00:00
ends = 2026-10-13T17:00:00
hashtags = ["harbour26"]
visibility = "public"
moderation = "after"
collect_from = 2026-09-27
collect_until = 2026-10-27
schedule = "https://example.org/schedule.xml"

[[event.source]]
kind = "mastodon"
server = "https://mastodon.example"
token = { env = "MASTODON_TOKEN" }
accounts = ["@harbour"]

[[event.source]]
kind = "bluesky"
jetstream = ["wss://jetstream.example.org"]
wire = "v1"
appview = "https://appview.example.org"
identifier = "harbour.example.org"
app_password = { env = "BLUESKY_PASSWORD" }
service = "https://pds.example.org"
accounts = ["harbour.example.org"]
backfill = "2h"

[[event.source]]
kind = "x"
bearer_token = { env = "X_BEARER_TOKEN" }
api = "https://api.x.com"
budget_posts_per_day = 3000

[[event.source]]
kind = "feed"
url = "https://example.org/news.rss"
every = "5m"
keep = "all"
trusted = true
label = "Society news"
"""


def test_every_documented_key_of_every_kind_is_read(tmp_path, monkeypatch):
    for name in ("MASTODON_TOKEN", "BLUESKY_PASSWORD", "X_BEARER_TOKEN"):
        monkeypatch.setenv(name, f"the secret of {name}")
    file = tmp_path / "backchannel.toml"
    file.write_text(WHOLE)
    kinds = {key: adapter.INFO for key, adapter in registry.adapters().items()}
    [event] = load(file, kinds).events
    bluesky = event.source[1].settings
    assert bluesky["app_password"].get_secret_value() == "the secret of BLUESKY_PASSWORD"
    assert (bluesky["accounts"], bluesky["backfill"], bluesky["wire"]) == (("harbour.example.org",), 7_200.0, "v1")
    assert [source.kind for source in event.source] == ["mastodon", "bluesky", "x", "feed"]
    assert {source.kind: len(source.settings) for source in event.source} == {
        "mastodon": 3, "bluesky": 8, "x": 3, "feed": 1,
    }  # fmt: skip
