"""Whether a hub could reach this site."""

import pytest

from collector.addresses import is_reachable


@pytest.mark.parametrize(
    "url",
    [
        "https://live.example.org",
        "http://live.example.org:8080/sub/",
        "https://LIVE.example.org./",
        "http://93.184.216.34",
        "http://[2606:2800:220:1::1]:80/",
    ],
)
def test_a_public_name_or_address_is(url):
    assert is_reachable(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://live.localhost",
        "http://10.0.0.7",
        "http://192.168.1.4:80",
        "http://[::1]",
        "http://[fd00::1]/",
        "http://100.64.0.1",
        "http://wall",
        "http://wall.local",
        "http://wall.lan.",
        "http://wall.internal/sub",
        "",
        "nonsense",
    ],
)
def test_what_is_of_this_machine_or_these_walls_is_not(url):
    assert not is_reachable(url)
