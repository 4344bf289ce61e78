"""When a feed says something was published: one reading of every way that dates are written."""

import re
from datetime import UTC, datetime, timedelta, timezone

# Names that mean one offset to (nearly) everybody. RFC 822 knows the American ones; feeds of
# European conferences use the rest, and a reader that ignores CEST is two hours wrong.
_ZONES = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT", "WET"), 0),
    **dict.fromkeys(("BST", "CET", "MET", "WEST"), 60),
    **dict.fromkeys(("CEST", "MEST", "EET", "SAST"), 120),
    **dict.fromkeys(("EEST", "MSK"), 180),
    "IST": 330,
    **dict.fromkeys(("AWST", "SGT", "HKT"), 480),
    **dict.fromkeys(("JST", "KST"), 540),
    "ACST": 570,
    "AEST": 600,
    "ACDT": 630,
    "AEDT": 660,
    "NZST": 720,
    "NZDT": 780,
    "NDT": -150,
    "NST": -210,
    "ADT": -180,
    **dict.fromkeys(("AST", "EDT"), -240),
    **dict.fromkeys(("EST", "CDT"), -300),
    **dict.fromkeys(("CST", "MDT"), -360),
    **dict.fromkeys(("MST", "PDT"), -420),
    **dict.fromkeys(("PST", "AKDT"), -480),
    "AKST": -540,
    "HST": -600,
}
_MONTHS = {name: at for at, name in enumerate(re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec"), 1)}
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?(?:\s?(?P<half>[ap])\.?m\.?)?"
_ZONE = r"\s*(?P<zone>[A-Z]{1,4})?(?P<offset>[+-]\d{1,2}(?::?\d{2})?)?(?:\s*\([\w /+-]*\))?"
_MONTH = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,?\s*)?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # ISO 8601 and its relations: 2025-06-10T04:00:00.5+02:00, 2025-06-10 04:00 UTC, 2025/06/10, 20250610T040000Z
        rf"(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}})(?:(?:\s*T\s*|\s+){_CLOCK}{_ZONE})?Z?",
        rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})"
        rf"(?:T(?P<hour>\d{{2}}):?(?P<minute>\d{{2}}):?(?P<second>\d{{2}})?{_ZONE})?",
        # RFC 822 and what people make of it: Tue, 10 Jun 2025 04:00:00 +0200, 10-Jun-25 04:00 PDT
        rf"{_WEEKDAY}{_DAY}[\s-]+{_MONTH},?[\s-]+(?P<year>\d{{4}}|\d{{2}})(?:,?\s+(?:at\s+)?{_CLOCK}{_ZONE})?",
        # Spelt out: June 10, 2025 4:00 pm
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY},?\s+(?P<year>\d{{4}})(?:,?\s+(?:at\s+)?{_CLOCK}{_ZONE})?",
        # asctime: Tue Jun 10 04:00:00 CEST 2025
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+{_CLOCK}{_ZONE}\s+(?P<year>\d{{4}})",
    )
)
_EPOCH = re.compile(r"[1-9]\d{8,9}(\d{3})?")  # seconds or milliseconds, as some plug-ins write them
_LONGEST = 80  # characters; a date has no need of more


def moment(text: str | None) -> datetime | None:
    """The moment a feed means, in UTC; None where that is missing, ambiguous (10/06/2025) or absurd.

    A time without a zone, or with one nobody knows, is taken as UTC. Years before 1971 are the
    zero of somebody's clock, not a date.
    """
    text = " ".join((text or "").split()[:12])
    if not text or len(text) > _LONGEST:
        return None
    if (epoch := _EPOCH.fullmatch(text)) is not None:
        return _since_epoch(int(text) // (1000 if epoch[1] else 1))
    for form in _FORMS:
        if (found := form.fullmatch(text)) is not None:
            return _moment(found.groupdict())
    return None


def _moment(part: dict[str, str | None]) -> datetime | None:
    month = int(number) if (number := part.get("month")) else _MONTHS[str(part["name"])[:3].lower()]
    year = int(part["year"] or 0)
    if len(part["year"] or "") == 2:
        year += 1900 if year >= 70 else 2000  # RFC 2822, section 4.3, and the web began after 1970
    hour = int(part.get("hour") or 0)
    if half := part.get("half"):
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    second = min(int(part.get("second") or 0), 59)  # a leap second is within its minute
    try:
        day = datetime(year, month, int(part["day"] or 0), tzinfo=UTC)
        clock = timedelta(hours=hour, minutes=int(part.get("minute") or 0), seconds=second)
        if clock > timedelta(days=1) or int(part.get("minute") or 0) > 59:
            return None
        found = day + clock - _offset(part.get("zone"), part.get("offset"))  # 24:00 is the next day's 0:00
    except (ValueError, OverflowError):
        return None
    return found if found.year > 1970 else None


def _offset(zone: str | None, offset: str | None) -> timedelta:
    """``+0200`` and ``GMT+2`` by their number, names by the table, everything else as UTC."""
    if not offset:
        return timedelta(minutes=_ZONES.get((zone or "").upper(), 0))
    digits = offset[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    away = timedelta(hours=hours, minutes=minutes)
    timezone(away)  # no place on Earth is a whole day away: refused as ValueError
    return -away if offset[0] == "-" else away


def _since_epoch(seconds: int) -> datetime | None:
    found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return found if found.year > 1970 else None
