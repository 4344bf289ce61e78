"""Which addresses we may connect to: the public internet, and nothing behind the operator's own walls."""

import ipaddress
import socket
from typing import Any

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291's old form of the same


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


def open_public_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for one answer of ``getaddrinfo``; the very address that is connected to is the one judged.

    Raises PrivateAddress. Names, redirects, literal addresses and names that change their
    answer between two look-ups all end here, so no check can be got round.
    """
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PrivateAddress
    return socket.socket(family=family, type=kind, proto=protocol)
