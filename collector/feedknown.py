"""Entries that were taken before and say the same: left out before anybody looks at them again; runs in the worker.

A feed that has changed has mostly changed in one entry, or in the date of its printing. What
is remembered of an entry is a short digest of everything that was read of it, packed one
after the other into the source's cursor.
"""

import hashlib
from collections import Counter
from dataclasses import fields

from collector.feed import ENTRIES
from collector.feedrough import Rough, RoughFeed

SIZE = 6  # bytes of a digest: among 2,000 entries one in 10^11 is mistaken for another
READING = 1  # raise it when entries are read differently: all are looked at anew

_OF_FEED = [field.name for field in fields(RoughFeed) if field.name not in ("entries", "flaw", "withdrawn")]
_OF_ENTRY = [field.name for field in fields(Rough) if field.name != "digest"]


def unknown(rough: RoughFeed, url: str, known: bytes) -> tuple[list[Rough], bytes]:
    """The entries that are not among ``known``, and the digests of all.

    Entries that share an id are judged side by side, and so stay together.
    """
    told = repr([READING, url, *(getattr(rough, name) for name in _OF_FEED)])
    before = {known[at : at + SIZE] for at in range(0, len(known), SIZE)}
    shared = Counter(entry.id for entry in rough.entries)
    left: list[Rough] = []
    digests: list[bytes] = []
    for entry in rough.entries:
        said = repr([getattr(entry, name) for name in _OF_ENTRY])
        digest = hashlib.blake2b((told + said).encode("utf-8", "replace"), digest_size=SIZE).digest()
        digests.append(digest)
        entry.digest = digest
        if digest not in before or (entry.id and shared[entry.id] > 1):
            left.append(entry)
    return left, b"".join(digests[:ENTRIES])
