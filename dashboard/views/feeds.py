"""GET /e/{slug}/timeline.atom|.rss|.json and /e/{slug}/highlights.atom|.rss|.json."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple

from aiohttp import web

from dashboard import public
from dashboard.feeds.entries import Entry, Feed, entry
from dashboard.feeds.json import json
from dashboard.feeds.xml import atom, rss
from dashboard.filters import dates
from dashboard.keys import DEHYDRATED, RENDERER, SITE, STORE
from dashboard.languages import gettext
from storage import changes, feeds, items, media
from timeline.event import Event
from timeline.item import Item
from timeline.tidy import fit

ENTRIES = 50
LOOKED_BACK = 2_000  # changes, for what was withdrawn: a log has a hundred thousand
SETTLED = timedelta(seconds=10)  # a date tells seconds, and commits come a little later than it says
_NAMED = 300  # characters of what an event or a site calls itself


class Form(NamedTuple):
    """What feeds are written in."""

    content_type: str
    write: Callable[[Feed], bytes]


FORMS = {
    "atom": Form("application/atom+xml", atom),
    "rss": Form("application/rss+xml", rss),
    "json": Form("application/feed+json", json),
}
NAMES = tuple(f"{kind}.{form}" for kind in ("timeline", "highlights") for form in FORMS)


async def show(request: web.Request) -> web.Response:
    """The newest posts, or 304 for whoever has them; what has no ETag to show is believed its date."""
    name = request.path.rpartition("/")[2]
    kind, _, form = name.partition(".")
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    changed_at = await request.app[STORE].read(changes.last_at, event.id)
    headers = _headers(request, event, name, changed_at)
    if "Last-Modified" in headers and _has_it(request, headers["Last-Modified"]):
        return web.Response(status=304, headers=headers)
    feed = await _feed(request, event, kind, name)
    return web.Response(
        body=FORMS[form].write(feed), content_type=FORMS[form].content_type, charset="utf-8", headers=headers
    )


async def _feed(request: web.Request, event: Event, kind: str, name: str) -> Feed:
    site, store, picked = request.app[SITE], request.app[STORE], kind == "highlights"
    if picked:
        told = await store.read(feeds.highlights, event.id, limit=ENTRIES)
    else:
        told = (await store.read(items.page, event.id, limit=ENTRIES)).items
    kept = await store.read(media.lengths, [one.key for item in told for one in item.post.media if one.key])
    gone = await store.read(changes.removals, event.id, after=event.seq - LOOKED_BACK, limit=ENTRIES)
    entries = tuple(_entry(request, item, kept, picked=picked) for item in told)
    what = gettext("Highlights of %(event)s", event=event.title) if picked else event.title
    about = (
        gettext(
            "What the desk picked of what was said about %(event)s, %(dates)s", event=event.title, dates=dates(event)
        )
        if picked
        else gettext("Everything said about %(event)s, %(dates)s", event=event.title, dates=dates(event))
    )
    return Feed(
        title=fit(what, _NAMED),
        subtitle=fit(about, _NAMED),
        address=site.absolute(f"/e/{event.slug}/{name}"),
        page=site.absolute(f"/e/{event.slug}/highlights" if picked else f"/e/{event.slug}"),
        publisher=fit(site.title, _NAMED),
        home=site.absolute("/"),
        icon=site.absolute(request.app[RENDERER].assets.url("favicon.svg")),
        updated=max((one.updated for one in entries), default=event.collect_from),
        hubs=site.hubs,
        entries=entries,
        withdrawn={site.absolute(f"/p/{item_id}"): at for item_id, at in gone.items()},
    )


def _entry(request: web.Request, item: Item, kept: dict[str, int], *, picked: bool) -> Entry:
    guarded = item.post.network in request.app[DEHYDRATED]
    label = request.app[RENDERER].label(item.post.network) if guarded else ""
    return entry(item, request.app[SITE], dehydrated=label, lengths=kept, picked=picked)


def _headers(request: web.Request, event: Event, name: str, changed_at: datetime | None) -> dict[str, str]:
    site = request.app[SITE]
    links = [f'<{hub}>; rel="hub"' for hub in site.hubs] + [f'<{site.absolute(f"/e/{event.slug}/{name}")}>; rel="self"']
    headers = {"Link": ", ".join(links), "Cache-Control": "public, no-cache"}
    if changed_at is not None and changed_at < datetime.now(UTC) - SETTLED:
        headers["Last-Modified"] = format_datetime(changed_at.astimezone(UTC), usegmt=True)
    if not event.may_be_found:
        headers["X-Robots-Tag"] = "noindex"
    return headers


def _has_it(request: web.Request, changed: str) -> bool:
    """By its date alone (RFC 9110, section 13.1.3): whoever has an ETag is compared by that."""
    since = request.headers.get("If-Modified-Since")
    if since is None or "If-None-Match" in request.headers:
        return False
    try:
        return parsedate_to_datetime(changed) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
