"""oEmbed (https://oembed.com): what a link to an event or a post looks like on other sites. GET /oembed?url=…"""

import re
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

from aiohttp import web

from dashboard import public
from dashboard.embed_settings import whole_number
from dashboard.headers import ANY_ORIGIN
from dashboard.keys import DEHYDRATED, SITE, STORE
from timeline.errors import NoSuchEvent

WIDTH, HEIGHT, POST_HEIGHT = 600, 640, 320
CACHED_S = 3_600
_EVENT = re.compile(r"/e/([^/]+)(?:/highlights)?/?\Z")
_SHORT = re.compile(r"/([A-Za-z0-9-]{1,64})/?\Z")
_POST = re.compile(r"/p/([0-9]{1,18})\Z")


async def show(request: web.Request) -> web.Response:
    """A frame for an event, its highlights or a post. 404 for any other address, 501 for a format there is not."""
    form = request.query.get("format", "json")
    if form not in ("json", "xml"):
        raise web.HTTPNotImplemented(text="This answers in the formats json and xml.")
    told = await _told(request, request.query.get("url", ""))
    if form == "xml":
        return web.Response(body=_xml(told), content_type="text/xml", headers=ANY_ORIGIN)
    return web.json_response(told, headers=ANY_ORIGIN)


async def _told(request: web.Request, url: str) -> dict[str, Any]:
    site, store = request.app[SITE], request.app[STORE]
    path = _path(url, site.base_url)
    most = {name: whole_number(request.query.get(name), most=9_999) for name in ("maxwidth", "maxheight")}
    width = min(WIDTH, most["maxwidth"] or WIDTH)
    if found := _POST.match(path):
        item, event = await public.item_by_id(store, int(found[1]))
        if item.parent_id is not None or item.post.network in request.app[DEHYDRATED]:
            raise _nothing()
        title, asked, height = f"{item.post.author.name}, {event.title}", {"post": str(item.id)}, POST_HEIGHT
    elif found := _EVENT.match(path) or _SHORT.match(path):
        try:
            event = await public.event_by_slug(store, found[1])
        except NoSuchEvent:
            raise _nothing() from None
        picked = path.rstrip("/").endswith("/highlights")
        title, asked, height = event.title, {"highlights": "1"} if picked else {}, HEIGHT
    else:
        raise _nothing()
    height = min(height, most["maxheight"] or height)
    address = site.absolute(f"/e/{event.slug}/embed") + (f"?{urlencode(asked)}" if asked else "")
    html = (
        f'<iframe src="{escape(address)}" title="{escape(title)}" width="{width}" height="{height}" '
        'loading="lazy" frameborder="0"></iframe>'
    )
    return {
        "version": "1.0", "type": "rich", "title": title, "provider_name": site.title, "provider_url": site.base_url,
        "cache_age": CACHED_S, "html": html, "width": width, "height": height,
    }  # fmt: skip


def _path(url: str, base_url: str) -> str:
    """Of an address on this site, wherever it is reached by; nothing for any other."""
    try:
        asked, ours = urlsplit(url), urlsplit(base_url)
        same = (asked.hostname, asked.port) == (ours.hostname, ours.port)
    except ValueError:
        return ""
    return asked.path.removeprefix(ours.path.rstrip("/")) if same and asked.scheme in ("http", "https") else ""


def _nothing() -> web.HTTPNotFound:
    return web.HTTPNotFound(text="Nothing here can be embedded: give the address of an event or a post of this site.")


def _xml(told: dict[str, Any]) -> bytes:
    root = ET.Element("oembed")
    for name, value in told.items():
        ET.SubElement(root, name).text = str(value)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
