"""Whatever stands in the file, it is read or refused in our own words."""

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.mistakes import ConfigError

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WORDS = """
    site storage network log event source title base_url links logo timezone url media media_limit slug starts ends kind
    collect_from collect_until hashtags every hosts file env password schedule trusted_proxies format
"""
KEYS = st.sampled_from(WORDS.split())
TEXTS = st.one_of(
    st.sampled_from(
        ["feed", "firehose", "a", "5m", "https://example.org", "http://[", "sqlite:///x", "../..", "\\u0000"]
    ),
    st.text(st.characters(exclude_categories=["C"], exclude_characters='"\\'), max_size=12),
).map(lambda text: f'"{text}"')
BARE = st.sampled_from(
    [
        "7",
        "-1",
        "1e400",
        "nan",
        "true",
        "2026-10-11",
        "0001-01-01",
        "9999-12-31T23:59:59",
        "07:32:00",
        "1979-05-27T00:32:00-07:00",
    ]
)


def tables(inner):
    """Inline tables of ``inner`` values."""
    written = st.dictionaries(KEYS, inner, max_size=3).map(
        lambda table: ", ".join(f"{k} = {v}" for k, v in table.items())
    )
    return written.map(lambda keys: f"{{ {keys} }}")


VALUES = st.recursive(
    TEXTS | BARE,
    lambda inner: tables(inner) | st.lists(inner, max_size=3).map(lambda values: f"[{', '.join(values)}]"),
    max_leaves=6,
)
LINES = st.one_of(
    st.sampled_from(
        ["[site]", "[storage]", "[network]", "[log]", "[[event]]", "[[event.source]]", "[event]", "[[site]]"]
    ),
    st.tuples(KEYS, VALUES).map(" = ".join),
)


def outcome(read, text):
    """The settings, or the mistakes; any other exception is for the test to fail on."""
    try:
        return read(text), ()
    except ConfigError as error:
        return None, error.mistakes


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lines=st.lists(LINES, max_size=12))
def test_whatever_the_file_says_it_is_read_or_its_mistakes_are_told(read, lines):
    found, mistakes = outcome(read, "\n".join(lines))

    assert (found is None) == bool(mistakes)
    assert all(mistake.fault and mistake.fix for mistake in mistakes)
    assert found is None or all(event.span(NOON, "UTC") for event in found.events)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=200))
def test_a_file_of_any_bytes_is_read_or_refused(read, content):
    found, mistakes = outcome(read, content)

    assert (found is None) == bool(mistakes)
