"""Draw every page as people see it: ``python -m bench.shots [FOLDER [PICTURES]]``.

A service of its own plays the recorded conference, with an event to come and one that is over beside it; then a real
browser visits every page at four widths, light and dark. ``FOLDER/index.html`` shows them all, each beside the picture
of ``PICTURES`` whose name begins like it, where there are any.
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright
from sqlalchemy import select, update

from storage import indexing
from storage.store import Store
from storage.tables import events, items, posts
from storage.writing import Writing
from tests.browser.conftest import SWITCHES, chromium
from tests.service import Service

POSTS = 480  # of the recording's 526
PATIENCE_S = 120.0
HIGHLIGHTED = 6
PLAYED, STILL = 20_000, 0.01
DATABASE = "backchannel.db"
SIZES = {"phone": (390, 844), "tablet": (768, 1024), "desktop": (1440, 900), "wide": (1920, 1080)}
WALLS = {"hall": (1920, 1080), "4k": (3840, 2160), "portrait": (1080, 1920)}
SCHEMES = ("light", "dark")

_CONFIGURATION = """
[site]
title = "Society live events"
contact = "comms@society.example"
links = {{ "Legal" = "https://society.example/legal" }}

[[event]]
slug = "harbour26"
title = "Harbour Towns 2026"
timezone = "Europe/London"
hashtags = ["harbour26"]

[[event.source]]
kind = "replay"
speed = {speed}

[[event]]
slug = "winter26"
title = "Winter school"
timezone = "Europe/London"
starts = {coming}
ends = {coming}
hashtags = ["winter26"]
venue = "Assembly Rooms, Calderby"

[[event.source]]
kind = "feed"
url = "https://society.example/news.rss"

[[event]]
slug = "quiet26"
title = "A meeting nobody has spoken of yet"
hashtags = ["quiet26"]

[[event]]
slug = "spring26"
title = "Spring meeting"
starts = {past}
ends = {past}
hashtags = ["spring26"]
"""


@dataclass(frozen=True, slots=True)
class View:
    """A page to be drawn: ``name`` is that of its files, ``target`` how the picture it is held against begins."""

    name: str
    path: str
    target: str = ""
    sizes: tuple[str, ...] = tuple(SIZES)
    whole: bool = False
    wait_for: str = "body"


VIEWS = (
    View("index", "", target="07a"),
    View("timeline", "e/harbour26", target="01", wait_for="[data-state=live]"),
    View("timeline-network", "e/harbour26?network=bluesky"),
    View("timeline-none", "e/quiet26", target="07b"),
    View("coming", "e/winter26"),
    View("past", "e/spring26"),
    View("highlights", "e/harbour26/highlights", target="06b"),
    View("search", "e/harbour26/search?q=harbour"),
    View("search-none", "e/harbour26/search?q=day:someday"),
    View("search-help", "e/harbour26/search", sizes=("phone", "desktop")),
    View("post", "p/{post}"),
    View("privacy", "about/privacy"),
    View("lost", "e/nowhere"),
    View("embed", "e/harbour26/embed", sizes=("phone", "tablet")),
    View("poster", "e/winter26/poster", sizes=("desktop",)),
    View("wall", "e/harbour26/wall", target="03", sizes=tuple(WALLS)),
    View("wall-single", "e/harbour26/wall?layout=single", sizes=tuple(WALLS)),
    View("wall-masonry", "e/harbour26/wall?layout=masonry", sizes=tuple(WALLS)),
    View("wall-none", "e/quiet26/wall", sizes=("hall",)),
    View("sign-in", "desk/sign-in", sizes=("phone", "desktop")),
)


async def main(folder: Path, pictures: Path | None = None) -> None:
    """Play, stop the clock, serve, draw."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        _configure(home, speed=PLAYED)
        async with Service(home):
            await asyncio.to_thread(_until_said, home / DATABASE)
        post = await _prepare(home / DATABASE)
        _configure(home, speed=STILL)
        async with Service(home) as service, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
            drawn = [shot for view in VIEWS for shot in await _draw(browser, view, service.url, post, folder)]
            await browser.close()
    (folder / "index.html").write_text(_sheet(drawn, pictures), encoding="utf-8")
    print(f"{len(drawn)} pictures: {folder / 'index.html'}")


def _configure(home: Path, *, speed: float) -> None:
    today = datetime.now(UTC).date()
    dates = {"coming": today + timedelta(days=17), "past": today - timedelta(days=90)}
    (home / "backchannel.toml").write_text(_CONFIGURATION.format(speed=speed, **dates), encoding="utf-8")


def _until_said(database: Path) -> None:
    """Until most of the recording has been played and its pictures are kept."""
    ends = time.monotonic() + PATIENCE_S
    said = pending = 0
    with closing(sqlite3.connect(database)) as reading:
        while time.monotonic() < ends:
            [[said]] = reading.execute("SELECT count(*) FROM posts")
            [[pending]] = reading.execute("SELECT count(*) FROM media WHERE state = 'pending'")
            if said >= POSTS and not pending:
                return
            time.sleep(0.2)
    raise TimeoutError(f"{said} posts came, and {pending} pictures are still to be fetched")


async def _prepare(database: Path) -> int:
    """Give the conference back its length, up to this moment, and pick highlights; the first of them."""
    store = await Store.open(f"sqlite:///{database}")
    try:
        await store.write(_stretch, datetime.now(UTC))
        return await store.write(_pick, datetime.now(UTC))
    finally:
        await store.close()


def _stretch(writing: Writing, now: datetime) -> None:
    """Played fast, three days are a few seconds."""
    said = writing.execute(select(items.c.id, items.c.post_id, items.c.event_id, items.c.published_at)).all()
    last = max(row.published_at for row in said)
    for row in said:
        at = {"published_at": now - (last - row.published_at) * PLAYED}
        writing.execute(update(items).where(items.c.id == row.id).values(**at, first_seen_at=at["published_at"]))
        writing.execute(update(posts).where(posts.c.id == row.post_id).values(**at))
    began = now.replace(hour=8, minute=0) - timedelta(days=2)
    indexing.rebuild(writing.connection)  # its rows are numbered by time
    held = {"starts_at": began, "ends_at": began + timedelta(days=3), "collect_from": began - timedelta(days=14)}
    writing.execute(update(events).where(events.c.id == said[0].event_id).values(**held))


def _pick(writing: Writing, at: datetime) -> int:
    """What staff would have picked: the most boosted posts of some length; the first is given back."""
    query = (
        select(items.c.id, items.c.event_id, posts.c.text)
        .join_from(items, posts)
        .where(posts.c.text.like("%. %"), items.c.state == "shown")
        .order_by(posts.c.boosts.desc())
        .limit(HIGHLIGHTED)
    )
    chosen = writing.execute(query).all()
    for row in chosen:
        picked = {"highlighted_at": at, "phrase": row.text.split(". ")[0], "checked": True}
        writing.execute(update(items).where(items.c.id == row.id).values(**picked))
        writing.record("item.changed", row.event_id, row.id, at)
    first: int = chosen[0].id
    return first


async def _draw(browser: Browser, view: View, url: str, post: int, folder: Path) -> list[tuple[View, Path]]:
    drawn = []
    for size in view.sizes:
        width, height = (SIZES | WALLS)[size]
        for scheme in SCHEMES:
            page = await browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            await page.goto(f"{url}/{view.path.format(post=post)}")
            await _settle(page, view.wait_for)
            file = folder / f"{view.name}-{size}-{scheme}.png"
            await page.screenshot(path=file)
            drawn.append((view, file))
            await page.close()
    return drawn


async def _settle(page: Page, wait_for: str) -> None:
    await page.wait_for_selector(wait_for)
    await page.evaluate("document.fonts.ready")
    await page.wait_for_timeout(500)


def _sheet(drawn: Sequence[tuple[View, Path]], pictures: Path | None) -> str:
    """A page with all of them."""
    targets = sorted(pictures.glob("*.png")) if pictures else []
    parts = ["<!doctype html><meta charset=utf-8><title>Every page</title><style>img{max-width:48%;margin:4px}</style>"]
    for view, file in drawn:
        beside = [one for one in targets if view.target and one.name.startswith(view.target)]
        parts.append(f"<h2>{escape(file.stem)}</h2><img src='{escape(file.name)}' loading=lazy>")
        parts += [f"<img src='{one.resolve().as_uri()}' loading=lazy>" for one in beside]
    return "\n".join(parts)


if __name__ == "__main__":
    given = [Path(word) for word in sys.argv[1:]]
    asyncio.run(main(*(given or [Path("shots")])))
