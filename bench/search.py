"""Search among a million posts, through the whole way of the page, against ``LIKE`` over twenty thousand of them.

The posts are written straight into the tables; the index is made as after an upgrade. Bar: no query takes longer, at
its 95th percentile, than looking at a fiftieth of the posts one by one, beginnings of the commonest words apart.
"""

import asyncio
import itertools
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import posts
from storage import events, indexing, items, schema, search
from storage.store import Store
from timeline.event import Event
from timeline.item import Place
from timeline.query import network_names, parse
from timeline.view import Filter

POSTS = 1_000_000
SCANNED = 20_000
READS = 30
LIMIT = 20
AUTHORS = 2_000
_VOCABULARY = 50_000
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NAMES = network_names(posts.NETWORKS.values())

# What each stands for: a word in ten posts, one in 30 of 100, both, a beginning, somebody, nothing, …
QUERIES = {
    "a rare word": "rareword ",
    "a common word": "common ",
    "a common word, page by page": "common ",
    "a rare and a common word": "rareword common ",
    "an exact phrase": '"common {0}" ',
    "a beginning of two letters": "co",
    "a beginning of three letters": "com",
    "a beginning of a common word": "commo",
    "somebody's posts": "from:person7 ",
    "pictures with a word": "has:media common ",
    "a word on one day": "day:22 common ",
    "everything without a word": "-common",
    "nothing": "nothingatall ",
}
_LIKE = """
SELECT i.id FROM items i JOIN posts p ON p.id = i.post_id WHERE i.event_id = ? AND i.state = 'shown'
AND i.id <= ? AND p.text LIKE '%' || ? || '%' ORDER BY i.published_at DESC, i.id DESC LIMIT ?
"""


async def main(count: int = POSTS) -> None:
    """Fill a database, then ask."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.db"
        schema.upgrade(f"sqlite:///{file}")
        store = await Store.open(f"sqlite:///{file}")
        event = await store.write(events.save, posts.event(), origin="command", at=posts.START)
        _fill(file, event.id, count)
        before, began = file.stat().st_size, time.perf_counter()
        await store.write(lambda writing: indexing.rebuild(writing.connection))
        made_s = time.perf_counter() - began
        size = (file.stat().st_size - before) / count
        print(f"index of {count:,} posts: made in {made_s:.0f} s, {size:,.0f} bytes a post")
        floor = statistics.median(_scan(file, event.id, min(SCANNED, count)))
        print(f"LIKE over {min(SCANNED, count):,} posts: p50 {floor * 1e3:.1f} ms")
        for name, query in QUERIES.items():
            took = sorted([one async for one in _ask(store, event, query.format(_word(0)), "by page" in name, count)])
            p50, p95 = statistics.median(took), took[int(len(took) * 0.95)]
            print(f"{name}: p50 {p50 * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms, ratio {p95 / floor:.2f}")
        await store.close()


async def _ask(store: Store, event: Event, text: str, leafing: bool, count: int) -> Any:
    """The page of what is found, and the number of it, as the page asks; leafing begins anywhere."""
    where = Filter(query=parse(text, event=event, networks=_NAMES, now=posts.START))
    dice = random.Random(7)
    for _ in range(READS):
        at = posts.START + timedelta(seconds=dice.randrange(count)) if leafing else None
        began = time.perf_counter()
        await store.read(
            items.page, event.id, limit=LIMIT, where=where, before=Place(published_at=at, id=1) if at else None
        )
        await store.read(search.count, event.id, where)
        yield time.perf_counter() - began


def _scan(file: Path, event_id: int, count: int) -> Iterator[float]:
    with closing(sqlite3.connect(file)) as raw:
        for _ in range(READS):
            began = time.perf_counter()
            raw.execute(_LIKE, (event_id, count, "rareword", LIMIT)).fetchall()
            yield time.perf_counter() - began


def _fill(file: Path, event_id: int, count: int) -> None:
    """Posts of 170 characters, a second apart; words as unevenly spread as people's are."""
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute("BEGIN")
        _insert(raw, "authors", ({
            "id": n, "network": "mastodon", "uri": f"https://bench.example/{n}", "name": f"Person{n} Brand",
            "handle": f"@person{n}@bench.example", "known": 1, "organisation": 0, "profile_at": 0,
        } for n in range(1, AUTHORS + 1)))  # fmt: skip
        _insert(raw, "posts", _posts(count))
        _insert(raw, "items", ({
            "id": n, "event_id": event_id, "post_id": n, "network": "mastodon", "state": "shown", "checked": 1,
            "late": 0, "first_seen_at": 0, "shown_at": 0, "published_at": _micros(n), "seq": 0,
        } for n in range(1, count + 1)))  # fmt: skip
        _insert(raw, "media", ({
            "id": n, "key": f"k{n}", "post_id": n, "role": "post", "position": 0, "kind": "image", "alt": "The quay",
            "state": "failed", "attempts": 0, "wanted_at": 0,
        } for n in range(1, count + 1, 5)))  # fmt: skip
        raw.execute("COMMIT")
        raw.execute("ANALYZE")


def _posts(count: int) -> Iterator[dict[str, Any]]:
    dice = random.Random(4)
    vocabulary = [_word(n) for n in range(_VOCABULARY)]
    weights = list(itertools.accumulate(1 / (n + 1) for n in range(_VOCABULARY)))
    for n in range(1, count + 1):
        said = dice.choices(vocabulary, cum_weights=weights, k=24)
        if dice.random() < 0.3:
            said.insert(dice.randrange(24), "common")
        if n % (count // 10) == 7:
            said.append("rareword")
        words = " ".join(said)
        yield {
            "id": n, "network": "mastodon", "uri": f"https://bench.example/posts/{n}", "author_id": n % AUTHORS + 1,
            "published_at": _micros(n), "html": f"<p>{words}</p>", "text": words, "hashtags": '["bench"]',
            "sensitive": 0, "replies": 0, "boosts": 0, "likes": 0,
        }  # fmt: skip


def _word(number: int) -> str:
    """The word of this number, always the same one."""
    dice = random.Random(number)
    return "".join(dice.choices(_LETTERS, k=dice.randint(2, 9)))


def _micros(second: int) -> int:
    return int((posts.START + timedelta(seconds=second)).timestamp()) * 1_000_000


def _insert(raw: sqlite3.Connection, table: str, rows: Iterator[dict[str, Any]]) -> None:
    while some := list(itertools.islice(rows, 10_000)):
        columns: Sequence[str] = list(some[0])
        values = ", ".join(f":{name}" for name in columns)
        raw.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})", some)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else POSTS))
