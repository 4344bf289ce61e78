"""Addresses that may stand on a page."""

from urllib.parse import urlsplit


def web_address(url: str | None) -> str | None:
    """``url`` where it is an absolute http(s) address of sane length, else None."""
    if not url or len(url) > 2_000:
        return None
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    return url.strip() if parts.scheme in ("http", "https") and host else None
