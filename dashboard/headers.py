"""What every answer carries, whoever made it."""

import re

from multidict import MutableMultiMapping

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_SAFE = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Last-Event-ID, If-None-Match, If-Modified-Since",
    "Access-Control-Max-Age": "86400",
}
_PROGRAMS = re.compile(r"/(?:api|media)(?:/|\Z)")
_FEEDS = re.compile(r"/e/[^/]+/(?:timeline|highlights)\.(?:atom|rss|json)\Z")
_UNLISTED = re.compile(r"/desk(?:/|\Z)|/e/[^/]+/(?:wall|search|embed|poster|stream|copy)(?:/|\Z)")
_STAFF = re.compile(r"/api/v1/events/[^/]+/(?:sources|walls(?:/clear)?)\Z")


def is_for_programs(path: str) -> bool:
    """Whether programs read here, and mistakes are told as problem documents."""
    return _PROGRAMS.match(path) is not None


def is_public_read(path: str) -> bool:
    """Whether programs of any origin read here; what is for staff is for no other site's pages."""
    return (is_for_programs(path) and _STAFF.match(path) is None) or _FEEDS.match(path) is not None


def is_for_search(path: str) -> bool:
    """Whether search engines have any business there: not with what staff, screens and other sites' frames show."""
    return not is_for_programs(path) and _UNLISTED.match(path) is None


def make_safe(headers: MutableMultiMapping[str], *, any_origin: bool) -> None:
    """Add what is missing; what a view set because it knew better stays."""
    for name, value in _SAFE.items():
        headers.setdefault(name, value)
    headers["Server"] = "Backchannel"  # of which version is nobody's business
    if any_origin:
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = "ETag"
