"""What search engines and previews read in a page's head: schema.org in JSON-LD.

It says nothing that the page does not show at first sight, and nothing at all of what its author wants found by
nobody. A ``<script>`` of this type is data: no browser runs it, and our content policy does not concern it.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from dashboard.feeds.words import shortened
from dashboard.site import Site
from timeline import consent
from timeline.discussion import Strand
from timeline.event import Event
from timeline.item import Item

UPDATES = 5  # posts of a live blog: a page is to stay under 12 KB
COMMENTS = 20
_HEADLINE = 80  # characters
_BODY = 200
_SAFE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


class Structured:
    """For templates; ``guarded`` are the networks whose posts no other site may draw."""

    def __init__(self, site: Site, guarded: Collection[str]) -> None:
        self._site = site
        self._guarded = guarded

    def event(self, event: Event, items: Iterable[Item] = ()) -> Markup:
        """The event, and its timeline as a live blog where there are posts."""
        if not event.may_be_found:
            return Markup()
        told = [self._update(item, event) for item in items if self._may_be_told(item)][:UPDATES]
        held = self._event(event)
        if not told:
            return _script({"@context": "https://schema.org"} | held)
        blog = {
            "@context": "https://schema.org",
            "@type": "LiveBlogPosting",
            "@id": f"{held['url']}#timeline",
            "headline": event.title,
            "url": held["url"],
            "coverageStartTime": held["startDate"],
            "coverageEndTime": held["endDate"],
            "datePublished": held["startDate"],
            "dateModified": told[0]["datePublished"],
            "author": held["organizer"],
            "about": held,
            "liveBlogUpdate": told,
        }
        return _script(blog)

    def post(self, item: Item, event: Event, strands: Sequence[Strand] = ()) -> Markup:
        """One post on its own page; with comments it is the beginning of a discussion."""
        if not (event.may_be_found and self._may_be_told(item)):
            return Markup()
        post, page = item.post, self._site.absolute(f"/p/{item.id}")
        said = [strand.comment for strand in strands] + [answer for strand in strands for answer in strand.answers]
        pictures = [] if post.sensitive else [one.key for one in post.media if one.key and one.kind == "image"]
        told = {
            "@context": "https://schema.org",
            "@type": "DiscussionForumPosting" if said else "SocialMediaPosting",
            "@id": page,
            "url": page,
            "mainEntityOfPage": page,
            "headline": _headline(item),
            "text": post.text[: _BODY * 5] if not post.title else shortened(post.text, _BODY),
            "datePublished": item.published_at.isoformat(),
            "dateModified": (post.edited_at or item.published_at).isoformat(),
            "author": _person(item, url=post.author.url),
            "inLanguage": post.language,
            "image": [self._site.absolute(f"/media/{key}") for key in pictures],
            "isBasedOn": post.url,
            "isPartOf": {"@type": "WebPage", "url": self._site.absolute(f"/e/{event.slug}"), "name": event.title},
            "commentCount": item.comments or None,
            "comment": [_comment(one) for one in said[:COMMENTS] if self._may_be_told(one)],
        }
        return _script(told)

    def _may_be_told(self, item: Item) -> bool:
        post = item.post
        return post.network not in self._guarded and not post.content_warning and consent.may_be_found(post.author)

    def _event(self, event: Event) -> dict[str, Any]:
        page, home = self._site.absolute(f"/e/{event.slug}"), self._site.absolute("/")
        return {
            "@type": "Event",
            "@id": f"{page}#event",
            "name": event.title,
            "url": page,
            "startDate": event.starts_at.astimezone(event.zone).isoformat(timespec="minutes"),
            "endDate": event.ends_at.astimezone(event.zone).isoformat(timespec="minutes"),
            "eventStatus": "https://schema.org/EventScheduled",
            "location": {"@type": "Place", "name": event.venue, "address": event.venue} if event.venue else None,
            "sameAs": event.url,
            "organizer": {"@type": "Organization", "name": self._site.title, "url": home},
        }

    def _update(self, item: Item, event: Event) -> dict[str, Any]:
        return {
            "@type": "BlogPosting",
            "headline": _headline(item),
            "url": self._site.absolute(f"/p/{item.id}"),
            "datePublished": item.published_at.astimezone(event.zone).isoformat(timespec="seconds"),
            "author": _person(item),
            "articleBody": shortened(item.post.text, _BODY) or None,
        }


def _headline(item: Item) -> str:
    return shortened(item.post.title or item.post.text, _HEADLINE) or item.post.author.name


def _person(item: Item, *, url: str | None = None) -> dict[str, Any]:
    author = item.post.author
    return {"@type": "Organization" if author.organisation else "Person", "name": author.name, "url": url}


def _comment(item: Item) -> dict[str, Any]:
    return {
        "@type": "Comment",
        "text": shortened(item.post.text, _BODY),
        "datePublished": item.published_at.isoformat(),
        "author": _person(item),
    }


def _script(told: dict[str, Any]) -> Markup:
    """As an element; nothing in it can end the element."""
    json = msgspec.json.encode(_filled(told)).decode().translate(_SAFE)
    return Markup(f'<script type="application/ld+json">{json}</script>')  # noqa: S704


def _filled(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _filled(value) for name, value in told.items() if value not in (None, "", [])}
    return [_filled(one) for one in told] if isinstance(told, list) else told
