"""The words of a post on X as HTML: entities count code points of the text as it was sent, which is HTML-escaped.

X asks that a post's words stay as they are, that hashtags, names and cashtags link to X, and that its short
addresses (t.co) show where they lead. What its own pages show beside the words in place of a closing address,
pictures and a quoted post, is left out there and here.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from timeline.link import web_address

WEB = "https://x.com"
_OWN_MEDIA = re.compile(r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/[^/]+/status/\d+/(?:photo|video)/\d+")
_STATUS = re.compile(r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/[^/]+(?:/web)?/status(?:es)?/(\d+)(?:[/?#].*)?")


class Words(NamedTuple):
    """What was said: as HTML, the addresses it links to, its hashtags as written, and the links it leaves out."""

    html: str
    links: tuple[str, ...]
    hashtags: tuple[str, ...]
    urls: Sequence[Mapping[str, Any]]


class _Span(NamedTuple):
    start: int
    end: int
    address: str
    shown: str
    kind: str


def read(tweet: Mapping[str, Any], *, pictured: bool, quoted: str | None) -> Words:
    """The words of ``tweet``, the long form of a long post.

    ``pictured`` says that its pictures are shown beside the words, ``quoted`` is the id of the post it quotes.
    """
    brief: Mapping[str, Any] = tweet.get("entities") or {}
    note = tweet.get("note_tweet") or {}
    text: str = note.get("text") or tweet["text"]
    entities: Mapping[str, Any] = (note.get("entities") or {}) if note.get("text") else brief
    named = {kind: [*_listed(entities, kind), *_listed(brief, kind)] for kind in ("hashtags", "mentions", "cashtags")}
    urls = [*_listed(entities, "urls")]
    stop = len(text)
    for url in sorted(urls, key=lambda each: -_number(each, "end")):
        start, end = _number(url, "start"), _number(url, "end")
        beside = _is_beside(url, pictured=pictured, quoted=quoted)
        if beside and start < end <= stop and text[start:end] == url.get("url") and not text[end:stop].strip():
            stop = start
    kept = [url for url in urls if _number(url, "start") < stop]
    spans = [span for span in _spans(text, {**named, "urls": kept}) if span.end <= stop]
    tags = [str(tag["tag"]) for tag in named["hashtags"] if tag.get("tag")]
    return Words(
        html=_to_html(text[:stop].rstrip(), spans),
        links=tuple(dict.fromkeys(span.address for span in spans if span.kind == "link")),
        hashtags=tuple(dict.fromkeys(tags)),
        urls=[*kept, *_listed(brief, "urls")] if note.get("text") else kept,
    )


def status_in(url: str) -> str | None:
    """The id of the post at an address of X, None for any other address."""
    found = _STATUS.fullmatch(url.strip())
    return found[1] if found else None


def _is_beside(url: Mapping[str, Any], *, pictured: bool, quoted: str | None) -> bool:
    leads_to = str(url.get("expanded_url") or "")
    return (pictured and _OWN_MEDIA.fullmatch(leads_to) is not None) or (
        quoted is not None and status_in(leads_to) == quoted
    )


def _to_html(text: str, spans: Sequence[_Span]) -> str:
    parts: list[str] = []
    done = 0
    for span in sorted(spans):
        if span.start < done:  # overlapping
            continue
        css = "" if span.kind == "link" else f' class="{span.kind}"'
        link = f'<a href="{html.escape(span.address)}"{css} dir="auto">{_safe(span.shown)}</a>'  # else # changes sides
        parts += [_safe(text[done : span.start]), link]
        done = span.end
    parts.append(_safe(text[done:]))
    blocks = [block.strip() for block in re.split(r"\n{2,}", "".join(parts).strip()) if block.strip()]
    return "".join(f"<p>{block.replace(chr(10), '<br>')}</p>" for block in blocks)


def _spans(text: str, entities: Mapping[str, Any]) -> Iterator[_Span]:
    """What is a link, where the text really says so; what the offsets miss is looked for."""
    for url in _listed(entities, "urls"):
        short = str(url.get("url") or "")
        address = web_address(url.get("expanded_url")) or web_address(short)
        if address and (place := _place(text, url, short)):
            shown = str(url.get("display_url") or re.sub(r"^https?://", "", address))
            yield _Span(*place, address, shown, "link")
    for kind, field, marks, path, css in (
        ("hashtags", "tag", "#＃", "/hashtag/", "hashtag"),
        ("mentions", "username", "@＠", "/", "mention"),
        ("cashtags", "tag", "$＄", "/search?q=%24", "hashtag"),
    ):
        for each in _listed(entities, kind):
            word = str(each.get(field) or "")
            for mark in marks if word else "":
                if place := _place(text, each, mark + word):
                    yield _Span(*place, f"{WEB}{path}{quote(word, safe='')}", text[slice(*place)], css)
                    break


def _place(text: str, entity: Mapping[str, Any], said: str) -> tuple[int, int] | None:
    start, end = _number(entity, "start"), _number(entity, "end")
    if said and text[start:end].casefold() == said.casefold():
        return start, end
    at = text.find(said) if said else -1
    return (at, at + len(said)) if at >= 0 else None


def _listed(entities: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    return [each for each in entities.get(kind) or () if isinstance(each, Mapping)]


def _number(entity: Mapping[str, Any], name: str) -> int:
    value = entity.get(name)
    return value if isinstance(value, int) and value >= 0 else 0


def _safe(text: str) -> str:
    """Escaped once, whether X had escaped it or not."""
    return html.escape(html.unescape(text), quote=False)
