"""What posts quote and answer, fetched by public reads so that a card can show it or name its author.

What those posts quote or answer in turn is left alone.
"""

import asyncio
from collections.abc import Sequence
from itertools import islice

from collector.adapter import Quoting
from collector.backoff import Backoff
from collector.http import Http
from collector.ledger import Ledger
from collector.lookups import Lookups
from timeline.errors import SourceUnavailable

LOOK_AHEAD = 200
TRIES = 3  # of a post that the network does not tell of; a restart gives as many again
REMEMBERED = 10_000


class Quotations(Lookups):
    """One network's quoted and answered posts."""

    what = "quoted posts"

    def __init__(
        self,
        ledger: Ledger,
        http: Http,
        adapter: Quoting,
        *,
        look_again_s: float = 60.0,
        pace_s: float = 1.0,
        first_s: float = 5.0,
        most_s: float = 300.0,
    ) -> None:
        """What is not found is asked for again after ``most_s``; every batch that comes wakes us, hence ``pace_s``."""
        backoff = Backoff(first_s=first_s, most_s=most_s)
        super().__init__(adapter, look_again_s=look_again_s, pace_s=pace_s, backoff=backoff)
        self._ledger = ledger
        self._http = http
        self._adapter = adapter
        self._tried: dict[str, tuple[int, float]] = {}  # how often, and not again before

    async def _ask(self) -> bool:
        now = asyncio.get_running_loop().time()
        wanted = await self._ledger.quoted(self._adapter.INFO.key, limit=LOOK_AHEAD)
        uris = list(islice((uri for uri in wanted if self._may_try(uri, now)), self._adapter.RECALLED))
        if not uris:
            return False
        source = self._sources[0]
        try:
            heard = await self._adapter.recall(uris, source, self._http)
            await self._ledger.keep_quoted(heard, source_id=source.id)
        except SourceUnavailable:
            raise
        except Exception:
            self._note(uris, now)  # these must not stand in the way of all the others
            raise
        self._note(uris, now)
        return True

    def _note(self, uris: Sequence[str], now: float) -> None:
        for uri in uris:
            tries, _ = self._tried.pop(uri, (0, 0.0))
            self._tried[uri] = (tries + 1, now + self._backoff.most_s)
        while len(self._tried) > REMEMBERED:
            del self._tried[next(iter(self._tried))]

    def _may_try(self, uri: str, now: float) -> bool:
        tries, not_before = self._tried.get(uri, (0, now))
        return tries < TRIES and not_before <= now
