"""The small languages inside values: durations, sizes, dates, time zones, addresses, slugs.

Every function returns what was meant or raises ``Wrong`` with the fault and the fix.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from config.mistakes import Wrong, nearest, quoted

_SECONDS = {"s": 1, "m": 60, "h": 3600}
_BYTES = {"B": 1, "kB": 1_000, "MB": 1_000**2, "GB": 1_000**3, "TB": 1_000**4}
_BYTES |= {"KB": 1_000, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
RESERVED = frozenset({  # what stands, or may come to stand, right below the site's address
    "about", "admin", "api", "desk", "e", "embed", "events", "favicon", "feed", "feeds", "healthz", "help", "icons",
    "index", "language", "languages", "login", "logout", "manifest", "media", "metrics", "oembed", "offline", "p",
    "people", "programme", "readyz", "robots", "s", "search", "sessions", "sign-in", "sign-out", "sitemap", "staff",
    "static", "status", "sw", "theme", "wall", "walls", "websub", "well-known",
})  # fmt: skip
FIRST_YEAR, LAST_YEAR = 1970, 2200
FIRST_MOMENT = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)


def duration_s(text: str) -> float:
    """Seconds in "30s", "5m" or "2h": from one second to a day."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*([smh])\s*", text)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not 1 <= seconds <= 86_400:
        raise Wrong(f"{quoted(text)} is not a duration", 'write it as "30s", "5m" or "2h", from "1s" to "24h"')
    return float(seconds)


def size_bytes(value: object) -> int:
    """Bytes in "500 MB" or "5 GB" (powers of ten) or "5 GiB" (powers of two)."""
    text = value if isinstance(value, str) else ""
    found = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,3})?)\s*([kKMGT]i?B|B)\s*", text)
    if not found or found[2] not in _BYTES or float(found[1]) == 0:
        raise Wrong(f"{quoted(value)} is not a size", 'write it as "500 MB" or "5 GB"')
    return int(float(found[1]) * _BYTES[found[2]])


def zone_name(text: str) -> str:
    """A name the time zone database knows."""
    try:
        ZoneInfo(text)
    except (OSError, ValueError, KeyError) as error:
        hint = nearest(text, available_timezones())
        fix = hint if hint.startswith("did") else 'write a name like "Europe/London"'
        raise Wrong(f"{quoted(text)} is no time zone", fix) from error
    return text


def day_or_time(value: object) -> date | datetime:
    """A TOML date or date and time, or the same as ISO text."""
    fix = "write 2026-10-11 or 2026-10-11T09:00:00"
    if isinstance(value, str):
        try:
            text = value.strip()
            value = date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
        except ValueError as error:
            raise Wrong(f"{quoted(value)} is no date", fix) from error
    if not isinstance(value, date):
        raise Wrong(f"{quoted(value)} is no date", fix)
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise Wrong(f"the year {value.year} cannot be right", f"give one from {FIRST_YEAR} to {LAST_YEAR}")
    return value


def moment(value: date | datetime, zone: str, *, end: bool = False) -> datetime:
    """The aware UTC time of a local one; a date alone is its midnight, as an end that of the next day."""
    if not isinstance(value, datetime):
        value = datetime.combine(value + timedelta(days=1 if end else 0), time.min)
    if value.tzinfo is None:
        value = value.replace(tzinfo=ZoneInfo(zone))
    return value.astimezone(UTC)


def address(text: str, *schemes: str) -> str:
    """An absolute address in one of ``schemes``, without a slash at its end."""
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if usable and (parts.username is not None or parts.password is not None):  # and no word of it in the message
        raise Wrong("the address carries a user name or password", "leave it out of the address")
    if not usable or any(char.isspace() or not char.isprintable() for char in text.strip()):
        raise Wrong(f"{quoted(text)} is no address", f"write it whole, beginning with {wanted}")
    return text.strip()


def is_slug(text: str) -> bool:
    """Whether it can be the short name of an event in addresses."""
    return _SLUG.fullmatch(text) is not None and text not in RESERVED


def slug(text: str) -> str:
    """The short name of an event in addresses, of which ``/SLUG`` is the shortest."""
    if _SLUG.fullmatch(text) is None:
        raise Wrong(f"{quoted(text)} is no slug", "use small letters, digits and hyphens, 64 at most")
    if text in RESERVED:
        raise Wrong(f"{quoted(text)} is an address of the site itself", f'choose another, like "{text}-day"')
    return text


def hashtag(text: str) -> str:
    """One hashtag, its ``#`` taken off."""
    tag = text.strip().lstrip("#＃")
    if not tag or len(tag) > 100 or any(char.isspace() or char in "#,;" for char in tag):
        raise Wrong(f"{quoted(text)} is no hashtag", "write one word, without the #")
    return tag


def link(text: str) -> str:
    """An address elsewhere, or the path of a page of this site."""
    if text.startswith("/") and not text.startswith("//"):
        return text
    return address(text, "https", "http")


def web_address(text: str) -> str:
    """An address of the web, whole."""
    return address(text, "https", "http")


def email(text: str) -> str:
    """An e-mail address, as far as one can tell without writing to it."""
    if not re.fullmatch(r"[^@\s<>\"']+@[^@\s<>\"']+\.[^@\s<>\"']+", text.strip()):
        raise Wrong(f"{quoted(text)} is no e-mail address", 'write it like "comms@example.org"')
    return text.strip()


def proxy(text: str) -> str:
    """The address of one reverse proxy, or a network of them."""
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError as error:
        raise Wrong(f"{quoted(text)} is no IP address", 'write one like "127.0.0.1" or "10.0.0.0/8"') from error


def beside(path: Path, folder: Path) -> Path:
    """A path made whole, from the folder that a relative one starts in."""
    if "\0" in str(path):
        raise Wrong("a path cannot hold a null character", "take it out")
    return path if path.is_absolute() else folder / path


def date_in(table: object, key: str) -> date | datetime | None:
    """The date under a key of a raw table, None where there is none that can be read."""
    try:
        return day_or_time(table[key]) if isinstance(table, dict) and key in table else None
    except Wrong:
        return None


def zone_in(table: object) -> str | None:
    """The time zone of a raw table, None where there is none that can be read."""
    try:
        return zone_name(table["timezone"]) if isinstance(table, dict) and "timezone" in table else None
    except (Wrong, TypeError):
        return None
