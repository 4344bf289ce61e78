"""POST /e/{slug}/wall/report: a wall says that it is there, and what it shows. It has nobody who could sign in."""

from datetime import UTC, datetime
from time import monotonic

from aiohttp import web

from dashboard import csrf, public, wall_reports
from dashboard.keys import STORE, WALL_REPORTS
from dashboard.problems import problem
from storage import screenings


async def receive(request: web.Request) -> web.Response:
    """204 where it is kept; what no page of ours would send is refused, and what comes too often."""
    if request.content_type != "application/json":
        return problem(415, "A report is JSON.")
    if not csrf.is_ours(request):
        return problem(403, "That came from another site.")
    event = await public.event_by_slug(request.app[STORE], request.match_info["slug"])
    try:
        told = wall_reports.decode(await _short_body(request))
    except ValueError as error:
        return problem(400, f"This is no report of a wall: {error}.")
    admitted = request.app[WALL_REPORTS].admits(request.remote or "", event.id, told.id, monotonic())
    if not admitted or not await request.app[STORE].write(screenings.report, event.id, told.screen(datetime.now(UTC))):
        return problem(429, "Too many walls report from here.", headers={"Retry-After": "60"})
    return web.Response(status=204, headers={"Cache-Control": "no-store"})


async def _short_body(request: web.Request) -> bytes:
    body = await request.content.read(wall_reports.MAX_BYTES + 1)
    while len(body) <= wall_reports.MAX_BYTES and (more := await request.content.read(wall_reports.MAX_BYTES)):
        body += more
    if len(body) > wall_reports.MAX_BYTES:
        raise web.HTTPRequestEntityTooLarge(wall_reports.MAX_BYTES, len(body))
    return body
