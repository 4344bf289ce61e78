from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from backchannel.plan import Lent, planned, sync_events
from config.load import load
from config.settings import Event, Source
from storage import events, sources
from timeline.network import Field, NetworkInfo, Secret

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NETWORKS = {
    "mastodon": NetworkInfo(
        key="mastodon",
        label="Mastodon",
        fields=(Field(name="server", label="Server", kind="url"), Field(name="token", label="Token", kind="secret")),
        address=("server",),
    ),
    "replay": NetworkInfo(key="replay", label="Recording", fields=(), address=("file",), trusted=True),
}


def told(slug="a", *, kinds=(), **keys):
    made = (Source(kind=kind, settings=settings) for kind, settings in kinds)
    return Event(slug=slug, title=slug.upper(), source=tuple(made), **keys)


def mastodon(token="hush"):
    return "mastodon", {"server": "https://mastodon.example/", "token": SecretStr(token)}


def test_what_the_file_says_becomes_an_event_and_its_sources():
    plan = planned(told(hashtags=("Größe",), kinds=[mastodon()]), NETWORKS, zone="Europe/London", began=NOON)

    assert (plan.event.slug, plan.event.timezone, plan.event.starts_at) == ("a", "Europe/London", NOON)
    assert (plan.event.collect_from, plan.event.collect_until) == (NOON - 14 * DAY, NOON + 17 * DAY)
    (source,) = plan.sources
    assert source.address == "https://mastodon.example"
    assert source.settings == {"server": "https://mastodon.example/", "token": Secret("hush")}
    assert source.hashtags == ("grosse",)
    assert not source.trusted


def test_a_network_may_be_trusted_unless_the_file_says_otherwise():
    plan = planned(told(kinds=[("replay", {})]), NETWORKS, zone="UTC", began=NOON)

    assert plan.sources[0].trusted


async def test_an_event_without_a_start_keeps_the_one_it_had(store):
    await store.write(sync_events, [told()], NETWORKS, zone="UTC", at=NOON)
    await store.write(sync_events, [told()], NETWORKS, zone="UTC", at=NOON + DAY)

    assert (await store.read(events.by_slug, "a")).starts_at == NOON


async def test_sources_gone_from_the_file_are_stopped_and_kept(store):
    both = [told("a", kinds=[mastodon(), ("replay", {})]), told("b", kinds=[mastodon()])]
    await store.write(sync_events, both, NETWORKS, zone="UTC", at=NOON)
    await store.write(sync_events, [told("a", kinds=[mastodon()])], NETWORKS, zone="UTC", at=NOON + DAY)

    fates = {
        (event.slug, status.source.kind): status.state
        for event in await store.read(events.all_events)
        for status in await store.read(sources.of_event, event.id)
    }
    assert fates == {("a", "mastodon"): "waiting", ("a", "replay"): "stopped", ("b", "mastodon"): "stopped"}


async def test_secrets_are_lent_and_never_stored(store):
    lent = Lent()
    synced = await store.write(sync_events, [told(kinds=[mastodon("hush")])], NETWORKS, zone="UTC", at=NOON)
    for event, its_sources in synced:
        for source in its_sources:
            lent.note(event.id, source)
    await store.write(events.copy, "a", "b", at=NOON)

    kept = await store.read(sources.active, NOON, NETWORKS)

    assert [source["token"] for source in kept] == [None, None]
    assert [lent.lend(source)["token"] for source in kept] == [Secret("hush"), Secret("hush")]


async def test_a_source_without_a_secret_is_lent_none_and_takes_none_from_a_copy(store):
    bare = ("mastodon", {"server": "https://mastodon.example/"})
    told_of = [told("a", kinds=[mastodon("hush")]), told("b", kinds=[bare])]
    lent = Lent()
    for event, its_sources in await store.write(sync_events, told_of, NETWORKS, zone="UTC", at=NOON):
        for source in its_sources:
            lent.note(event.id, source)
    await store.write(events.copy, "a", "c", at=NOON)

    kept = await store.read(sources.active, NOON, NETWORKS)

    assert [lent.lend(source)["token"] for source in kept] == [Secret("hush"), None, Secret("hush")]


async def test_the_packaged_recording_is_played_where_none_is_named(store):
    await store.write(sync_events, [told(kinds=[("replay", {})])], NETWORKS, zone="UTC", at=NOON)

    (kept,) = await store.read(sources.active, NOON, NETWORKS)

    assert kept["file"] is None
    assert Path(Lent().lend(kept)["file"]).is_file()


X = NetworkInfo(
    key="x", label="X", fields=(Field(name="token", label="Token", kind="secret", required=True),), address=("token",)
)


def read_from_a_file(tmp_path, token):
    file = tmp_path / "backchannel.toml"
    file.write_text(f'[[event]]\nslug = "a"\ntitle = "A"\n[[event.source]]\nkind = "x"\ntoken = {token}\n')
    [event] = load(file, {"x": X}).events
    [source] = planned(event, {"x": X}, zone="UTC", began=NOON).sources
    return source


def test_a_token_that_is_named_is_the_same_source_with_a_new_value(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("first\n")
    monkeypatch.setenv("X_TOKEN", "first")
    before = [read_from_a_file(tmp_path, each) for each in ('{ env = "X_TOKEN" }', '{ file = "secret" }', '"first"')]
    (tmp_path / "secret").write_text("second\n")
    monkeypatch.setenv("X_TOKEN", "second")
    after = [read_from_a_file(tmp_path, each) for each in ('{ env = "X_TOKEN" }', '{ file = "secret" }', '"second"')]

    assert [source.address for source in before[:2]] == ["env X_TOKEN", "file secret"]
    assert [source.address for source in after[:2]] == ["env X_TOKEN", "file secret"]
    assert before[2].address != after[2].address
    assert {source["token"].reveal() for source in after} == {"second"}
    assert "first" not in before[2].address


async def test_the_new_value_is_lent_to_the_source_that_is_there(store, tmp_path, monkeypatch):
    ids = set()
    for value in ("first", "second"):
        monkeypatch.setenv("X_TOKEN", value)
        file = tmp_path / "backchannel.toml"
        file.write_text(
            '[[event]]\nslug = "a"\ntitle = "A"\n[[event.source]]\nkind = "x"\ntoken = { env = "X_TOKEN" }\n'
        )
        synced = await store.write(sync_events, load(file, {"x": X}).events, {"x": X}, zone="UTC", at=NOON)
        lent = Lent()
        for event, its_sources in synced:
            for source in its_sources:
                lent.note(event.id, source)
        kept = await store.read(sources.active, NOON, {"x": X})
        assert [lent.lend(source)["token"].reveal() for source in kept] == [value]
        ids |= {source.id for source in kept}
    assert len(ids) == 1
