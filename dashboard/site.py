"""What the organisation that runs this site calls itself and wants it to look like."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Plain values, handed down by the root. ``base_url`` has no slash at its end.

    ``picture``, of ``picture_size`` pixels, stands beside links to us that people share.
    ``trusted_proxies`` are the addresses or ranges whose ``X-Forwarded-*`` we believe. ``language``
    is spoken to who asks for none of ours, and in feeds.
    ``hubs`` are the WebSub hubs that push our feeds to whoever asks them.
    """

    title: str
    base_url: str
    contact: str = ""
    logo: Path | None = None
    picture: Path | None = None
    picture_size: tuple[int, int] | None = None
    accent_hue: int | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    trusted_proxies: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    version: str = ""
    language: str = "en"

    def absolute(self, path: str) -> str:
        """``path`` (with its leading slash) as an address that works from anywhere."""
        return self.base_url.rstrip("/") + path

    def spoken(self, path: str) -> str:
        """The same as people read it out and type it: without the scheme."""
        return self.absolute(path).partition("://")[2]
