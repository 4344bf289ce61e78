"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/); runs in the worker."""

import json
from collections.abc import Mapping
from typing import Any

from collector.feed import Attachment
from collector.feedmedia import attachments
from collector.feedrough import NO_FEED_HINT, Rough, RoughFeed, dicts, items, with_body, words
from timeline.errors import SourceUnavailable


def json_feed(body: bytes) -> RoughFeed:
    """What a JSON Feed says, what is of the wrong type left out.

    By hand, because fastfeedparser gives up the whole feed over one entry of the wrong type.
    Raises SourceUnavailable.
    """
    try:
        told = json.loads(body)
    except ValueError as error:
        raise SourceUnavailable("this JSON is cut short or broken", hint="Try it in a feed validator.") from error
    if not isinstance(told, dict) or not isinstance(told.get("items"), list):
        raise SourceUnavailable("this is JSON, but no JSON Feed", hint=NO_FEED_HINT)
    return RoughFeed(
        title=words(told.get("title")),
        link=words(told.get("home_page_url")),
        icon=words(told.get("icon")) or words(told.get("favicon")),
        language=words(told.get("language")),
        entries=[_json_entry(item) for item in told["items"] if isinstance(item, dict)],
    )


def _json_entry(item: Mapping[str, Any]) -> Rough:
    number = item.get("id")  # 1.0 allowed numbers in practice, and 1.1 asks readers to take them as text
    author = next(iter(dicts(item.get("authors"))), item.get("author"))
    shown = [Attachment(url=address) for name in ("image", "banner_image") if (address := words(item.get(name)))]
    attached = [
        {"url": one.get("url"), "type": one.get("mime_type"), "title": one.get("title")}
        for one in dicts(item.get("attachments"))
    ]
    return with_body(
        Rough(
            id=str(number) if isinstance(number, int | float) else words(number),
            link=words(item.get("url")) or words(item.get("external_url")),
            title=words(item.get("title")),
            author=words(author.get("name")) if isinstance(author, dict) else "",
            author_url=words(author.get("url")) if isinstance(author, dict) else "",
            published=words(item.get("date_published")) or words(item.get("date_modified")),
            updated=words(item.get("date_modified")),
            tags=[words(tag) for tag in items(item.get("tags"))],
            attached=attachments(attached) + shown,
            language=words(item.get("language")),
        ),
        (words(item.get("content_html")), "text/html"),
        (words(item.get("content_text")), "text/plain"),
        (words(item.get("summary")), "text/plain"),
    )
