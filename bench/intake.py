"""Taking posts in, against the same rows written by the bare SQLite driver in commits of the same size.

Ours also cleans HTML, judges, looks for earlier sightings and numbers every change.
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from bench import posts
from storage import events, intake, schema, sources
from storage.store import Store

POSTS = 5_000
BATCH = 100


async def main(count: int = POSTS) -> None:
    """Take the same posts in twice by our way in (the second time all are repeats), once by the driver."""
    offered = list(posts.sightings(count))
    batches = [offered[start : start + BATCH] for start in range(0, count, BATCH)]
    with tempfile.TemporaryDirectory() as folder:
        ours_s, repeats_s = await _ours(Path(folder) / "ours.db", batches)
        raw_s = _raw(Path(folder) / "raw.db", batches)
    print(f"intake, batches of {BATCH}: {count / ours_s:,.0f} posts/s new, {count / repeats_s:,.0f} posts/s repeats")
    print(f"intake, bare driver: {count / raw_s:,.0f} posts/s, ratio {ours_s / raw_s:.1f}")


async def _ours(file: Path, batches: list[list[posts.Sighting]]) -> tuple[float, float]:
    schema.upgrade(f"sqlite:///{file}")
    store = await Store.open(f"sqlite:///{file}")
    event = await store.write(events.save, posts.event(), origin="command", at=posts.START)
    await store.write(sources.sync, event.id, [posts.source()], origin="command", at=posts.START)
    source_id = (await store.read(sources.of_event, event.id))[0].source.id
    took = []
    for _ in range(2):
        began = time.perf_counter()
        for batch in batches:
            await store.write(
                intake.accept,
                batch,
                source_ids=[source_id],
                networks=posts.NETWORKS,
                backfill=True,
                at=batch[-1].post.published_at or posts.START,
            )
        took.append(time.perf_counter() - began)
    await store.close()
    return took[0], took[1]


def _raw(file: Path, batches: list[list[posts.Sighting]]) -> float:
    """The rows that one post makes (post, item, sighting, change, picture), each statement prepared once."""
    schema.upgrade(f"sqlite:///{file}")
    raw = sqlite3.connect(file, isolation_level=None)
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("PRAGMA secure_delete=ON")
    raw.execute("PRAGMA foreign_keys=OFF")
    began = time.perf_counter()
    number = 0
    for batch in batches:
        raw.execute("BEGIN IMMEDIATE")
        for sighting in batch:
            number += 1
            post = sighting.post
            micros = int((post.published_at or posts.START).timestamp() * 1_000_000)
            raw.execute(
                "INSERT INTO posts (id, network, uri, url, author_id, published_at, html, text, sensitive, replies,"
                " boosts, likes) VALUES (?, ?, ?, ?, 1, ?, ?, ?, 0, 0, 0, 0)",
                (number, post.network, post.uri, post.url, micros, post.html, post.html),
            )
            raw.execute(
                "INSERT INTO items (id, event_id, post_id, network, state, checked, late, first_seen_at, published_at,"
                " seq) VALUES (?, 1, ?, ?, 'shown', 0, 0, ?, ?, ?)",
                (number, number, post.network, micros, micros, number),
            )
            raw.execute("INSERT INTO sightings VALUES (1, ?, ?, 0)", (sighting.ref, number))
            raw.execute("INSERT INTO changes VALUES (1, ?, 'item.added', ?, ?)", (number, number, micros))
            for picture in post.media:
                raw.execute(
                    "INSERT INTO media (key, post_id, role, position, kind, source_url, alt, state, attempts,"
                    " wanted_at) VALUES (?, ?, 'post', 0, 'image', ?, ?, 'pending', 0, ?)",
                    (str(number), number, picture.source_url, picture.alt, micros),
                )
        raw.execute("COMMIT")
    took = time.perf_counter() - began
    raw.close()
    return took


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else POSTS))
