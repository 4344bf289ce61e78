"""GET /robots.txt and /sitemap.xml: what search engines may read, and where to begin."""

from datetime import datetime
from xml.etree import ElementTree

from aiohttp import web

from dashboard import public
from dashboard.filters import iso
from dashboard.keys import DEHYDRATED, SITE, STORE
from storage import feeds

MOST = 45_000  # addresses: a sitemap may have 50,000 (https://www.sitemaps.org/protocol.html)
_CACHED = {"Cache-Control": "public, max-age=3600"}
_CLOSED = ("/desk", "/api/", "/websub/", "/e/*/stream", "/e/*/wall/stream", "/e/*/embed/stream", "/e/*/copy")


async def robots(request: web.Request) -> web.Response:
    """What is for nobody but programs. Pages that are not to be listed say so themselves, to whoever reads them."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED), ""]
    lines += [f"Sitemap: {request.app[SITE].absolute('/sitemap.xml')}", ""]
    return web.Response(text="\n".join(lines), content_type="text/plain", headers=_CACHED)


async def sitemap(request: web.Request) -> web.Response:
    """Events that may be found, their highlights, and the pages of highlighted posts whose authors may be found."""
    site, store = request.app[SITE], request.app[STORE]
    root = ElementTree.Element("urlset", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
    found = {event.id: event for event in await public.public_events(store) if event.may_be_found}
    guarded = request.app[DEHYDRATED]
    most = MOST - 2 - 2 * len(found)
    picked = await store.read(feeds.picked, sorted(found), limit=most, without=frozenset(guarded))
    of_event = dict(reversed([(event_id, at) for _, event_id, at in picked]))
    for path in ("/", "/about/privacy"):
        _put(root, site.absolute(path))
    for event in found.values():
        _put(root, site.absolute(f"/e/{event.slug}"))
        if event.id in of_event:
            _put(root, site.absolute(f"/e/{event.slug}/highlights"), of_event[event.id])
    for item_id, _, at in picked:
        _put(root, site.absolute(f"/p/{item_id}"), at)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return web.Response(body=body, content_type="application/xml", charset="utf-8", headers=_CACHED)


def _put(root: ElementTree.Element, address: str, at: datetime | None = None) -> None:
    url = ElementTree.SubElement(root, "url")
    ElementTree.SubElement(url, "loc").text = address
    if at is not None:
        ElementTree.SubElement(url, "lastmod").text = iso(at)
