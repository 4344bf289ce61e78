from datetime import UTC, datetime, timedelta
from pathlib import Path

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_an_empty_file_is_a_whole_configuration(read, tmp_path):
    settings = read("")

    assert settings.site.title == "Backchannel"
    assert settings.storage.url == f"sqlite:///{tmp_path}/backchannel.db"
    assert settings.storage.media == tmp_path / "media"
    assert settings.storage.media_limit == 5_000_000_000
    assert settings.network.allow_private_addresses is False
    assert settings.log.format == "text"
    assert settings.events == ()


def test_every_key_is_read(read, tmp_path, monkeypatch):
    (tmp_path / "logo.svg").write_text("<svg/>")
    (tmp_path / "posts.jsonl").write_text("")
    (tmp_path / "secret").write_text("from a file\n")
    monkeypatch.setenv("A_SITE_SECRET", "from the environment")

    settings = read("""
        [site]
        title = "Socitm live"
        base_url = "https://live.example.org/"
        contact = "comms@example.org"
        logo = "logo.svg"
        accent_hue = 210
        links = { "Legal" = "https://example.org/legal", file = "https://example.org/file" }
        trusted_proxies = ["127.0.0.1"]
        timezone = "Europe/London"
        secret = { env = "A_SITE_SECRET" }
        [storage]
        url = "postgresql://user@host/db"
        media = "/var/media"
        media_limit = "500 MB"
        [network]
        allow_private_addresses = true
        [log]
        format = "json"
        [[event]]
        slug = "socitm09"
        title = "Socitm 2009"
        timezone = "Europe/Berlin"
        starts = 2009-10-11T09:00:00
        ends = 2009-10-13
        hashtags = ["#Socitm09", "gov"]
        visibility = "unlisted"
        moderation = "before"
        consent = "strict"
        collect_from = 2009-09-27
        collect_until = 2009-10-27
        schedule = "schedule.xml"
        [[event.source]]
        kind = "feed"
        url = "https://example.org/news.rss"
        every = "5m"
        keep = "tagged"
        trusted = true
        label = "News"
        password = { file = "secret" }
        [[event.source]]
        kind = "firehose"
        hosts = "wss://one.example.org"
        wire = "v2"
        backfill = "2h"
        speed = 60
        file = "posts.jsonl"
    """)

    assert settings.site.base_url == "https://live.example.org"
    assert settings.site.logo == tmp_path / "logo.svg"
    assert settings.site.links == {"Legal": "https://example.org/legal", "file": "https://example.org/file"}
    assert settings.site.trusted_proxies == ("127.0.0.1/32",)
    assert settings.site.secret.get_secret_value() == "from the environment"
    assert settings.storage.media == Path("/var/media")
    assert settings.storage.media_limit == 500_000_000
    (event,) = settings.events
    assert event.hashtags == ("Socitm09", "gov")
    assert event.schedule == f"{tmp_path}/schedule.xml"
    span = event.span(NOON, "UTC")
    assert span.starts_at == datetime(2009, 10, 11, 7, tzinfo=UTC)
    assert span.ends_at == datetime(2009, 10, 13, 22, tzinfo=UTC), "a date as an end includes that day"
    assert span.collect_from == datetime(2009, 9, 26, 22, tzinfo=UTC)
    assert span.collect_until == datetime(2009, 10, 27, 23, tzinfo=UTC), "the clocks went back in between"
    feed, firehose = event.source
    assert (feed.kind, feed.label, feed.trusted, feed.keep, feed.every_s) == ("feed", "News", True, "tagged", 300.0)
    assert feed.settings["password"].get_secret_value() == "from a file"
    assert firehose.settings == {
        "hosts": ("wss://one.example.org",),
        "wire": "v2",
        "backfill": 7200.0,
        "speed": 60,
        "file": f"{tmp_path}/posts.jsonl",
    }


def test_an_event_without_dates_starts_now_and_lasts_three_days(read):
    (event,) = read('[[event]]\nslug = "a"\ntitle = "A"').events

    span = event.span(NOON, "UTC")

    assert (span.starts_at, span.ends_at) == (NOON, NOON + timedelta(days=3))
    assert (span.collect_from, span.collect_until) == (NOON - timedelta(days=14), NOON + timedelta(days=17))


def test_an_event_that_starts_now_can_collect_from_an_earlier_day(read):
    (event,) = read('[[event]]\nslug = "a"\ntitle = "A"\ncollect_from = 2009-10-01').events

    span = event.span(NOON, "UTC")

    assert (span.collect_from, span.starts_at) == (datetime(2009, 10, 1, tzinfo=UTC), NOON)


def test_an_event_that_names_only_an_end_in_the_past_started_before_it(read):
    (event,) = read('[[event]]\nslug = "a"\ntitle = "A"\nends = 2009-10-13').events

    span = event.span(NOON, "UTC")

    assert (span.starts_at, span.ends_at) == (datetime(2009, 10, 11, tzinfo=UTC), datetime(2009, 10, 14, tzinfo=UTC))


def test_the_zone_of_the_site_stands_in_for_that_of_an_event(read):
    (event,) = read('[[event]]\nslug = "a"\ntitle = "A"\nstarts = 2026-06-01').events

    assert event.span(NOON, "Europe/London").starts_at == datetime(2026, 5, 31, 23, tzinfo=UTC)


def test_the_environment_sets_any_key_of_a_table(read, monkeypatch):
    monkeypatch.setenv("BACKCHANNEL_SITE__TITLE", "From outside")
    monkeypatch.setenv("BACKCHANNEL_SITE__TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    monkeypatch.setenv("BACKCHANNEL_SITE__LINKS", '{"Legal": "https://example.org"}')
    monkeypatch.setenv("BACKCHANNEL_SITE__ACCENT_HUE", "120")
    monkeypatch.setenv("BACKCHANNEL_NETWORK__ALLOW_PRIVATE_ADDRESSES", "true")
    monkeypatch.setenv("BACKCHANNEL_STORAGE__MEDIA_LIMIT", "1 GiB")

    settings = read('[site]\ntitle = "From the file"\ncontact = "kept@example.org"')

    assert settings.site.title == "From outside"
    assert settings.site.contact == "kept@example.org"
    assert settings.site.trusted_proxies == ("10.0.0.0/8", "::1/128")
    assert settings.site.links == {"Legal": "https://example.org"}
    assert settings.site.accent_hue == 120
    assert settings.network.allow_private_addresses is True
    assert settings.storage.media_limit == 2**30


def test_no_secret_is_shown_when_settings_are_printed(read, monkeypatch):
    monkeypatch.setenv("A_PASSWORD", "hunter2")

    settings = read("""
        [site]
        secret = { env = "A_PASSWORD" }
        [storage]
        url = "postgresql://user:hunter2@host/db"
        [[event]]
        slug = "a"
        title = "A"
        [[event.source]]
        kind = "feed"
        url = "https://example.org"
        password = { env = "A_PASSWORD" }
    """)

    assert "hunter2" not in repr(settings)
