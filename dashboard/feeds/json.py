"""JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/ (read 2026-11)."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from dashboard.feeds.entries import Entry, Feed
from dashboard.feeds.xml import PICTURE
from dashboard.filters import iso


def json(feed: Feed) -> bytes:
    told: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "icon": feed.icon,
        "authors": [{"name": feed.publisher, "url": feed.home}],
    }
    if feed.hubs:
        told["hubs"] = [{"type": "WebSub", "url": hub} for hub in feed.hubs]
    return msgspec.json.encode(told | {"items": [_item(entry) for entry in feed.entries]})


def _item(entry: Entry) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": entry.id,
        "url": entry.link,
        "external_url": entry.original if entry.original != entry.link else None,
        "title": entry.title,
        "content_html": entry.html or None,
        "content_text": None if entry.html else entry.title,  # one of the two must be there
        "date_published": _utc(entry.published),
        "date_modified": _utc(entry.updated),
        "language": entry.language or None,
        "tags": list(entry.tags) or None,
        "image": entry.pictures[0].url if entry.pictures else None,
    }
    if entry.author:
        told["authors"] = [_told({"name": entry.author.name, "url": entry.author.url, "avatar": entry.author.avatar})]
    if entry.pictures:
        told["attachments"] = [
            _told({"url": one.url, "mime_type": PICTURE, "title": one.alt, "size_in_bytes": one.length or None})
            for one in entry.pictures
        ]
    return _told(told)


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _utc(at: datetime) -> str:
    return iso(at.astimezone(UTC))
