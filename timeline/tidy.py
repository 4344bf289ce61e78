"""What a network sent, made fit to keep: within bounds, clean, dated, without bytes that nothing can carry."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from timeline.errors import UnreadablePost
from timeline.link import web_address
from timeline.post import Author, Card, Counts, Media, Poll, PollOption, Post
from timeline.text import MAX_HTML, MAX_TEXT, clean, hashtags_in, plain

MAX_NAME = 200  # characters of any name or identifier a person reads
MAX_URI = 1_000
MAX_TITLE = 500
MAX_ALT = 5_000  # above what any network of 2026 admits
MAX_ADDRESS = 2_000
MAX_MEDIA = 24
MAX_TAGS = 100
MAX_LINKS = 50
MAX_OPTIONS = 20
MAX_COUNT = 2**53 - 1  # what a reader's JSON parser keeps exact
MAX_PIXELS = 100_000

# NUL breaks PostgreSQL, lone surrogates break UTF-8, the other controls break XML.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def fit(words: str, length: int) -> str:
    """``words`` without unfit characters, ``length`` characters at most."""
    return _UNFIT.sub("", words[: length * 2])[:length]


def tidy(post: Post, *, at: datetime) -> Post:
    """The form of ``post`` that is judged and kept.

    HTML is cleaned and its plain text derived, every address that will be a link is checked,
    a missing or future date becomes ``at``. Raises UnreadablePost where it cannot be told
    from other posts.
    """
    html = clean(fit(post.html, MAX_HTML))
    text = (plain(html) if html else fit(post.text, MAX_TEXT)).strip()
    hashtags = post.hashtags or hashtags_in(text)
    return replace(
        post,
        network=identifier(post.network),
        uri=identifier(post.uri),
        url=_link(post.url),
        author=tidy_author(post.author),
        published_at=at if post.published_at is None else min(post.published_at, at),
        edited_at=None if post.edited_at is None else min(post.edited_at, at),
        title=_line(post.title, MAX_TITLE),
        html=html,
        text=text,
        language=_line(post.language, 35),
        hashtags=_each_once(fit(tag.strip().lstrip("#＃"), MAX_NAME) for tag in hashtags[:MAX_TAGS]),
        links=_each_once(address for link in post.links[:MAX_LINKS] if (address := _link(link))),
        in_reply_to=_line(post.in_reply_to, MAX_URI),
        quotes=_line(post.quotes, MAX_URI),
        content_warning=_line(post.content_warning, MAX_TITLE),
        media=tuple(_media(media) for media in post.media[:MAX_MEDIA]),
        card=_card(post.card),
        poll=_poll(post.poll),
        counts=Counts(
            replies=_count(post.counts.replies), boosts=_count(post.counts.boosts), likes=_count(post.counts.likes)
        ),
    )


def tidy_author(author: Author) -> Author:
    """As ``tidy``, for who said it."""
    return replace(
        author,
        network=identifier(author.network),
        uri=identifier(author.uri),
        name=_line(author.name, MAX_NAME) or _line(author.handle, MAX_NAME) or fit(author.uri, MAX_NAME),
        handle=_line(author.handle, MAX_NAME) or "",
        url=_link(author.url),
        avatar=_address(author.avatar),
        labels=_each_once(fit(label, MAX_NAME) for label in author.labels[:MAX_TAGS]),
    )


def identifier(name: str) -> str:
    """A name that tells two things apart: refused rather than cut. Raises UnreadablePost."""
    fitting = _UNFIT.sub("", name).strip()
    if not fitting or len(fitting) > MAX_URI:
        raise UnreadablePost("an identifier is missing or too long")
    return fitting


def fit_json(value: Any) -> Any:
    """JSON-like ``value`` whose words nothing chokes on."""
    try:
        said = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError):
        return _fit_json(value)
    # Nearly all are fit, and the cursor of a long feed has thousands of words: looked through at once, not one by one.
    return _fit_json(value) if "\\u" in said or _UNFIT.search(said) else value


def _fit_json(value: Any) -> Any:
    if isinstance(value, str):
        return _UNFIT.sub("", value)
    if isinstance(value, Mapping):
        return {_UNFIT.sub("", str(name)): _fit_json(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_fit_json(one) for one in value]
    return value


def _line(words: str | None, length: int) -> str | None:
    return fit(words, length).strip() or None if words else None


def _each_once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def _link(url: str | None) -> str | None:
    return web_address(_UNFIT.sub("", url)) if url else None


def _address(url: str | None) -> str | None:
    """Where a picture is, in whatever form its adapter gave it; never the picture itself."""
    if not url or len(url) > MAX_ADDRESS or url.lstrip()[:5].lower() == "data:":
        return None
    return _UNFIT.sub("", url).strip() or None


def _count(number: int) -> int:
    return max(0, min(number, MAX_COUNT))


def _pixels(number: int | None) -> int | None:
    return number if number is not None and 0 < number <= MAX_PIXELS else None


def _media(media: Media) -> Media:
    width, height = _pixels(media.width), _pixels(media.height)
    return replace(
        media,
        source_url=_address(media.source_url),
        alt=fit(media.alt, MAX_ALT).strip(),
        width=width if height else None,
        height=height if width else None,
        size_bytes=None if media.size_bytes is None else _count(media.size_bytes),
        key=None,
    )


def _card(card: Card | None) -> Card | None:
    url = _link(card.url) if card else None
    if card is None or url is None:
        return None
    return Card(
        url=url,
        title=_line(card.title, MAX_TITLE) or url,
        description=_line(card.description, MAX_ADDRESS) or "",
        image=_media(card.image) if card.image else None,
    )


def _poll(poll: Poll | None) -> Poll | None:
    if poll is None or not poll.options:
        return None
    options = (
        PollOption(
            text=fit(option.text, MAX_TITLE).strip(), votes=None if option.votes is None else _count(option.votes)
        )
        for option in poll.options[:MAX_OPTIONS]
    )
    return replace(poll, options=tuple(options))
