"""How pages write times, numbers and other people's words."""

import re
import zlib
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from html import escape, unescape
from urllib.parse import urlsplit

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal
from markupsafe import Markup

from dashboard import languages
from dashboard.languages import Language, gettext, later, ngettext, pgettext
from timeline.event import Event
from timeline.item import Item
from timeline.link import web_address
from timeline.post import Author, Post
from timeline.text import fold_hashtag, is_language

FOLDED = 700  # characters; longer posts show their beginning and a way to the rest
_TOKEN = re.compile(r"(<[^>]*>)")
_TAG_LINK = re.compile(r"<a\b([^>]*)>((?:(?!</a>).)*)</a>", re.DOTALL)
_PLAIN_TAG = re.compile(r"(?<![\w&/])[#＃](\w*[^\W\d_]\w*)")
_BLUESKY_POST = re.compile(r"at://(did:[a-z]+:[\w.:%-]+)/app\.bsky\.feed\.post/([\w.~:-]+)", re.ASCII)
_READING_WPM = 220
_MORNING = time(6)
COUNTED = (
    later("%(num)s post", "%(num)s posts"),
    later("%(num)s comment", "%(num)s comments"),
    later("%(num)s vote", "%(num)s votes"),
    later("%(num)s network", "%(num)s networks"),
    later("%(num)s source", "%(num)s sources"),
    later("%(num)s second", "%(num)s seconds"),
)
"""What pages count."""


def clock(at: datetime, event: Event) -> str:
    """14:41, where the event is."""
    return f"{at.astimezone(event.zone):%H:%M}"


def day(at: datetime | date, event: Event, now: datetime | None = None) -> str:
    """Monday 12 October; the year is added outside that of ``now``, or else the event's own."""
    local = at.astimezone(event.zone) if isinstance(at, datetime) else at
    usual = (now or event.starts_at).astimezone(event.zone).year
    if local.year == usual:
        return _date(local, pgettext("date pattern", "EEEE d MMMM"))
    return _date(local, pgettext("date pattern", "EEEE d MMMM y"))


def short_day(at: date) -> str:
    """Mon 12 Oct"""
    return _date(at, pgettext("date pattern", "EEE d MMM"))


def weekday(at: date) -> str:
    """Mon 12"""
    return _date(at, pgettext("date pattern", "EEE d"))


def starts(event: Event, now: datetime) -> str:
    """Monday 12 October at 09:00; who gives a date alone begins at midnight, and no hour is told."""
    local = event.starts_at.astimezone(event.zone)
    told = day(local, event, now)
    return told if local.time() == time() else gettext("%(day)s at %(time)s", day=told, time=f"{local:%H:%M}")


def last_moment(event: Event) -> datetime:
    """The end of an event; the small hours belong to the day before."""
    end = event.ends_at.astimezone(event.zone)
    if end.time() <= _MORNING:
        end = datetime.combine(end.date(), time(), tzinfo=event.zone) - timedelta(microseconds=1)
    return max(event.starts_at, end.astimezone(UTC))


def dates(event: Event) -> str:
    """11–13 October 2009: the days of an event."""
    first, last = (at.astimezone(event.zone).date() for at in (event.starts_at, last_moment(event)))
    whole = _date(last, pgettext("date pattern", "d MMMM y"))
    if first == last:
        return whole
    if (first.year, first.month) == (last.year, last.month):
        return _date(first, pgettext("date pattern", "d")) + "–" + whole
    if first.year == last.year:
        return _date(first, pgettext("date pattern", "d MMMM")) + " – " + whole
    return _date(first, pgettext("date pattern", "d MMMM y")) + " – " + whole


def iso(at: datetime) -> str:
    """For ``<time datetime>``."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def epoch_ms(at: datetime) -> str:
    """Milliseconds since 1970, with microseconds behind the point where there are any: what cards are ordered by."""
    micros = round(at.timestamp() * 1_000_000)
    return f"{micros // 1000}.{micros % 1000:03}".rstrip("0").rstrip(".") if micros % 1000 else str(micros // 1000)


def sentence(words: str) -> str:
    """What a network or we say of a source, with a capital and a full stop."""
    words = words.strip()
    first = words.partition(" ")[0].rstrip(":.,")
    begin = words if "." in first else words[:1].upper() + words[1:]  # the name of a host stays as it is
    return begin + ("" if words.endswith((".", "?", "!")) else ".")


def grouped(number: int) -> str:
    """1,476"""
    return str(number) if -1000 < number < 1000 else str(format_decimal(number, locale=languages.spoken().locale))


def size(count: int) -> str:
    """84 KB, 1.2 MB: how much a file costs to fetch."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1_000))} KB"
    return f"{format_decimal(round(count / 1_000_000, 1), locale=languages.spoken().locale)} MB"


def counted(number: int, one: str, many: str | None = None) -> str:
    """1 post, 2 posts. Each noun stands in ``COUNTED``, where the catalogues find it."""
    return ngettext(f"%(num)s {one}", f"%(num)s {many or one + 's'}", number, num=grouped(number))


def either(words: Sequence[str]) -> str:
    """X, Mastodon or Bluesky"""
    return format_list(words, style="or", locale=languages.spoken().locale)


def ago(at: datetime, now: datetime, event: Event) -> str:
    """12 s ago, 4 min ago; after an hour at 14:31, and on another day with the day."""
    passed = max(0.0, (now - at).total_seconds())
    if passed < 90:
        return gettext("%(num)s s ago", num=f"{passed:.0f}")
    if passed < 3_600:
        return gettext("%(num)s min ago", num=f"{passed / 60:.0f}")
    return moment(at, now, event) if passed < 86_400 * 300 else day(at, event, now)


def ahead(at: datetime, now: datetime, event: Event) -> str:
    """now, in 12 s, in 4 min; beyond an hour at 14:31."""
    left = (at - now).total_seconds()
    if left <= 0:
        return gettext("now")
    if left < 90:
        return gettext("in %(num)s s", num=f"{left:.0f}")
    return gettext("in %(num)s min", num=f"{left / 60:.0f}") if left < 3_600 else moment(at, now, event)


def moment(at: datetime, now: datetime, event: Event) -> str:
    """14:31; on another day 12 October, 14:31."""
    local = at.astimezone(event.zone)
    same = local.date() == now.astimezone(event.zone).date()
    clock = f"{local:%H:%M}"
    return clock if same else _date(local, pgettext("date pattern", "d MMMM")) + ", " + clock


def until(at: datetime, now: datetime, event: Event) -> str:
    """in 17 days, as people would say it."""
    days = (at.astimezone(event.zone).date() - now.astimezone(event.zone).date()).days
    if days <= 1:
        return gettext("today") if days <= 0 else gettext("tomorrow")
    if days < 28:
        return ngettext("in %(num)s day", "in %(num)s days", days)
    if days < 90:
        return ngettext("in %(num)s week", "in %(num)s weeks", round(days / 7))
    return ngettext("in %(num)s month", "in %(num)s months", round(days / 30.4))


def opening(text: str) -> tuple[str, str]:
    """The first sentence and the rest."""
    words = " ".join(text.split())
    found = re.match(r"(.+?[.!?…])\s+(.+)", words)
    return (found[1], found[2]) if found else (words, "")


def host(url: str | None) -> str:
    """The part of an address that people know it by."""
    return (urlsplit(url or "").hostname or "").removeprefix("www.")


def quoted_address(uri: str | None) -> str | None:
    """Where people can read a quoted post, if its name tells."""
    if found := _BLUESKY_POST.fullmatch(uri or ""):
        return f"https://bsky.app/profile/{found[1]}/post/{found[2]}"
    return web_address(uri)


def language(tag: str | None) -> str:
    """A language tag that a page can carry, or nothing."""
    return tag if tag and is_language(tag) else ""


def initials(author: Author) -> str:
    """CA for Calderby Digital's tile; one letter for one name, a dot for a name without letters."""
    words = re.findall(r"[^\W\d_][\w’'-]*", author.name if author.known else "")
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper() or "·"


def tint(author: Author) -> int:
    """Which of eight grounds the author's tile has: always the same one."""
    return zlib.crc32(author.uri.encode()) % 8


def reading_minutes(post: Post) -> int:
    return round(len(post.text.split()) / _READING_WPM)


def safe_html(item: Item, event: Event) -> Markup:
    """The cleaned HTML of a post, its event's own hashtags quietened and its phrase marked."""
    own = {fold_hashtag(tag) for tag in event.hashtags}
    markup = _TAG_LINK.sub(lambda link: _quieten_link(link, own), item.post.html)
    markup = "".join(part if part.startswith("<") else _quieten_text(part, own) for part in _outside_links(markup))
    return Markup(mark_phrase(markup, item.phrase) if item.highlighted_at and item.phrase else markup)  # noqa: S704


def mark_phrase(markup: str, phrase: str) -> str:
    """``<mark>`` around ``phrase`` in cleaned HTML, even where it runs across tags; unchanged where it is not there."""
    parts = _TOKEN.split(markup)
    texts = [unescape(part) if n % 2 == 0 else "" for n, part in enumerate(parts)]
    found = re.search(r"\s+".join(map(re.escape, phrase.split())), "".join(texts))
    if found is None:
        return markup
    marked, at = [], 0
    for part, text in zip(parts, texts, strict=True):
        left, right = (min(max(edge - at, 0), len(text)) for edge in found.span())
        at += len(text)
        if left == right:
            marked.append(part)
            continue
        before, within, after = (escape(words, quote=False) for words in (text[:left], text[left:right], text[right:]))
        marked.append(f"{before}<mark>{within}</mark>{after}")
    return "".join(marked)


@lru_cache(maxsize=2_048)
def _written(day: date, pattern: str, language: Language) -> str:
    return str(format_date(day, pattern, locale=language.locale))


def _date(day: date, pattern: str) -> str:
    """By a pattern of CLDR, which each language has its own of: https://cldr.unicode.org/translation/date-time."""
    return _written(date(day.year, day.month, day.day), pattern, languages.spoken())


def _outside_links(markup: str) -> list[str]:
    """``markup`` in pieces: every link whole, every other tag alone, and the text between them."""
    return re.split(r"(<a\b[^>]*>.*?</a>|<[^>]*>)", markup, flags=re.DOTALL)


def _quieten_link(link: re.Match[str], own: Collection[str]) -> str:
    words = unescape(re.sub(r"<[^>]*>", "", link[2])).strip()
    if not words.startswith(("#", "＃")) or fold_hashtag(words) not in own:
        return link[0]
    attributes = re.sub(r'\s*class="[^"]*"', "", link[1])
    return f'<a class="own"{attributes}>{link[2]}</a>'


def _quieten_text(text: str, own: Collection[str]) -> str:
    def quieten(tag: re.Match[str]) -> str:
        return f'<span class="own">{tag[0]}</span>' if fold_hashtag(tag[1]) in own else tag[0]

    return _PLAIN_TAG.sub(quieten, text)
