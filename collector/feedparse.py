"""A feed's bytes read into plain values: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed; or a page that links feeds.

Everything foreign happens in a killable worker (collector/worker.py). The two parsers are
imported there and only there, and always get bytes: given text that looks like an address
or a file name, both would open it.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from collector import worker
from collector.feed import Feed, Page
from timeline.errors import SourceUnavailable

if TYPE_CHECKING:
    from collector.feedrough import RoughFeed

DEADLINE_S = 10.0  # 500 times the mean of 200 real feeds
MEMORY_MB = 128  # the largest documents the door lets in (8 MiB) take either parser some 90
LARGE_BYTES = 1024 * 1024  # beyond this one at a time: it may take up to MEMORY_MB


async def read(
    body: bytes,
    *,
    url: str,
    content_type: str = "",
    known: bytes = b"",
    deadline_s: float = DEADLINE_S,
    memory_mb: int = MEMORY_MB,
) -> Feed | Page:
    """Read what ``url`` answered, without the entries that are ``known``.

    Raises SourceUnavailable where it is neither feed nor page, or a bomb.
    """
    try:
        large = len(body) > LARGE_BYTES
        return await worker.run(
            parse, body, url, content_type, known, deadline_s=deadline_s, memory_mb=memory_mb, large=large
        )
    except worker.Overrun as error:
        raise SourceUnavailable(
            f"the feed {error}", hint="It is given up for now and tried again by itself; tell whoever publishes it."
        ) from error


def parse(body: bytes, url: str, content_type: str = "", known: bytes = b"") -> Feed | Page:
    """What ``read`` does, here and now: runs in the worker. Raises SourceUnavailable."""
    # Imported by the worker alone: 25 MB that the service is spared.
    from collector import feedgate, feedjson, feedpage, feedreaders

    try:
        root = feedpage.root(body)
        if root == "html":
            return feedpage.page(body, url, content_type)
        if root == "{":
            return _settled(feedjson.json_feed(body), body, url, known)
        charset = feedgate.charset(body, content_type)
        try:
            if charset is not None:
                raise feedgate.NotPlain("encoding")
            rough = feedreaders.fast(body, feedgate.glance(body))
        except feedgate.NotPlain:
            rough = feedreaders.patient(body, charset)
            if not rough.entries and rough.flaw:  # now and then the fast one still finds some in the ruins
                rough = feedreaders.rescue(body) or rough
            if not rough.entries and rough.flaw == feedreaders.ILL_FORMED:
                raise SourceUnavailable(
                    f"nothing can be read in this feed: {rough.flaw}", hint="Try it in a feed validator."
                ) from None
        return _settled(rough, body, url, known)
    except (SourceUnavailable, MemoryError, RecursionError):
        raise
    except Exception as error:  # two parsers and whatever a stranger wrote: anything can come of it
        raise SourceUnavailable("the feed is too broken to be read", hint="Try it in a feed validator.") from error


def _settled(rough: "RoughFeed", body: bytes, url: str, known: bytes) -> Feed:
    from collector import feedentries, feedhead, feedknown

    entries, all_of_them = feedknown.unknown(rough, url, known)
    feed = feedentries.settle(replace(rough, entries=entries), url)
    return replace(feed, known=all_of_them, following=feedhead.of_document(body, url))
