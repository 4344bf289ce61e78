"""Entries that are gone: feeds do not say so, but a page that was there and is not there any more does.

What a feed has left out from among what it still lists was perhaps deleted, so its page is asked
for. 410 says so at once; 404 has to be said twice, ten minutes apart. What is merely too old for
a feed is left alone, and so is everything whose page answers otherwise.
"""

from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

from collector.adapter import Ask, Batch
from collector.feedshown import Known, Missing, Shown
from collector.http import MEGABYTE, Http
from collector.ledger import Key
from timeline.errors import SourceUnavailable
from timeline.link import web_address
from timeline.post import Removal

AT_ONCE = 3  # pages asked for in one turn
AGAIN_S = 600.0  # between the two times that a page has to be found missing
_TIMEOUT_S = 15.0


async def read(key: Key, shown: Shown, ask: Ask, http: Http) -> AsyncIterator[Batch]:
    """Ask for the pages of what is missing, a few in a turn, and yield what is gone.

    ``key`` is the cursor's that keeps ``shown``.
    """
    now = ask.now.timestamp()
    asked = [one for one in shown.entries if _is_due(one, now)][:AT_ONCE]
    gone = []
    for one in asked:
        status = await status_of(one.link or one.uri, http)
        if status is None:  # its host does not answer: another time
            continue
        if status == 410 or (status == 404 and one.missing > 0):
            gone.append(Removal(ref=one.uri))
        one.missing = int(now) if status == 404 and one.missing == Missing.NOTICED else Missing.SETTLED
    if asked:
        yield Batch(heard=gone, cursors={key: shown.cursor()})


async def recall(refs: Sequence[str], own: str, http: Http) -> list[Removal]:
    """Those of ``refs`` whose page says that it is gone for good; ``own`` is the feed's own address.

    A name made of the feed's address is no page: that a feed ends deletes nothing. Pages of other
    sites, to which entries merely point, are not ours to ask for again and again.
    """
    pages = [ref for ref in refs if "#" not in ref and ref != own and web_address(ref) and _site(ref) == _site(own)]
    return [Removal(ref=ref) for ref in pages if await status_of(ref, http) == 410]


async def status_of(page: str, http: Http) -> int | None:
    """200, 404 or 410 as the page answers; None where it answers nothing of use."""
    if web_address(page) is None:
        return 200  # nothing to go by: it stays
    try:
        answer = await http.get(page, limit_bytes=4 * MEGABYTE, timeout_s=_TIMEOUT_S, accept=(200, 404, 410))
    except SourceUnavailable:
        return None
    return answer.status


def _site(address: str) -> str:
    """The last two names of its host: news.example.org and feeds.example.org are of one house."""
    return ".".join((urlsplit(address).hostname or "").split(".")[-2:])


def _is_due(one: Known, now: float) -> bool:
    return one.missing == Missing.NOTICED or (one.missing > 0 and now - one.missing >= AGAIN_S)
