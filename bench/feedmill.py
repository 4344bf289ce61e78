"""Feeds of an invented press: mixed formats and sizes, some ill-formed, each body different from the one before."""

import html
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
MEDIAN_BYTES, SPREAD = 90_000, 1.2  # log-normal: half a megabyte and more for one in ten, some 180 KB on average
MOST_BYTES = 2_000_000
ILL_FORMED = 0.12
FORMATS = (("rss", 0.55), ("atom", 0.33), ("rdf", 0.06), ("json", 0.06))

_WORDS = [
    "harbour",
    "keynote",
    "badge",
    "signal",
    "corridor",
    "lantern",
    "meadow",
    "archive",
    "panel",
    "stream",
    "council",
    "weather",
    "kettle",
    "orchard",
    "ledger",
    "compass",
    "bridge",
    "evening",
    "question",
    "workshop",
    "Größe",
    "naïve",
    "façade",
    "会議",
    "session",
    "organiser",
    "volunteer",
    "speaker",
    "slides",
    "delay",
]


@dataclass(slots=True)
class Press:
    """One feed; ``body`` prints it anew."""

    number: int
    format: str
    ill_formed: bool
    chance: random.Random
    stories: list[tuple[int, datetime, int, str]] = field(default_factory=list)
    """Number, date, edition and content of each, the newest first."""
    printed: int = 0

    @property
    def content_type(self) -> str:
        return "application/feed+json" if self.format == "json" else "application/xml"

    def turn(self, *, news: bool, edit: bool) -> None:
        """Go on: the feed keeps its length."""
        if news:
            last, at, _, _ = self.stories[0]
            self.stories.insert(
                0, (last + 1, at + timedelta(minutes=5), 0, _story(self.chance, len(self.stories[-1][3])))
            )
            self.stories.pop()
        if edit:
            at = self.chance.randrange(len(self.stories))
            number, date, edition, said = self.stories[at]
            self.stories[at] = (number, date, edition + 1, f"<p>Corrected {edition + 1} times.</p>{said}")

    def body(self) -> bytes:
        self.printed += 1
        text = {"rss": self._rss, "atom": self._atom, "rdf": self._rdf, "json": self._json}[self.format]()
        return _spoilt(text).encode() if self.ill_formed else text.encode()

    def _built(self) -> datetime:
        return START + timedelta(seconds=self.printed)

    def _rss(self) -> str:
        entries = "".join(
            f"<item><title>{_title(number)}</title><link>https://press{self.number}.example/{number}</link>"
            f'<guid isPermaLink="false">press{self.number}-{number}</guid><pubDate>{format_datetime(at)}</pubDate>'
            f"<dc:creator><![CDATA[Ada {number % 7}]]></dc:creator><category>News</category>"
            f"<description>{html.escape(said[:300])}</description>"
            f"<content:encoded><![CDATA[{said}]]></content:encoded></item>\n"
            for number, at, _, said in self.stories
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<channel><title>Press {self.number}</title><link>https://press{self.number}.example/</link>"
            f"<lastBuildDate>{format_datetime(self._built())}</lastBuildDate>\n{entries}</channel></rss>"
        )

    def _atom(self) -> str:
        entries = "".join(
            f"<entry><title>{_title(number)}</title><id>tag:press{self.number}.example,2026:{number}</id>"
            f'<link rel="alternate" href="https://press{self.number}.example/{number}"/>'
            f"<published>{at.isoformat()}</published><updated>{(at + timedelta(minutes=edition)).isoformat()}</updated>"
            f'<author><name>Ada {number % 7}</name></author><content type="html">{html.escape(said)}</content>'
            "</entry>\n"
            for number, at, edition, said in self.stories
        )
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
            f"<title>Press {self.number}</title><id>tag:press{self.number}.example,2026:feed</id>"
            f"<updated>{self._built().isoformat()}</updated>\n{entries}</feed>"
        )

    def _rdf(self) -> str:
        entries = "".join(
            f'<item rdf:about="https://press{self.number}.example/{number}"><title>{_title(number)}</title>'
            f"<link>https://press{self.number}.example/{number}</link><dc:date>{at.isoformat()}</dc:date>"
            f"<description>{html.escape(said)}</description></item>\n"
            for number, at, _, said in self.stories
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF xmlns="http://purl.org/rss/1.0/" '
            'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f'<channel rdf:about="https://press{self.number}.example/"><title>Press {self.number}</title>'
            f"<link>https://press{self.number}.example/</link><dc:date>{self._built().isoformat()}</dc:date></channel>"
            f"\n{entries}</rdf:RDF>"
        )

    def _json(self) -> str:
        entries = [
            {
                "id": f"https://press{self.number}.example/{number}", "url": f"https://press{self.number}.example/{number}",
                "title": f"Story {number}", "content_html": said, "date_published": at.isoformat(),
            }
            for number, at, _, said in self.stories
        ]  # fmt: skip
        told = {"version": "https://jsonfeed.org/version/1.1", "title": f"Press {self.number}", "items": entries}
        return json.dumps({**told, "_built": self._built().isoformat()}, ensure_ascii=False)


def presses(count: int, *, seed: int = 26) -> list[Press]:
    """``count`` feeds, always the same ones."""
    chance = random.Random(seed)
    names, weights = zip(*FORMATS, strict=True)
    made = []
    for number in range(count):
        kind = chance.choices(names, weights)[0]
        press = Press(number, kind, kind != "json" and chance.random() < ILL_FORMED, random.Random(f"{seed} {number}"))
        size = min(MOST_BYTES, chance.lognormvariate(0, SPREAD) * MEDIAN_BYTES)
        entries = chance.choice((10, 15, 20, 25, 30, 50, 100))
        press.stories = [
            (entries - n, START - timedelta(minutes=7 * n), 0, _story(press.chance, int(size / entries)))
            for n in range(entries)
        ]
        made.append(press)
    return made


def _title(number: int) -> str:
    return f"Story {number}: what the hall &amp; the river said"


def _story(chance: random.Random, size: int) -> str:
    """A text of about ``size`` characters as blogs write them."""
    parts: list[str] = []
    length = 0
    while length < max(size, 80):
        words = " ".join(chance.choices(_WORDS, k=20))
        kind = chance.random()
        if kind < 0.15:
            part = (
                f'<p><img src="/media/{chance.randrange(9_999)}.jpg" width="800" height="600" alt="{words[:40]}"></p>'
            )
        elif kind < 0.4:
            part = f'<p>{words} <a href="https://elsewhere.example/{chance.randrange(9_999)}">{words[:20]}</a></p>'
        elif kind < 0.5:
            part = f"<ul><li>{words[:60]}</li><li><strong>{words[:30]}</strong></li></ul>"
        else:
            part = f'<p class="wp-block" style="margin: 0"><span>{words}</span> &amp; <em>{words[:30]}</em><br /></p>'
        parts.append(part)
        length += len(part)
    return "".join(parts)


def _spoilt(text: str) -> str:
    """What one feed in eight does: bare ampersands, an entity XML does not know, a tag that is never closed."""
    return text.replace("the hall &amp; the river", "the caf&eacute; & the river<br>")
