"""Finding networks, and waiting after failures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import networks, registry
from collector.adapter import Asked, Finding, Introducing, Listening, Recalling, Repeating
from collector.backoff import Backoff
from timeline.errors import Pace


def test_each_network_fills_its_seams():
    seams = (Asked, Listening, Repeating, Introducing, Recalling, Finding)
    filled = {
        key: {seam.__name__ for seam in seams if isinstance(adapter, seam)}
        for key, adapter in registry.adapters().items()
    }
    both = {"Asked", "Listening", "Recalling", "Finding"}
    assert both <= filled["mastodon"]
    assert both | {"Repeating", "Introducing"} <= filled["bluesky"]
    assert both <= filled["x"]
    assert {"Asked"} <= filled["feed"]
    assert filled["replay"] == {"Listening"}


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


def test_a_network_may_name_its_own_pace_for_each_kind_of_trouble():
    by_steps, doubling = Pace(first_s=0.25, most_s=16, doubling=False), Pace(first_s=5, most_s=320)
    backoff = Backoff(first_s=1, most_s=60)
    steps = [backoff.failed(None, by_steps) for _ in range(70)]
    assert all(0.25 * (n + 1) <= wait <= 0.3 * (n + 1) for n, wait in enumerate(steps[:64]))
    assert all(16 <= wait <= 19.2 for wait in steps[64:])
    doubled = [backoff.failed(None, doubling) for _ in range(9)]  # another kind begins anew
    assert all(5 * 2**n <= wait <= 6 * 2**n for n, wait in enumerate(doubled[:7]))
    assert all(320 <= wait <= 384 for wait in doubled[7:])
    assert backoff.failed(900, doubling) == 900
    backoff.worked()
    assert 5 <= backoff.failed(None, doubling) <= 6
    assert backoff.failed() <= 1.2
