"""Pages for what is not here, not here any more, or not working."""

from aiohttp import web

from dashboard import pages
from dashboard.keys import REFERENCE

_MODULES = ("site.js", "theme.js")


def not_found(request: web.Request) -> web.Response:
    """404, for an event or for anything else."""
    if request.path.startswith("/e/"):
        words = "The address may be mistyped, or the event is not open to the public yet."
        return _sorry(request, 404, "There is no event here", words)
    return _sorry(request, 404, "Nothing is here", "The address may be mistyped, or what was here has moved.")


def gone(request: web.Request) -> web.Response:
    """410 for a post that was removed for good."""
    return _sorry(request, 410, "This post has been removed", "Deleted at source, so removed here too.", sign="gone")


def broken(request: web.Request) -> web.Response:
    """500; the reference finds the mistake in the log."""
    words = "Something went wrong on our side and has been noted. Try again in a minute."
    return _sorry(request, 500, "This page did not work", f"{words} Reference: {request[REFERENCE]}.", sign="warning")


def _sorry(request: web.Request, status: int, title: str, words: str, *, sign: str = "link") -> web.Response:
    return pages.answer(
        request, "error.html", status=status, modules=_MODULES,
        title=title, words=words, sign=sign, link="/", link_words="See all events",
    )  # fmt: skip
