"""What the head of a feed tells of how to follow it: hubs, and how often it wants to be asked; runs in the worker."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

from collector.feed import Following
from timeline.link import web_address

_SCANNED = 65_536  # bytes: the head comes before the first entry
_HUBS = 5
_FIRST_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_LINK = re.compile(r"<(?:[\w.-]+:)?link\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_TTL = re.compile(r"<ttl>\s*(\d{1,6})\s*</ttl>", re.IGNORECASE)  # minutes
_PERIOD = re.compile(r"<(?:[\w.-]+:)?updatePeriod>\s*(\w+)\s*</", re.IGNORECASE)
_FREQUENCY = re.compile(r"<(?:[\w.-]+:)?updateFrequency>\s*(\d{1,4})\s*</", re.IGNORECASE)
_SKIPPED = re.compile(r"<skipHours>(.{0,2000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(r"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_PERIODS = {"hourly": 3_600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2_592_000.0, "yearly": 31_536_000.0}

_HEADER_LINK = re.compile(r"<([^<>]*)>((?:[^,\"<]|\"(?:[^\"\\]|\\.)*\")*)")
_HEADER_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,]+))", re.IGNORECASE)


def of_document(body: bytes, url: str) -> Following:
    """What the document says itself; nothing where it is no XML and no JSON Feed."""
    head = body[:_SCANNED]
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _of_json(body, url)
    text = head.replace(b"\0", b"").decode("utf-8", "replace")  # names are ASCII, whatever the encoding
    if first := _FIRST_ENTRY.search(text):
        text = text[: first.start()]
    links = [
        {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(one)}
        for one in _LINK.findall(text)
    ]
    return Following(
        hubs=_addresses((one.get("href", "") for one in links if "hub" in _rels(one)), url),
        topic=next(iter(_addresses((one.get("href", "") for one in links if "self" in _rels(one)), url)), ""),
        every_s=max(_ttl_s(text), _period_s(text)),
        skipped_hours=_skipped(text),
    )


def of_header(header: str, url: str) -> Following:
    """What ``Link`` says, several of them joined by commas as they may be."""
    hubs: list[str] = []
    topics: list[str] = []
    for address, told in _HEADER_LINK.findall(header[:_SCANNED]):
        for quoted, bare in _HEADER_REL.findall(told)[:1]:  # only the first counts (RFC 8288)
            rels = (quoted or bare).lower().split()
            hubs += [address] * ("hub" in rels)
            topics += [address] * ("self" in rels)
    return Following(hubs=_addresses(hubs, url), topic=next(iter(_addresses(topics, url)), ""))


def _of_json(body: bytes, url: str) -> Following:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return Following()
    if not isinstance(told, Mapping):
        return Following()
    hubs = told.get("hubs")
    named = [one.get("url") for one in hubs if isinstance(one, Mapping)] if isinstance(hubs, list) else []
    own = told.get("feed_url")
    return Following(
        hubs=_addresses((one for one in named if isinstance(one, str)), url),
        topic=next(iter(_addresses([own] if isinstance(own, str) else [], url)), ""),
    )


def _rels(link: Mapping[str, str]) -> list[str]:
    return link.get("rel", "").lower().split()


def _addresses(words: "Iterator[str] | list[str]", base: str) -> tuple[str, ...]:
    found = []
    for word in words:
        try:
            found.append(web_address(urljoin(base, word.strip())) if word.strip() else None)
        except ValueError:
            continue
    return tuple(dict.fromkeys(address for address in found if address))[:_HUBS]


def _ttl_s(text: str) -> float:
    found = _TTL.search(text)
    return 60.0 * int(found[1]) if found else 0.0


def _period_s(text: str) -> float:
    period = _PERIOD.search(text)
    if period is None or period[1].lower() not in _PERIODS:
        return 0.0
    frequency = _FREQUENCY.search(text)
    return _PERIODS[period[1].lower()] / max(int(frequency[1]) if frequency else 1, 1)


def _skipped(text: str) -> frozenset[int]:
    found = _SKIPPED.search(text)
    return frozenset(int(hour) % 24 for hour in _HOUR.findall(found[1])) if found else frozenset()
