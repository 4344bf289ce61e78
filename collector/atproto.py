"""Records of ``app.bsky.feed.post`` as posts: https://github.com/bluesky-social/atproto lexicons (read 2026-11).

Facets count UTF-8 bytes, not characters, and come from anybody's client: one that does not
fit the text, or overlaps another, is left out rather than believed.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from timeline.errors import UnreadablePost
from timeline.link import web_address
from timeline.post import Author, AuthorUpdate, Card, Media, Post

CDN = "https://cdn.bsky.app"
VIDEO = "https://video.bsky.app"
APP = "https://bsky.app"
_WARNINGS = {
    "porn": "adult content",
    "sexual": "sexually suggestive",
    "nudity": "nudity",
    "graphic-media": "graphic media",
    "gore": "graphic media",
}


def to_post(
    did: str,
    uri: str,
    record: Mapping[str, Any],
    *,
    at: datetime,
    edited: bool = False,
    pictures: str | None = None,
    handle: str | None = None,
) -> Post:
    """Read one record; its author is known by DID alone, and by ``handle`` where we follow them.

    ``at`` is when the network passed it on: the date of a record whose own cannot be read,
    and of an edit. ``pictures`` is a stand-in for Bluesky's picture servers. Raises UnreadablePost.
    """
    try:
        text, facets = str(record["text"]), _facets(record)
        rkey = uri.rpartition("/")[2]
        embed = record.get("embed") or {}
        said = _warning(record)
        return Post(
            network="bluesky",
            uri=uri,
            url=f"{APP}/profile/{did}/post/{rkey}",
            author=Author(
                network="bluesky", uri=did, name=did, handle=handle or "", url=f"{APP}/profile/{did}", known=False
            ),
            published_at=moment(record.get("createdAt")) or at,
            edited_at=at if edited else None,
            html=to_html(text, facets),
            language=next((lang for lang in record.get("langs") or () if isinstance(lang, str)), None),
            hashtags=hashtags(record),
            links=tuple(dict.fromkeys(url for url in map(web_address, _features(facets, "link", "uri")) if url)),
            in_reply_to=_uri((record.get("reply") or {}).get("parent")),
            quotes=_quoted(embed),
            content_warning=said,
            sensitive=said is not None,
            media=tuple(_media(did, embed, pictures)),
            card=_card(did, embed, pictures),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UnreadablePost(f"bluesky: {type(error).__name__} in a record") from error


def to_everybody(did: str, record: Mapping[str, Any]) -> bool:
    """Whether this is said to all who follow ``did``: no answer, or one within a thread of their own."""
    reply = record.get("reply")
    if not isinstance(reply, Mapping):
        return True
    answered = [_uri(reply.get(end)) or "" for end in ("root", "parent")]
    return all(uri.startswith(f"at://{did}/") for uri in answered)


def hashtags(record: Mapping[str, Any]) -> tuple[str, ...]:
    """What a post is tagged with: its facets' tags and the tags beside the text, as written, each once.

    A ``#word`` that is only text is no tag on Bluesky, and none here.
    """
    beside = [tag for tag in record.get("tags") or () if isinstance(tag, str)]
    return tuple(dict.fromkeys([*_features(_facets(record), "tag", "tag"), *beside]))


def to_html(text: str, facets: Sequence[Mapping[str, Any]]) -> str:
    """The text as HTML paragraphs, with links where its facets say."""
    raw = text.encode("utf-8", "replace")
    parts: list[str] = []
    done = 0
    spans = sorted(
        _spans(facets, len(raw)), key=lambda span: (span[0], -span[1])
    )  # of two that begin together, the longer
    for start, end, address, kind in spans:
        words = _slice(raw, start, end)
        before = _slice(raw, done, start) if start >= done else None
        if words is None or before is None:  # overlapping, or cutting a character in two
            continue
        css = f' class="{kind}"' if kind else ""
        parts.append(f'{_escaped(before)}<a href="{html.escape(address)}"{css}>{_escaped(words)}</a>')
        done = end
    parts.append(_escaped(raw[done:].decode()))
    blocks = [block.strip() for block in re.split(r"\n{2,}", "".join(parts).strip()) if block.strip()]
    return "".join(f"<p>{block.replace(chr(10), '<br>')}</p>" for block in blocks)


def to_author(profile: Mapping[str, Any]) -> AuthorUpdate:
    """Read one profile view. Raises UnreadablePost."""
    try:
        did, handle = str(profile["did"]), str(profile["handle"])
        labels = (label for label in profile.get("labels") or () if not label.get("neg"))
        return AuthorUpdate(
            author=Author(
                network="bluesky",
                uri=did,
                name=str(profile.get("displayName") or handle),
                handle=f"@{handle}",
                url=f"{APP}/profile/{handle}",
                avatar=web_address(profile.get("avatar")),
                labels=tuple(dict.fromkeys(str(label["val"]) for label in labels)),
            )
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadablePost(f"bluesky: {type(error).__name__} in a profile") from error


def _facets(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [facet for facet in record.get("facets") or () if isinstance(facet, Mapping)]


def _features(facets: Sequence[Mapping[str, Any]], kind: str, name: str) -> Iterator[str]:
    for facet in facets:
        for feature in facet.get("features") or ():
            if not isinstance(feature, Mapping) or not str(feature.get("$type", "")).endswith(f"#{kind}"):
                continue
            if isinstance(value := feature.get(name), str) and value:
                yield value


def _spans(facets: Sequence[Mapping[str, Any]], length: int) -> Iterator[tuple[int, int, str, str]]:
    """Start, end, address and class of each facet that fits the text and leads somewhere."""
    for facet in facets:
        index = facet.get("index")
        if not isinstance(index, Mapping):
            continue
        start, end = index.get("byteStart"), index.get("byteEnd")
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= length):
            continue
        if url := next((url for url in map(web_address, _features([facet], "link", "uri")) if url), None):
            yield start, end, url, ""
        elif did := next(_features([facet], "mention", "did"), None):
            yield start, end, f"{APP}/profile/{quote(did, safe=':')}", "mention"
        elif tag := next(_features([facet], "tag", "tag"), None):
            yield start, end, f"{APP}/hashtag/{quote(tag, safe='')}", "hashtag"


def _slice(raw: bytes, start: int, end: int) -> str | None:
    try:
        return raw[start:end].decode()
    except UnicodeDecodeError:
        return None


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def moment(word: Any) -> datetime | None:
    """A date as a record gives it; None for what is none."""
    try:
        moment = datetime.fromisoformat(word)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _uri(reference: Any) -> str | None:
    uri = reference.get("uri") if isinstance(reference, Mapping) else None
    return uri if isinstance(uri, str) and uri.startswith("at://") else None


def _quoted(embed: Mapping[str, Any]) -> str | None:
    record = embed.get("record")
    if isinstance(record, Mapping) and isinstance(record.get("record"), Mapping):  # beside pictures
        record = record["record"]
    uri = _uri(record)
    return uri if uri and "/app.bsky.feed.post/" in uri else None  # not a list, not a feed


def _warning(record: Mapping[str, Any]) -> str | None:
    """What the author says of their own post."""
    values = (record.get("labels") or {}).get("values") or ()
    return warning(value.get("val") for value in values)


def warning(labels: Iterable[Any]) -> str | None:
    """What labels warn of, in words; None where they warn of nothing."""
    given = {label for label in labels if isinstance(label, str)}
    said = [words for label, words in _WARNINGS.items() if label in given]
    return ", ".join(dict.fromkeys(said)) or None


def _media(did: str, embed: Mapping[str, Any], pictures: str | None) -> Iterator[Media]:
    """Pictures and the stills of videos, with or without a quotation beside them."""
    held = embed.get("media") or embed
    for image in [*(held.get("images") or ()), *(held.get("items") or ())]:
        if cid := _blob(image.get("image")):
            yield _sized(
                image, Media(kind="image", source_url=_picture(did, cid, pictures), alt=image.get("alt") or "")
            )
    if cid := _blob(held.get("video")):
        still = f"{pictures or VIDEO}/watch/{quote(did, safe=':')}/{quote(cid, safe='')}/thumbnail.jpg"
        yield _sized(held, Media(kind="video", source_url=still, alt=held.get("alt") or ""))


def _card(did: str, embed: Mapping[str, Any], pictures: str | None) -> Card | None:
    external = (embed.get("media") or embed).get("external") or {}
    url = web_address(external.get("uri"))
    if url is None:
        return None
    cid = _blob(external.get("thumb"))
    image = Media(kind="image", source_url=_picture(did, cid, pictures)) if cid else None
    return Card(url=url, title=external.get("title") or url, description=external.get("description") or "", image=image)


def _blob(blob: Any) -> str | None:
    """The CID of a blob, in today's form or that of before 2023."""
    if not isinstance(blob, Mapping):
        return None
    cid = (blob.get("ref") or {}).get("$link") or blob.get("cid")
    return cid if isinstance(cid, str) else None


def _picture(did: str, cid: str, pictures: str | None) -> str:
    return f"{pictures or CDN}/img/feed_fullsize/plain/{quote(did, safe=':')}/{quote(cid, safe='')}@jpeg"


def _sized(about: Mapping[str, Any], media: Media) -> Media:
    ratio = about.get("aspectRatio") or {}
    width, height = ratio.get("width"), ratio.get("height")
    if not (isinstance(width, int) and isinstance(height, int) and 0 < width < 100_000 and 0 < height < 100_000):
        return media
    return Media(kind=media.kind, source_url=media.source_url, alt=media.alt, width=width, height=height)
