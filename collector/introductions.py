"""Who the authors are: networks that name them apart from their posts are asked, many at a time."""

import asyncio
from itertools import islice

from collector.adapter import Introducing
from collector.backoff import Backoff
from collector.http import Http
from collector.ledger import Ledger
from collector.lookups import Lookups

TOGETHER = 25  # the most that Bluesky's getProfiles takes
LOOK_AHEAD = 500


class Introductions(Lookups):
    """One network's authors."""

    what = "authors"

    def __init__(
        self,
        ledger: Ledger,
        http: Http,
        adapter: Introducing,
        *,
        look_again_s: float = 60.0,
        first_s: float = 1.0,
        most_s: float = 300.0,
    ) -> None:
        """Who is not found is asked for again after ``most_s``."""
        backoff = Backoff(first_s=first_s, most_s=most_s)
        super().__init__(adapter, look_again_s=look_again_s, pace_s=0.0, backoff=backoff)
        self._ledger = ledger
        self._http = http
        self._adapter = adapter
        self._not_before: dict[str, float] = {}

    async def _ask(self) -> bool:
        now = asyncio.get_running_loop().time()
        self._not_before = {uri: at for uri, at in self._not_before.items() if at > now}
        unknown = await self._ledger.unknown_authors(self._adapter.INFO.key, limit=LOOK_AHEAD)
        wanted = list(islice((uri for uri in unknown if uri not in self._not_before), TOGETHER))
        if not wanted:
            return False
        updates = await self._adapter.profiles(wanted, self._sources, self._http)
        found = {update.author.uri for update in updates}
        self._not_before |= {uri: now + self._backoff.most_s for uri in wanted if uri not in found}
        await self._ledger.accept(updates, source_ids=[source.id for source in self._sources])
        return True
