"""Pages for what is not here, not here any more, or not working."""

from aiohttp import web

from dashboard import pages
from dashboard.keys import REFERENCE
from timeline.event import Event

_MODULES = ("site.js", "theme.js")


def not_found(request: web.Request) -> web.Response:
    """404, for an event or for anything else."""
    if request.path.startswith("/e/"):
        words = "The address may be mistyped, or the event is not open to the public yet."
        return _sorry(request, 404, "There is no event here", words)
    return _sorry(request, 404, "Nothing is here", "The address may be mistyped, or what was here has moved.")


def no_such_view(request: web.Request, event: Event, words: str) -> web.Response:
    """404 for what an address asks of an event that is here."""
    link = f"/e/{event.slug}"
    return _sorry(request, 404, "This is not in the timeline", words, link=link, link_words=f"Back to {event.title}")


def gone(request: web.Request) -> web.Response:
    """410 for a post that was removed for good."""
    return _sorry(request, 410, "This post has been removed", "Deleted at source, so removed here too.", sign="gone")


def broken(request: web.Request) -> web.Response:
    """500; the reference finds the mistake in the log."""
    words = "Something went wrong on our side and has been noted. Try again in a minute."
    return _sorry(request, 500, "This page did not work", f"{words} Reference: {request[REFERENCE]}.", sign="warning")


def _sorry(
    request: web.Request, status: int, title: str, words: str, *,
    sign: str = "link", link: str = "/", link_words: str = "See all events",
) -> web.Response:  # fmt: skip
    return pages.answer(
        request, "error.html", status=status, modules=_MODULES,
        title=title, words=words, sign=sign, link=link, link_words=link_words,
    )  # fmt: skip
