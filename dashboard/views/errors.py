"""Pages for what is not here, not here any more, or not working."""

from aiohttp import web

from dashboard import pages
from dashboard.keys import REFERENCE
from dashboard.languages import gettext
from timeline.event import Event

_MODULES = ("site.js", "theme.js")


def not_found(request: web.Request) -> web.Response:
    """404, for an event or for anything else."""
    if request.path.startswith("/e/"):
        words = gettext("The address may be mistyped, or the event is not open to the public yet.")
        return _sorry(request, 404, gettext("There is no event here"), words)
    words = gettext("The address may be mistyped, or what was here has moved.")
    return _sorry(request, 404, gettext("Nothing is here"), words)


def no_such_view(request: web.Request, event: Event, words: str) -> web.Response:
    """404 for what an address asks of an event that is here."""
    link = f"/e/{event.slug}"
    back = gettext("Back to %(event)s", event=event.title)
    return _sorry(request, 404, gettext("This is not in the timeline"), words, link=link, link_words=back)


def gone(request: web.Request) -> web.Response:
    """410 for a post that was removed for good."""
    words = gettext("Deleted at source, so removed here too.")
    return _sorry(request, 410, gettext("This post has been removed"), words, sign="gone")


def broken(request: web.Request) -> web.Response:
    """500; the reference finds the mistake in the log."""
    words = gettext(
        "Something went wrong on our side and has been noted. Try again in a minute. Reference: %(reference)s.",
        reference=request[REFERENCE],
    )
    return _sorry(request, 500, gettext("This page did not work"), words, sign="warning")


def _sorry(
    request: web.Request, status: int, title: str, words: str, *,
    sign: str = "link", link: str = "/", link_words: str = "",
) -> web.Response:  # fmt: skip
    return pages.answer(
        request, "error.html", status=status, modules=_MODULES,
        title=title, words=words, sign=sign, link=link, link_words=link_words or gettext("See all events"),
    )  # fmt: skip
