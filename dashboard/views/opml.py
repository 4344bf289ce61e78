"""GET /e/{slug}/sources.opml: the feeds of an event, for whoever wants to follow them in a reader."""

from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree

from aiohttp import web

from dashboard import public
from dashboard.keys import SITE, STORE
from storage import sources
from timeline.link import may_be_told
from timeline.network import SourceStatus
from timeline.tidy import fit

KIND = "feed"
_NAME = 200  # characters


async def show(request: web.Request) -> web.Response:
    """OPML 2.0 (http://opml.org/spec2.opml): feeds that are collected, and whose address anybody may know."""
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    told = await request.app[STORE].read(sources.of_event, event.id)
    root = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = fit(f"{event.title}: feeds", _NAME)
    ElementTree.SubElement(head, "dateCreated").text = format_datetime(datetime.now(UTC), usegmt=True)
    ElementTree.SubElement(head, "ownerId").text = request.app[SITE].absolute(f"/e/{event.slug}")
    ElementTree.SubElement(head, "docs").text = "http://opml.org/spec2.opml"
    body = ElementTree.SubElement(root, "body")
    for status in told:
        if (address := _address(status)) is not None:
            name = fit(status.source.label or address, _NAME)
            ElementTree.SubElement(body, "outline", type="rss", text=name, title=name, xmlUrl=address)
    headers = {"Content-Disposition": f'inline; filename="{event.slug}.opml"', "Cache-Control": "public, max-age=60"}
    if not event.may_be_found:
        headers["X-Robots-Tag"] = "noindex"
    return web.Response(
        body=ElementTree.tostring(root, encoding="utf-8", xml_declaration=True),
        content_type="text/x-opml",
        charset="utf-8",
        headers=headers,
    )


def _address(status: SourceStatus) -> str | None:
    """Where the feed is; None for what is no feed, is not collected, or is not for everybody."""
    url = status.source["url"] if status.source.kind == KIND and status.state != "stopped" else None
    return url if isinstance(url, str) and may_be_told(url) else None
