"""A page of the timeline as the dashboard reads it, against the same rows by the bare SQLite driver.

Bar: at most 3 times the bare driver (median of the same number of reads, in turns).
"""

import asyncio
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench import posts
from storage import events, intake, items, schema, sources
from storage.store import Store
from storage.writing import Writing
from timeline.item import Place

POSTS = 100_000
READS = 400
LIMIT = 50

_RAW = """
SELECT i.*, p.*, a.* FROM items i JOIN posts p ON p.id = i.post_id JOIN authors a ON a.id = p.author_id
WHERE i.event_id = ? AND i.state = 'shown' AND (i.published_at, i.id) < (?, ?)
ORDER BY i.published_at DESC, i.id DESC LIMIT ?
"""


async def main(count: int = POSTS) -> None:
    """Fill a database, then read pages from random places both ways."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.db"
        schema.upgrade(f"sqlite:///{file}")
        store = await Store.open(f"sqlite:///{file}")
        event_id = await _fill(store, count)
        raw = sqlite3.connect(file)
        raw_s, ours_s = [], []
        dice = random.Random(4)
        for _ in range(READS):
            place = Place(published_at=posts.START + timedelta(seconds=dice.randrange(LIMIT, count)), id=1 << 60)
            began = time.perf_counter()
            _raw_page(raw, event_id, place)
            between = time.perf_counter()
            page = await store.read(items.page, event_id, before=place, limit=LIMIT)
            ours_s.append(time.perf_counter() - between)
            raw_s.append(between - began)
            if len(page.items) != LIMIT:
                raise SystemExit("a page came short: the benchmark measures nothing")
        raw.close()
        await store.close()
    floor, ours = statistics.median(raw_s) * 1e3, statistics.median(ours_s) * 1e3
    print(f"page of {LIMIT} among {count:,} posts: {ours:.2f} ms, bare driver {floor:.2f} ms, ratio {ours / floor:.2f}")


def _raw_page(raw: sqlite3.Connection, event_id: int, place: Place) -> None:
    micros = int(place.published_at.timestamp() * 1_000_000)
    rows = raw.execute(_RAW, (event_id, micros, place.id, LIMIT + 1)).fetchall()
    ids = [row[1] for row in rows]
    marks = ",".join("?" * len(ids))
    raw.execute(f"SELECT * FROM media WHERE post_id IN ({marks}) ORDER BY post_id, position", ids).fetchall()
    raw.execute("SELECT seq FROM events WHERE id = ?", (event_id,)).fetchone()


async def _fill(store: Store, count: int) -> int:
    event = await store.write(events.save, posts.event(), origin="command", at=posts.START)
    await store.write(sources.sync, event.id, [posts.source()], origin="command", at=posts.START)
    source_id = (await store.read(sources.of_event, event.id))[0].source.id
    batch = []
    for sighting in posts.sightings(count):
        batch.append(sighting)
        if len(batch) == 500:
            await store.write(_take, batch, source_id)
            batch = []
    return event.id


def _take(writing: Writing, batch: list[posts.Sighting], source_id: int) -> None:
    intake.accept(
        writing,
        batch,
        source_ids=[source_id],
        networks=posts.NETWORKS,
        backfill=True,
        at=batch[-1].post.published_at or posts.START,
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else POSTS))
