"""Finding networks, and waiting after failures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import networks, registry
from collector.adapter import Asked, Introducing, Listening, Repeating
from collector.backoff import Backoff


def test_each_network_fills_its_seams():
    found = registry.adapters()
    assert isinstance(found["mastodon"], Asked)
    assert not isinstance(found["mastodon"], Listening)
    assert isinstance(found["bluesky"], Repeating)
    assert isinstance(found["bluesky"], Introducing)
    assert not isinstance(found["bluesky"], Asked)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("", "needs INFO and check"),
        (
            "from timeline.network import NetworkInfo\nINFO = NetworkInfo(key='x', label='X', fields=())\n"
            "async def check(source, http): ...\n",
            "needs fetch, or line and listen",
        ),
    ],
)
def test_a_module_that_is_no_network_is_refused(monkeypatch, tmp_path, source, fault):
    (tmp_path / f"odd{len(source)}.py").write_text(source)
    monkeypatch.setattr(networks, "__path__", [str(tmp_path)])
    with pytest.raises(TypeError, match=fault):
        registry.adapters()


@given(st.floats(0.1, 10), st.floats(10, 1_000), st.integers(1, 200), st.none() | st.floats(0, 5_000))
def test_waiting_doubles_up_to_its_most_and_never_undercuts_a_wish(first_s, most_s, failures, wish_s):
    backoff = Backoff(first_s=first_s, most_s=most_s)
    waits = [backoff.failed() for _ in range(failures)]
    assert all(0.8 * first_s <= wait <= 1.2 * most_s for wait in waits)
    assert backoff.failed(wish_s) >= (wish_s or 0)
    backoff.worked()
    assert backoff.failed() <= 1.2 * first_s
