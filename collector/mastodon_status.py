"""One Status of Mastodon's API as a post: https://docs.joinmastodon.org/entities/Status/ (read 2026-11)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from timeline import consent
from timeline.errors import UnreadablePost
from timeline.link import web_address
from timeline.post import Author, Card, Counts, Heard, Media, MediaKind, Poll, PollOption, Post, Sighting, Unreadable
from timeline.text import fold_hashtag, hashtags_in, plain

_KINDS: Mapping[str, MediaKind] = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}
_HELD_BACK = ("suspended", "limited")  # by the server's own staff
_NOT_LINKS = {"mention", "hashtag"}


def read(status: Mapping[str, Any], server: str) -> Heard | None:
    """What a status says; None for a boost, for what is not said in public, and whose author the server holds back."""
    try:
        if status.get("reblog") or status.get("visibility", "public") != "public" or status.get("local_only"):
            return None
        if any((status.get("account") or {}).get(mark) for mark in _HELD_BACK):
            return None
        return to_sighting(status, server)
    except UnreadablePost as error:
        return Unreadable(reason=str(error))
    except AttributeError:
        return Unreadable(reason="mastodon: not a status")


def vouched(thing: Heard, hashtag: str) -> Heard:
    """A server's word that a post is under a hashtag counts, whatever its own list of tags says.

    Servers fold hashtags each in their own way, and some leave the list empty.
    """
    if not isinstance(thing, Sighting) or fold_hashtag(hashtag) in map(fold_hashtag, thing.post.hashtags):
        return thing
    return replace(thing, post=replace(thing.post, hashtags=(*thing.post.hashtags, hashtag)))


def to_sighting(status: Mapping[str, Any], server: str) -> Sighting:
    """Read one Status, as ``server`` (a host name) shows it. Raises UnreadablePost where an essential is missing."""
    try:
        linked = links_in(status["content"] or "")
        return Sighting(
            ref=status["id"],
            answers=str(status.get("in_reply_to_id") or "") or None,
            post=Post(
                network="mastodon",
                uri=status["uri"],
                url=web_address(status.get("url")) or web_address(status["uri"]),
                author=_author(status["account"], status["uri"], server),
                published_at=_moment(status["created_at"]),
                edited_at=_moment(status["edited_at"]) if status.get("edited_at") else None,
                html=status["content"] or "",
                language=status.get("language") or None,
                hashtags=tuple(tag["name"] for tag in status.get("tags") or ())
                or linked.hashtags
                or hashtags_in(plain(status["content"] or "")),
                links=linked.addresses,
                quotes=_quoted(status.get("quote")),
                title=_title(status),
                content_warning=None if _title(status) else status.get("spoiler_text") or None,
                sensitive=bool(status.get("sensitive")),
                media=tuple(filter(None, (_media(each) for each in status.get("media_attachments") or ()))),
                card=_card(status.get("card")),
                poll=_poll(status.get("poll")),
                counts=Counts(
                    replies=int(status.get("replies_count") or status.get("reply_count") or 0),
                    boosts=int(status.get("reblogs_count") or 0),
                    likes=int(status.get("favourites_count") or 0),
                ),
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UnreadablePost(f"mastodon: {type(error).__name__} in a status") from error


def _title(status: Mapping[str, Any]) -> str | None:
    """Friendica's posts may have titles, which stand where others warn of the content."""
    title = (status.get("friendica") or {}).get("title")
    return title if title and title == status.get("spoiler_text") else None


def _author(account: Mapping[str, Any], said: str, server: str) -> Author:
    """``acct`` has no host for the server's own people; a display name keeps its emoji codes as text."""
    acct: str = account["acct"]
    url = web_address(account.get("url"))
    home = (urlsplit(url).hostname if url else None) or server
    return Author(
        network="mastodon",
        uri=account.get("uri") or _actor(account, said) or account["url"],
        name=account.get("display_name") or account["username"],
        handle=f"@{acct}" if "@" in acct else f"@{acct}@{home}",
        url=url,
        avatar=web_address(account.get("avatar_static") or account.get("avatar")),
        labels=(consent.NOT_INDEXED,) if account.get("noindex") is True else (),
    )


def _actor(account: Mapping[str, Any], said: str) -> str | None:
    """Who said it, as every server calls them, where the account does not say so: GoToSocial, Pleroma."""
    named = (account.get("pleroma") or {}).get("ap_id")
    whose, statuses, _ = said.partition("/statuses/")
    return named or (whose if statuses and "/users/" in whose else None)


def _media(attachment: Mapping[str, Any]) -> Media | None:
    """A picture, or the still of what moves or sounds; None for what the server itself could not fetch."""
    kind = _KINDS.get(attachment.get("type") or "")
    if kind is None:
        return None
    shown = (
        (attachment.get("url") or attachment.get("remote_url")) if kind == "image" else attachment.get("preview_url")
    )
    meta = attachment.get("meta") or {}
    size = meta.get("original") or {}
    if "width" not in size:  # of a video the still alone may be measured
        size = meta.get("small") or {}
    return Media(
        kind=kind,
        source_url=web_address(shown),
        alt=attachment.get("description") or "",
        width=_length(size.get("width")),
        height=_length(size.get("height")),
    )


def _card(card: Mapping[str, Any] | None) -> Card | None:
    url = web_address(card.get("url")) if card else None
    if card is None or url is None or not card.get("title"):
        return None
    image = web_address(card.get("image"))
    return Card(
        url=url,
        title=card["title"],
        description=card.get("description") or "",
        image=Media(
            kind="image",
            source_url=image,
            alt=card.get("image_description") or "",
            width=_length(card.get("width")),
            height=_length(card.get("height")),
        )
        if image
        else None,
    )


def _poll(poll: Mapping[str, Any] | None) -> Poll | None:
    if not poll or not poll.get("options"):
        return None
    return Poll(
        options=tuple(PollOption(text=option["title"], votes=option.get("votes_count")) for option in poll["options"]),
        closes_at=_moment(poll["expires_at"]) if poll.get("expires_at") else None,
        multiple=bool(poll.get("multiple")),
    )


def _quoted(quote: Mapping[str, Any] | None) -> str | None:
    """The uri of a quoted post, where the server shows it and its author agreed."""
    if not quote or quote.get("state", "accepted") != "accepted":
        return None
    quoted = quote.get("quoted_status") or quote  # before 4.4 some servers put the status itself here
    return quoted.get("uri")


def links_in(content: str) -> "Linked":
    """What a post's HTML links to: web addresses, people and hashtags left out; and the hashtags."""
    finder = _Links()
    finder.feed(content)
    words = ("".join(word).strip().lstrip("#") for word in finder.hashtags)
    return Linked(tuple(dict.fromkeys(finder.found)), tuple(dict.fromkeys(filter(None, words))))


class Linked(NamedTuple):
    """In order, each once."""

    addresses: tuple[str, ...]
    hashtags: tuple[str, ...]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.hashtags: list[list[str]] = []
        self._word: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        kinds = set((about.get("class") or "").split())
        if tag == "a" and "hashtag" in kinds:
            self._word = []
            self.hashtags.append(self._word)
        if tag != "a" or _NOT_LINKS & kinds:
            return
        if url := web_address(about.get("href")):
            self.found.append(url)

    def handle_data(self, data: str) -> None:
        if self._word is not None:
            self._word.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._word = None


def _moment(word: str) -> datetime:
    moment = datetime.fromisoformat(word)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _length(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 < value < 100_000 else None
