"""Addresses that may stand on a page, and when two of them lead to the same one."""

import hashlib
import re
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

# What links carry to be counted: campaign, click and source tags (read off the links of 200 feeds, 2026-11).
_COUNTED = re.compile(
    r"(?:utm_|mc_|at_|ns_|pk_|piwik_|matomo_|mtm_|hsa_|wt\.|_hs).*|[dfgmt]?clid|fbclid|gclid|igshid|cmpid|ocid|ncid"
    r"|ref|ref_src|referrer|source|from_rss|fromrss",
    re.IGNORECASE,
)


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


def same_page(url: str) -> str:
    """What is equal for two addresses of one page: not to be asked, only compared. '' for no web address.

    http and https, ``www.``, a slash at the end and what links carry to be counted make no
    difference; every other part of the address does.
    """
    if web_address(url) is None:
        return ""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").removeprefix("www.")
    try:
        port = parts.port
    except ValueError:
        port = None
    at = f"{host}:{port}" if port not in (None, 80, 443) else host
    asked = [one for one in parts.query.split("&") if one and not _COUNTED.fullmatch(one.partition("=")[0])]
    mark = "" if _COUNTED.fullmatch(parts.fragment.partition("=")[0]) else parts.fragment
    path = unquote(parts.path).rstrip("/")
    return f"{at}{path}{'?' if asked else ''}{'&'.join(asked)}{'#' if mark else ''}{mark}"


_SECRET = re.compile(
    r".*(?:token|secret|passw|credential|signature|session|private).*|auth\w*|sig|(?:\w*[_-])?key|apikey|k|pw|pass",
    re.IGNORECASE,
)
_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])\w{20,}")  # what a person would not have written


def may_be_told(url: str) -> bool:
    """Whether an address may be handed to anybody: a host of the open web, and nothing that looks like a key."""
    if web_address(url) is None:
        return False
    parts = urlsplit(url.strip())
    return _is_public(parts.hostname or "") and not _holds_key(parts)


def without_key(url: str) -> str:
    """``url`` as a name that everybody may read: where it seems to hold a key, a fingerprint stands for its path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if not parts.netloc or not _holds_key(parts):
        return url
    mark = hashlib.sha256(url.encode()).hexdigest()[:16]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/{mark}"


def _holds_key(parts: SplitResult) -> bool:
    asked = parse_qsl(parts.query, keep_blank_values=True)
    return (
        "@" in parts.netloc
        or any(_SECRET.fullmatch(name) or (not name.endswith("id") and _RANDOM.fullmatch(to)) for name, to in asked)
        or any(one == "private" or _RANDOM.fullmatch(one) for one in parts.path.split("/"))
    )


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.endswith((".local", ".internal", ".localhost", ".lan", ".home.arpa"))
