"""Posts as an AppView shows them (app.bsky.feed.defs#postView): the record, who wrote it, what came of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from collector import atproto
from timeline.errors import UnreadablePost
from timeline.post import Counts, Heard, Post, Removal, Sighting, Unreadable

_GONE = {"!takedown", "!suspend", "!hide"}  # said of the post, by those whose word the AppView takes


def read(view: Mapping[str, Any], *, pictures: str | None = None) -> Heard:
    """One view: the post as it is now, or that the network shows it no more."""
    try:
        uri, said = str(view["uri"]), _labels(view)
        if said & _GONE:
            return Removal(ref=uri)
        return Sighting(ref=uri, post=_post(view, uri, said, pictures))
    except UnreadablePost as error:
        return Unreadable(reason=str(error))
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unreadable(reason="bluesky: a view that is none")


def moment(view: Mapping[str, Any]) -> datetime | None:
    """What lists of views go by: when it was made, or shown first where its maker says later."""
    record = view.get("record")
    made = record.get("createdAt") if isinstance(record, Mapping) else None
    times = [at for at in (atproto.moment(made), atproto.moment(view.get("indexedAt"))) if at]
    return min(times, default=None)


def _post(view: Mapping[str, Any], uri: str, said: set[str], pictures: str | None) -> Post:
    """From the record, as the stream has it, so that both bring the very same post; the rest from around it."""
    author = atproto.to_author(view["author"]).author
    seen_at = atproto.moment(view.get("indexedAt")) or datetime(1970, 1, 1, tzinfo=UTC)
    post = atproto.to_post(author.uri, uri, view["record"], at=seen_at, pictures=pictures)
    warning = post.content_warning or atproto.warning(said)
    return replace(
        post,
        author=author,
        content_warning=warning,
        sensitive=warning is not None,
        counts=Counts(replies=_count(view, "reply"), boosts=_count(view, "repost"), likes=_count(view, "like")),
    )


def _labels(view: Mapping[str, Any]) -> set[str]:
    labels = view.get("labels") or ()
    return {str(label.get("val")) for label in labels if isinstance(label, Mapping) and not label.get("neg")}


def _count(view: Mapping[str, Any], of: str) -> int:
    number = view.get(f"{of}Count")
    return number if isinstance(number, int) and number > 0 else 0
