"""The desk's door: GET and POST /desk/sign-in, POST /desk/sign-out."""

import re

from aiohttp import web

from dashboard import auth, csrf, pages
from dashboard.keys import DESK
from dashboard.languages import gettext, ngettext

_INSIDE = re.compile(r"/desk(?:/(?!\.)[\w.~%-]+)*", re.ASCII)
_MODULES = ("site.js", "theme.js")


async def show(request: web.Request) -> web.StreamResponse:
    """The form; who has signed in already goes straight on."""
    to = _target(request.query.get("to", ""))
    if request.app[DESK].in_session(request.cookies.get(auth.COOKIE, "")):
        raise web.HTTPSeeOther(to)
    return _form(request, to)


async def enter(request: web.Request) -> web.StreamResponse:
    """Open a session for who gives the token."""
    try:
        form = await request.post()
    except (LookupError, ValueError):  # no browser sends it
        raise web.HTTPBadRequest(text="This form cannot be read.") from None
    to, word = _target(str(form.get("to", ""))), form.get("token")
    if not csrf.is_ours(request):
        return _form(request, to, status=403, trouble=gettext("That came from another site. Sign in from here."))
    try:
        cookie = request.app[DESK].open_session(request.remote or "", word if isinstance(word, str) else "")
    except auth.TooManyTries as error:
        trouble = ngettext(
            "Too many wrong tokens came from here. Try again in %(num)s second.",
            "Too many wrong tokens came from here. Try again in %(num)s seconds.",
            error.wait_s,
        )
        answer = _form(request, to, status=429, trouble=trouble)
        answer.headers["Retry-After"] = str(error.wait_s)
        return answer
    if cookie is None:
        trouble = gettext("That is not the token. It may be from before a restart.")
        return _form(request, to, status=403, trouble=trouble)
    answer = web.Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})
    auth.begin(request, answer, cookie)
    return answer


async def leave(request: web.Request) -> web.StreamResponse:
    """End the session."""
    answer = web.Response(status=303, headers={"Location": auth.SIGN_IN, "Cache-Control": "no-store"})
    if csrf.is_ours(request):
        auth.end(answer)
    return answer


def _form(request: web.Request, to: str, *, status: int = 200, trouble: str = "") -> web.Response:
    answer = pages.answer(
        request, "sign_in.html", status=status, modules=_MODULES, sheets=("desk.css",), to=to, trouble=trouble
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _target(to: str) -> str:
    """Where to go on: a page of the desk and nowhere else."""
    return to if _INSIDE.fullmatch(to) and not to.startswith("/desk/sign-") else "/desk"
