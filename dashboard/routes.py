"""Every address of the dashboard, on one page."""

from aiohttp import web

from dashboard import assets
from dashboard.api import events, openapi, posts
from dashboard.views import health, index, media, post, stream, timeline

SLUG = "{slug:[^/]+}"
ID = "{id:[0-9]{1,18}}"
KEY = "{key:[A-Za-z0-9_-]+}"


def routes() -> list[web.RouteDef]:
    return [
        web.get("/", index.show),
        web.get(f"/e/{SLUG}", timeline.show),
        web.get(f"/e/{SLUG}/stream", stream.page),
        web.get(f"/p/{ID}", post.show),
        web.get(f"/media/{KEY}", media.show),
        web.get("/theme.css", assets.theme),
        web.get("/static/{path:.+}", assets.serve),
        web.get("/api/v1/events", events.listing),
        web.get(f"/api/v1/events/{SLUG}", events.one),
        web.get(f"/api/v1/events/{SLUG}/posts", events.posts),
        web.get(f"/api/v1/events/{SLUG}/stream", events.stream),
        web.get(f"/api/v1/posts/{ID}", posts.one),
        web.get("/api/v1/openapi.json", openapi.show),
        web.get("/healthz", health.healthz),
        web.get("/readyz", health.readyz),
        web.get("/metrics", health.metrics),
    ]
