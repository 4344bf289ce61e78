"""Events as calendars take them (RFC 5545). Pure: events in, bytes out."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit

import icalendar

from dashboard.languages import gettext, spoken
from dashboard.site import Site
from timeline.event import Event

TYPE = "text/calendar"
_EVERY = timedelta(hours=6)  # how often those who subscribe are asked to come back
_MAKER = "-//Backchannel//events//EN"

Written = Mapping[int, tuple[datetime, datetime]]
"""When an event was made, and when what is told of it last changed, by its id."""


def calendar(events: Sequence[Event], written: Written, site: Site, *, name: str) -> bytes:
    """``events`` as one calendar called ``name``. The same events give the same bytes, and are written once.

    A hundred take a fifth of a second: call it in a thread.
    """
    told = tuple(
        replace(event, seq=0) for event in events
    )  # what is said at an event does not change what is told of it
    return _drawn(told, tuple(written[event.id] for event in events), site.base_url, name, spoken().tag)


@functools.lru_cache(maxsize=32)
def _drawn(
    events: tuple[Event, ...],
    written: tuple[tuple[datetime, datetime], ...],
    base_url: str,
    name: str,
    language: str,  # noqa: ARG001  # what _words are in
) -> bytes:
    made = icalendar.Calendar()
    made.add("prodid", _MAKER)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("refresh-interval", _EVERY, parameters={"value": "DURATION"})
    made.add("x-published-ttl", _EVERY, parameters={"value": "DURATION"})
    for event, (made_at, changed_at) in zip(events, written, strict=True):
        made.add_component(_entry(event, made_at, changed_at, base_url))
    if events:
        made.add_missing_timezones(
            first_date=min(event.starts_at for event in events).date() - timedelta(days=365),
            last_date=max(event.ends_at for event in events).date() + timedelta(days=365),
        )
    return bytes(made.to_ical())


def _entry(event: Event, made_at: datetime, changed_at: datetime, base_url: str) -> icalendar.Event:
    entry, address = icalendar.Event(), f"{base_url.rstrip('/')}/e/{event.slug}"
    entry.add("uid", f"{event.slug}@{urlsplit(base_url).hostname or 'backchannel'}")
    entry.add("dtstamp", changed_at)
    entry.add("created", made_at)
    entry.add("last-modified", changed_at)
    starts, ends = (at.astimezone(event.zone) for at in (event.starts_at, event.ends_at))
    whole_days = starts.time() == ends.time() == time()  # told in dates alone: the end is the midnight after the last
    entry.add("dtstart", starts.date() if whole_days else starts)
    entry.add("dtend", ends.date() if whole_days else ends)
    entry.add("summary", event.title)
    entry.add("url", address)
    entry.add("description", _words(event, address))
    if event.venue:
        entry.add("location", event.venue)
    if event.hashtags:
        entry.add("categories", list(event.hashtags))
    return entry


def _words(event: Event, address: str) -> str:
    tags = " ".join(f"#{tag}" for tag in event.hashtags)
    lines = [
        gettext("Everything said about it: %(address)s", address=address),
        gettext("Post with %(tags)s", tags=tags) if tags else "",
        event.url or "",
    ]
    return "\n".join(line for line in lines if line)
