import pytest

from dashboard.proxies import Proxies

TRUSTED = Proxies.of(["127.0.0.1", "10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("address", "forwarded", "remote"),
    [
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),  # what it says of itself is not believed
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "10.9.9.9", "10.9.9.9"),
        ("127.0.0.1", "unknown", "unknown"),
        ("::1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_only_proxies_we_trust_say_whom_they_speak_for(address, forwarded, remote):
    assert TRUSTED.client(address, forwarded) == remote


def test_a_word_that_is_no_address_is_refused():
    with pytest.raises(ValueError):
        Proxies.of(["my-proxy"])
