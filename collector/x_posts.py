"""One post of X's API as ours: https://docs.x.com/x-api/fundamentals/data-dictionary (read 2026-11).

An edit is a new post at X, with an id of its own, and every version names all of them. Here the first id is the
post's name for good, so that an edit replaces what it edits, and whoever asks for it by any of its ids finds one post.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from collector import x_text
from timeline.errors import UnreadablePost
from timeline.link import web_address
from timeline.post import Author, Card, Counts, Heard, Media, MediaKind, Poll, PollOption, Post, Sighting, Unreadable

Included = Mapping[str, Any]
FIELDS: Mapping[str, tuple[str, ...]] = {
    "expansions": ("author_id", "attachments.media_keys", "attachments.poll_ids"),
    "tweet.fields": (
        "attachments", "author_id", "conversation_id", "created_at", "edit_history_tweet_ids", "entities", "lang",
        "note_tweet", "possibly_sensitive", "public_metrics", "referenced_tweets", "withheld",
    ),
    "user.fields": ("name", "profile_image_url", "protected", "username", "withheld"),
    "media.fields": ("alt_text", "height", "media_key", "preview_image_url", "type", "url", "width"),
    "poll.fields": ("end_datetime", "options", "voting_status"),
}  # fmt: skip
"""What is asked of every post. Quoted and answered posts are named but not asked for: they would be charged too."""

_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)  # ids count milliseconds from here, above 22 bits
_KINDS: Mapping[str, MediaKind] = {"photo": "image", "video": "video", "animated_gif": "video"}
_NO_LANGUAGE = {"und", "zxx", "mul", "art"}
_RENAMED = {"iw": "he", "in": "id", "ji": "yi"}  # what ISO 639 has called otherwise since 1989
_UNFIT = (KeyError, TypeError, ValueError, AttributeError, OverflowError, IndexError)


def read(tweet: Mapping[str, Any], includes: Included) -> Heard | None:
    """What a post says; None for a repost, and for what may not be shown everywhere or to everybody."""
    try:
        if reposts(tweet) or is_withheld(tweet, includes):
            return None
        return to_sighting(tweet, includes)
    except UnreadablePost as error:
        return Unreadable(reason=str(error))
    except _UNFIT:
        return Unreadable(reason="x: not a post")


def to_sighting(tweet: Mapping[str, Any], includes: Included) -> Sighting:
    """Read one post and what came with it. Raises UnreadablePost where an essential is missing."""
    try:
        this, first = str(int(tweet["id"])), first_id(tweet)
        created_at = _moment(tweet["created_at"])
        attached: Mapping[str, Any] = tweet.get("attachments") or {}
        media = tuple(filter(None, (_media(each) for each in _included(includes, "media", "media_key", attached))))
        quoted = _referenced(tweet, "quoted")
        words = x_text.read(tweet, pictured=bool(media), quoted=quoted)
        answered = _referenced(tweet, "replied_to")
        return Sighting(
            ref=first,
            post=Post(
                network="x",
                uri=address(first),
                url=address(this),
                author=_author(tweet, includes),
                published_at=created_at if this == first else said_at(first).replace(microsecond=0),
                edited_at=None if this == first else said_at(this),
                html=words.html,
                language=_language(tweet.get("lang")),
                hashtags=words.hashtags,
                links=words.links,
                in_reply_to=address(answered) if answered else None,
                quotes=address(quoted) if quoted else None,
                sensitive=bool(tweet.get("possibly_sensitive")),
                media=media,
                card=_card(words),
                poll=_poll(_included(includes, "polls", "id", attached)),
                counts=_counts(tweet.get("public_metrics") or {}),
            ),
        )
    except _UNFIT as error:
        raise UnreadablePost(f"x: {type(error).__name__} in a post") from error


def address(post_id: str) -> str:
    """A post's permanent address; it names nobody."""
    return f"{x_text.WEB}/i/status/{post_id}"


def first_id(tweet: Mapping[str, Any]) -> str:
    """The id of a post's first version, which is its name here."""
    return str(min([int(tweet["id"]), *map(int, tweet.get("edit_history_tweet_ids") or ())]))


def newest_id(tweet: Mapping[str, Any]) -> str:
    """The id of a post's newest version, as far as this one knows."""
    return str(max([int(tweet["id"]), *map(int, tweet.get("edit_history_tweet_ids") or ())]))


def said_at(post_id: str) -> datetime:
    """When a post was said: its id tells."""
    return _EPOCH + timedelta(milliseconds=int(post_id) >> 22)


def id_at(moment: datetime) -> int:
    """The smallest id that a post of ``moment`` can have."""
    return max((moment - _EPOCH) // timedelta(milliseconds=1), 0) << 22


def reposts(tweet: Mapping[str, Any]) -> bool:
    return _referenced(tweet, "retweeted") is not None


def is_withheld(tweet: Mapping[str, Any], includes: Included) -> bool:
    """Whether a post must not be shown somewhere, or its author shows posts to chosen people only.

    We do not know where our readers are, so what is withheld from some is shown to none.
    """
    user = _user(tweet, includes)
    return bool(tweet.get("withheld") or user.get("withheld") or user.get("protected"))


def _user(tweet: Mapping[str, Any], includes: Included) -> Mapping[str, Any]:
    wanted = tweet.get("author_id")
    return next((user for user in includes.get("users") or () if user.get("id") == wanted), {})


def _author(tweet: Mapping[str, Any], includes: Included) -> Author:
    user = _user(tweet, includes)
    name = user["username"]
    picture = web_address(user.get("profile_image_url"))
    return Author(
        network="x",
        uri=f"{x_text.WEB}/i/user/{user['id']}",
        name=user.get("name") or name,
        handle=f"@{name}",
        url=f"{x_text.WEB}/{name}",
        avatar=picture.replace("_normal.", "_bigger.") if picture else None,  # 73 pixels in place of 48
    )


def _included(includes: Included, kind: str, name: str, attached: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What belongs to this post of what came along, in the post's own order."""
    wanted = attached.get("media_keys" if kind == "media" else "poll_ids") or ()
    found = {each.get(name): each for each in includes.get(kind) or ()}
    return [found[key] for key in wanted if key in found]


def _media(media: Mapping[str, Any]) -> Media | None:
    kind = _KINDS.get(media.get("type") or "")
    if kind is None:
        return None
    return Media(
        kind=kind,
        source_url=web_address(media.get("url") if kind == "image" else media.get("preview_image_url")),
        alt=media.get("alt_text") or "",
        width=_length(media.get("width")),
        height=_length(media.get("height")),
    )


def _poll(polls: list[Mapping[str, Any]]) -> Poll | None:
    if not polls or not polls[0].get("options"):
        return None
    options = sorted(polls[0]["options"], key=lambda option: option.get("position") or 0)
    ends = polls[0].get("end_datetime")
    return Poll(
        options=tuple(PollOption(text=option["label"], votes=option.get("votes")) for option in options),
        closes_at=_moment(ends) if ends else None,
    )


def _card(words: x_text.Words) -> Card | None:
    """The preview of the first link that has one."""
    for url in words.urls:
        address = web_address(url.get("unwound_url")) or web_address(url.get("expanded_url"))
        if address and url.get("title"):
            pictures = [each for each in url.get("images") or () if web_address(each.get("url"))]
            best = max(pictures, key=lambda each: _length(each.get("width")) or 0, default=None)
            return Card(
                url=address,
                title=url["title"],
                description=url.get("description") or "",
                image=best
                and Media(
                    kind="image",
                    source_url=web_address(best.get("url")),
                    width=_length(best.get("width")),
                    height=_length(best.get("height")),
                ),
            )
    return None


def _counts(metrics: Mapping[str, Any]) -> Counts:
    return Counts(
        replies=int(metrics.get("reply_count") or 0),
        boosts=int(metrics.get("retweet_count") or 0),
        likes=int(metrics.get("like_count") or 0),
    )


def _referenced(tweet: Mapping[str, Any], kind: str) -> str | None:
    for reference in tweet.get("referenced_tweets") or ():
        if reference.get("type") == kind:
            return str(int(reference["id"]))
    return None


def _language(code: str | None) -> str | None:
    """None for X's own codes that name no language: und, and q.. for tags, links or pictures alone."""
    if not code or code in _NO_LANGUAGE or (len(code) == 3 and code.startswith("q")):
        return None
    return _RENAMED.get(code, code)


def _moment(word: str) -> datetime:
    moment = datetime.fromisoformat(word)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _length(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 < value < 100_000 else None
