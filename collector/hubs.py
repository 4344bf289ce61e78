"""Which hub a feed is subscribed at, and how far it is trusted: https://www.w3.org/TR/websub/.

A hub only ever makes us quicker. One that pushes lets the polls become seldom; one that
agrees and then keeps silent while the polls find news is given up for a day, for the next
one that the feed names or for none.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from collector.feed import Following
from collector.ledger import Hub, Subscription

MISSED = 3  # times in a row that a poll was first: a hub under load may be late, once
GIVEN_UP_S = 86_400.0
LATE_S = 60.0  # what is younger may still be on its way
NOBODY = Hub(url="", topic="")


def named(header: Following, document: Following, url: str) -> Following:
    """Hubs and topic: by the server's word, else the document's; a feed that does not name itself is its address."""
    chosen = header if header.hubs else document
    return Following(hubs=chosen.hubs, topic=chosen.topic or document.topic or header.topic or url)


def missed(
    before: int,
    subscription: Subscription | None,
    published: Iterable[datetime | None],
    *,
    read_at: float,
    now: datetime,
) -> int:
    """How many polls in a row have found news that the hub should have pushed.

    ``published`` are the dates of what this poll found, ``read_at`` is when the last one was.
    """
    if subscription is None or subscription.since is None:
        return 0
    heard_at = subscription.heard_at.timestamp() if subscription.heard_at else 0.0
    if heard_at > read_at:
        return 0
    begun = max(read_at, subscription.since.timestamp())
    ended = now.timestamp() - LATE_S
    return before + any(at is not None and begun < at.timestamp() < ended for at in published)


def wanted(hubs: Iterable[str], topic: str, given_up: Mapping[str, float], now: datetime) -> Hub:
    """The first of ``hubs`` that is not given up; NOBODY where there is none."""
    for url in hubs:
        if given_up.get(url, 0.0) <= now.timestamp():
            return Hub(url=url, topic=topic)
    return NOBODY


def proves_itself(subscription: Subscription | None, missed: int) -> bool:
    """Whether the hub has pushed since it agreed, and nothing was missed since."""
    return (
        subscription is not None
        and subscription.since is not None
        and subscription.heard_at is not None
        and subscription.heard_at >= subscription.since
        and missed == 0
    )
