"""Followed accounts: who the handles in a configuration are. A DID never changes hands, a handle may."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from weakref import WeakKeyDictionary

from collector import bluesky_appview
from collector import bluesky_source as of
from collector.http import Http
from collector.ledger import Key
from timeline.errors import SourceUnavailable
from timeline.network import Source
from timeline.post import Cursor

PATIENCE_S = 5.0  # hashtags do not wait for accounts any longer; who is unknown by then is known to a later poll

_books: WeakKeyDictionary[Http, dict[tuple[str, str], str]] = WeakKeyDictionary()


def name_of(account: str) -> str:
    """An account as Bluesky knows it: ``@Ada.example`` is ``ada.example``, a DID is itself."""
    name = account.strip().removeprefix("@")
    return name if name.startswith("did:") else name.lower()


def did_of(account: str, source: Source, http: Http) -> str | None:
    """Who this is, as far as anybody has found out."""
    name = name_of(account)
    return name if name.startswith("did:") else _books.get(http, {}).get((of.appview(source), name))


def note(account: str, source: Source, http: Http, did: str) -> None:
    _books.setdefault(http, {})[of.appview(source), name_of(account)] = did


async def find(account: str, source: Source, http: Http, *, anew: bool = False) -> str:
    """Who this is, asking where nobody has found out yet, or once more. Raises SourceUnavailable."""
    did = None if anew else did_of(account, source, http)
    if did is None or (anew and not did.startswith("did:")):
        name = name_of(account)
        did = name if name.startswith("did:") else await bluesky_appview.resolve(http, of.appview(source), name)
        note(account, source, http, did)
    return did


class Followed:
    """The accounts that a line's sources follow, by DID; grows as a poll finds out who the others are."""

    def __init__(self, sources: Sequence[Source], http: Http) -> None:
        self._sources = sources
        self._http = http
        self._unknown = [(account, source) for source in sources for account in source.accounts]
        self._handles: dict[str, str] = {}

    @classmethod
    async def of(cls, sources: Sequence[Source], cursors: Mapping[Key, Cursor], http: Http) -> "Followed":
        """Known from their cursors or asked for, within a few seconds."""
        for source in sources:
            for account in source.accounts:
                if (did := (cursors.get((source.id, account)) or {}).get("did")) and not did_of(account, source, http):
                    note(account, source, http, did)
        followed = cls(sources, http)
        if asked := [(account, source) for account, source in followed._unknown if not did_of(account, source, http)]:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    for account, source in asked:
                        with suppress(SourceUnavailable):  # the poll says so
                            await find(account, source, http)
        return followed

    def handles(self) -> Mapping[str, str]:
        """Handles by DID; '' where the configuration itself names a DID."""
        if self._unknown:
            still = []
            for account, source in self._unknown:
                if did := did_of(account, source, self._http):
                    name = name_of(account)
                    self._handles[did] = "" if name == did else f"@{name}"
                else:
                    still.append((account, source))
            self._unknown = still
        return self._handles
