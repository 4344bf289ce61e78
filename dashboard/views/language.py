"""POST /language: the reader chooses what pages speak, and comes back to where they were."""

import re
from contextlib import suppress
from urllib.parse import urlsplit

from aiohttp import web
from yarl import URL

from dashboard import csrf, languages

_YEAR_S = 365 * 24 * 3600
_OURS = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")


async def choose(request: web.Request) -> web.StreamResponse:
    """``lang`` is kept as a cookie; an unknown one changes nothing, nor does another site's form."""
    try:
        form = await request.post()
    except (LookupError, ValueError):  # no browser sends it
        raise web.HTTPBadRequest(text="This form cannot be read.") from None
    answer = web.Response(
        status=303, headers={"Location": _back(request, str(form.get("to", ""))), "Cache-Control": "no-store"}
    )
    tag = str(form.get("lang", ""))
    if languages.is_language(tag) and csrf.is_ours(request):
        answer.set_cookie(languages.COOKIE, tag, max_age=_YEAR_S, samesite="Lax", secure=request.secure)
    return answer


def _back(request: web.Request, to: str) -> str:
    """The page as it was, filters and all, where the browser tells which; else the path of the form."""
    with suppress(ValueError):  # no browser sends what is no address
        came = urlsplit(request.headers.get("Referer", ""))
        if came.netloc == request.host and _OURS.fullmatch(came.path):
            return str(URL(f"{came.path}?{came.query}", encoded=True).without_query_params("lang", "fragment"))
    return to if _OURS.fullmatch(to) else "/"
