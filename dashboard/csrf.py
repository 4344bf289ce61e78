"""Whether a form was sent from our own pages, as browsers tell."""

from urllib.parse import urlsplit

from aiohttp import web

from dashboard.keys import SITE


def is_ours(request: web.Request) -> bool:
    """False where a browser says that another site sent this.

    ``Sec-Fetch-Site`` cannot be set by a page; browsers without it send ``Origin`` with every
    form. What sends neither is no browser, and has no session that could be misused.
    """
    told = request.headers.get("Sec-Fetch-Site")
    if told is not None:
        return told in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        told_by = urlsplit(origin).netloc
    except ValueError:  # no browser sends it
        return False
    return told_by in (request.host, urlsplit(request.app[SITE].base_url).netloc)
