"""Which addresses we open, and which we may connect to: the public internet, nothing behind the operator's walls."""

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from yarl import URL

from timeline.errors import SourceUnavailable

Params = Mapping[str, str] | Sequence[tuple[str, str]]  # added to what the address itself asks
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291's old form of the same
_LOCAL = {"localhost", "local", "internal", "lan", "home", "intranet", "corp", "test", "invalid", "example"}


class PrivateAddress(OSError):
    """The name leads to an address of a private network; always says the same, so that several count as one."""

    def __init__(self) -> None:
        super().__init__("private address")


def is_public(address: str) -> bool:
    """Whether ``address`` (a literal, without port) is one that anybody on the internet could reach."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and (ip in _NAT64 or ip in _COMPATIBLE):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:  # fec0::/10, given up but still in use behind walls
            return False
    # is_global leaves out private, loopback, link-local, shared (CGNAT), reserved and unspecified
    return ip.is_global and not ip.is_multicast


def is_reachable(url: str) -> bool:
    """Whether others on the internet may well reach ``url``: by a public address, or a name that looks like one."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    try:
        return is_public(host)
    except ValueError:  # a name
        return "." in host and host.rpartition(".")[2] not in _LOCAL


def open_public_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for one answer of ``getaddrinfo``; the very address that is connected to is the one judged.

    Raises PrivateAddress. Names, redirects, literal addresses and names that change their
    answer between two look-ups all end here, so no check can be got round.
    """
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PrivateAddress
    return socket.socket(family=family, type=kind, proto=protocol)


def web_address(
    url: str,
    params: Params = (),
    *,
    base: URL | None = None,
    schemes: Sequence[str] = ("http", "https"),
) -> URL:
    """``url`` as it can be opened, relative to ``base``. Raises SourceUnavailable."""
    try:
        address = URL(urljoin(str(base), url.strip()) if base else url.strip())
        usable = address.scheme in schemes and bool(address.host)
    except ValueError:
        usable = False
    if not usable:
        raise SourceUnavailable(
            f"{url[:200]!r} is no address we can open", hint=f"It should begin with {schemes[-1]}://"
        )
    if address.user is not None or address.password is not None:
        raise SourceUnavailable(
            f"the address of {address.host} carries a user name or password", hint="Leave it out of the address."
        )
    return address.extend_query(params) if params else address
