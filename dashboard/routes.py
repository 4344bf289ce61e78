"""Every address of the dashboard, on one page."""

from aiohttp import web

from dashboard import assets
from dashboard.api import events, openapi, posts, sources, walls
from dashboard.views import (
    calendars,
    copy,
    crawlers,
    desk,
    embed,
    feeds,
    health,
    highlights,
    index,
    language,
    look,
    media,
    news,
    oembed,
    offline,
    opml,
    post,
    poster,
    privacy,
    qr,
    search,
    short,
    sign_in,
    stream,
    timeline,
    wall,
    wall_report,
    websub,
)
from dashboard.views import sources as sources_page
from dashboard.views import walls as walls_page

SLUG = "{slug:[^/]+}"
SHORT = "{slug:[A-Za-z0-9-]{1,64}}"
ID = "{id:[0-9]{1,18}}"
KEY = "{key:[A-Za-z0-9_-]+}"


def routes() -> list[web.RouteDef]:
    return [
        web.get("/", index.show),
        web.get("/robots.txt", crawlers.robots),
        web.get("/sitemap.xml", crawlers.sitemap),
        web.get("/events.atom", news.show),
        web.get("/events.ics", calendars.every),
        web.get(f"/e/{SLUG}", timeline.show),
        web.get(f"/e/{SLUG}/stream", stream.page),
        web.get(f"/e/{SLUG}/sources.opml", opml.show),
        web.get(f"/e/{SLUG}/event.ics", calendars.one),
        web.get(f"/e/{SLUG}/poster", poster.show),
        web.get(f"/e/{SLUG}/qr.svg", qr.show),
        web.get(f"/e/{SLUG}/theme.css", look.theme),
        web.get(f"/e/{SLUG}/logo", look.logo),
        web.get(f"/e/{SLUG}/picture", look.picture),
        web.get(f"/e/{SLUG}/sponsors/{KEY}", look.sponsor),
        web.get(f"/e/{SLUG}/highlights", highlights.show),
        web.get(f"/e/{SLUG}/search", search.show),
        *(web.get(f"/e/{SLUG}/{name}", feeds.show) for name in feeds.NAMES),
        web.get(f"/e/{SLUG}/wall", wall.show),
        web.get(f"/e/{SLUG}/wall/stream", wall.stream),
        web.post(f"/e/{SLUG}/wall/report", wall_report.receive),
        web.get(f"/e/{SLUG}/copy", copy.show),
        web.get("/offline", offline.page),
        web.get("/sw.js", offline.worker),
        web.get("/manifest.webmanifest", offline.manifest),
        web.get(f"/e/{SLUG}/embed", embed.show),
        web.get(f"/e/{SLUG}/embed/stream", embed.stream),
        web.get("/embed.js", embed.script),
        web.get("/oembed", oembed.show),
        web.get(f"/p/{ID}", post.show),
        web.post("/language", language.choose),
        web.get("/about/privacy", privacy.show),
        web.get("/desk", desk.show),
        web.get("/desk/sign-in", sign_in.show),
        web.post("/desk/sign-in", sign_in.enter),
        web.post("/desk/sign-out", sign_in.leave),
        web.get(f"/desk/{SLUG}", desk.event),
        web.get(f"/desk/{SLUG}/sources", sources_page.show),
        web.get(f"/desk/{SLUG}/walls", walls_page.show),
        web.post(f"/desk/{SLUG}/walls/clear", walls_page.clear),
        web.get(f"/media/{KEY}", media.show),
        web.get("/theme.css", assets.theme),
        web.get("/static/{path:.+}", assets.serve),
        web.get("/api/v1/events", events.listing),
        web.get(f"/api/v1/events/{SLUG}", events.one),
        web.get(f"/api/v1/events/{SLUG}/posts", events.posts),
        web.get(f"/api/v1/events/{SLUG}/stream", events.stream),
        web.get(f"/api/v1/events/{SLUG}/sources", sources.listing),
        web.get(f"/api/v1/events/{SLUG}/walls", walls.listing),
        web.post(f"/api/v1/events/{SLUG}/walls/clear", walls.clear),
        web.delete(f"/api/v1/events/{SLUG}/walls/clear", walls.undo),
        web.get(f"/api/v1/posts/{ID}", posts.one),
        web.get("/api/v1/openapi.json", openapi.show),
        web.get(f"/websub/{KEY}", websub.verify, allow_head=False),
        web.post(f"/websub/{KEY}", websub.receive),
        web.get("/healthz", health.healthz),
        web.get("/readyz", health.readyz),
        web.get("/metrics", health.metrics),
        web.get(f"/{SHORT}", short.lead),  # last: what is named above is no event
        web.get(f"/{SHORT}/", short.lead),
    ]
