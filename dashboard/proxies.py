"""Whom a request really comes from, when a reverse proxy that we trust stands between."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Proxies:
    """The addresses and ranges whose ``X-Forwarded-For`` and ``-Proto`` are believed."""

    ranges: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def of(cls, words: Sequence[str]) -> "Proxies":
        """Raises ValueError for a word that is no address or range."""
        return cls(tuple(ip_network(word, strict=False) for word in words))

    def trust(self, address: str | None) -> bool:
        """Whether ``address`` is one of them."""
        try:
            return any(ip_address(address or "") in one for one in self.ranges)
        except ValueError:
            return False

    def client(self, remote: str | None, forwarded: str) -> str:
        """Who is at the far end of ``X-Forwarded-For``, as far as it can be believed.

        The header grows to the right at every proxy, so it is read from there: what stands
        left of the first address we do not trust may be made up.
        """
        client = remote or ""
        for hop in reversed(forwarded.split(",")):
            if not hop.strip() or not self.trust(client):
                break
            client = hop.strip()
        return client

    def unveil(self, request: web.Request) -> web.Request:
        """The request as its sender made it: ``remote`` and ``scheme`` put right."""
        if not self.trust(request.remote):
            return request
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
        scheme = request.headers.get("X-Forwarded-Proto", "").split(",")[-1].strip().lower()
        if scheme not in ("http", "https"):
            scheme = request.scheme
        return request.clone(remote=self.client(request.remote, forwarded), scheme=scheme)
