"""GET /events.atom: events that are new, or of which something else is told now (RFC 4287)."""

from datetime import datetime
from xml.etree import ElementTree

from aiohttp import web

from dashboard import filters, languages, public
from dashboard.calendar import Written
from dashboard.keys import SITE, STORE
from dashboard.site import Site
from storage import events
from timeline.event import Event
from timeline.tidy import fit

_ATOM = "http://www.w3.org/2005/Atom"
_MOST = 60
_WORDS = 500  # characters of anything told


async def show(request: web.Request) -> web.Response:
    """Events that anybody may see listed, the last changed first."""
    store, site = request.app[STORE], request.app[SITE]
    written = await store.read(events.written)
    listed = [event for event in await public.public_events(store) if event.id in written]
    listed.sort(key=lambda event: (written[event.id][1], event.id), reverse=True)
    return web.Response(
        body=_feed(listed[:_MOST], written, site),
        content_type="application/atom+xml",
        charset="utf-8",
        headers={"Cache-Control": "public, max-age=300"},
    )


def _feed(listed: list[Event], written: Written, site: Site) -> bytes:
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": languages.spoken().html})
    _text(feed, "id", site.absolute("/events.atom"))
    _text(feed, "title", languages.gettext("%(site)s: events", site=site.title))
    _text(feed, "updated", filters.iso(max((written[event.id][1] for event in listed), default=_BEGINNING)))
    _link(feed, "self", site.absolute("/events.atom"), "application/atom+xml")
    _link(feed, "alternate", site.absolute("/"), "text/html")
    _text(ElementTree.SubElement(feed, "author"), "name", site.title)
    for event in listed:
        made_at, changed_at = written[event.id]
        entry = ElementTree.SubElement(feed, "entry")
        _text(entry, "id", site.absolute(f"/e/{event.slug}"))
        _text(entry, "title", event.title)
        _text(entry, "published", filters.iso(made_at))
        _text(entry, "updated", filters.iso(changed_at))
        _link(entry, "alternate", site.absolute(f"/e/{event.slug}"), "text/html")
        _link(entry, "related", site.absolute(f"/e/{event.slug}/event.ics"), "text/calendar")
        for tag in event.hashtags:
            ElementTree.SubElement(entry, "category", term=tag)
        tags = " ".join(f"#{tag}" for tag in event.hashtags)
        _text(entry, "summary", " · ".join(part for part in (filters.dates(event), event.venue, tags) if part))
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True))


_BEGINNING = datetime.fromisoformat("2026-01-01T00:00:00+00:00")  # of a feed that has had nothing to tell yet


def _text(parent: ElementTree.Element, name: str, words: str) -> None:
    ElementTree.SubElement(parent, name).text = fit(words, _WORDS)


def _link(parent: ElementTree.Element, rel: str, address: str, kind: str) -> None:
    ElementTree.SubElement(parent, "link", rel=rel, href=address, type=kind)
